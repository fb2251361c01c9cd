//! Checks one life of the process: whether its events, in their order, can be what the
//! clients did and were told.
//!
//! Every change commits its event in its own transaction, so the order of the events is the
//! order of the changes, and the state after each is known. What is not known is which
//! operation made which event: two clients may be told the same of two equal changes, and of
//! a change in doubt nobody was told. So all assignments are followed side by side that are
//! possible so far. Each client does one thing after the other, hence an assignment is how
//! many of each client's changes are done, which are few at any time, and none is guessed:
//!
//! - An operation can be next only if no acknowledged one that ended before it began is
//!   still to come. So events are in the order of real time.
//! - An acknowledged change is due by the end of the life; one in doubt may never come.
//! - An observation, a read or a refusal or a success that changed nothing, must be right in
//!   some state after the changes that ended before it began and before those that began
//!   after it ended. Observations are not put in an order among each other: what a change
//!   under way is seen to have done may not be seen by the next look, until it is answered.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use domain::{Change, ContentHash, ImageId, Place};

use super::operation::{Answer, Ask, Operation};
use super::state::{State, puts_at};

/// The operations of a life, as the check needs them.
struct Life<'a> {
    /// For each client its changes, in order.
    changes: Vec<Vec<&'a Operation>>,
    /// In the order in which they began.
    observations: Vec<Observation<'a>>,
}

/// Something that was seen, and how many changes of each client had been answered before it
/// was asked for, and had been asked for before it was answered.
struct Observation<'a> {
    operation: &'a Operation,
    least: Vec<usize>,
    most: Vec<usize>,
}

/// One way in which things may have come so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Course {
    /// How many changes of each client are done.
    done: Vec<usize>,
    /// All observations before this one were right in some state.
    settled: usize,
    /// And these behind it.
    right: BTreeSet<usize>,
}

/// Applies the changes of one life to the state and finds out whether they explain all
/// that the clients did in it and were told.
pub(super) fn check(state: &mut State, changes: &[Change], operations: &[Operation]) -> Result<(), String> {
    let life = Life::of(operations);
    let transactions = transactions(changes)?;
    let mut courses = BTreeSet::from([Course { done: vec![0; life.changes.len()], ..Course::default() }]);
    for place in 0..=transactions.len() {
        courses = courses.into_iter().map(|course| life.observe(course, state)).collect();
        let Some(transaction) = transactions.get(place) else { break };
        let clients = 0..life.changes.len();
        let next: BTreeSet<_> = courses
            .iter()
            .flat_map(|course| {
                clients.clone().filter_map(|client| life.advance(course, client, transaction, state))
            })
            .collect();
        if next.is_empty() {
            return Err(life.report(
                "an event that nobody can have caused",
                &courses,
                &transactions,
                place,
                state,
            ));
        }
        courses = next;
        state
            .apply(transaction, |id, at| contents(operations, id, at))
            .map_err(|reason| life.report(&reason, &courses, &transactions, place, state))?;
    }
    if courses.iter().any(|course| life.is_over(course)) {
        return Ok(());
    }
    Err(life.report("the end, and not all is explained", &courses, &transactions, transactions.len(), state))
}

/// The uploads that an image may come from.
fn contents(operations: &[Operation], id: ImageId, at: &Place) -> Vec<ContentHash> {
    let of = |wanted: &dyn Fn(&Operation) -> bool| -> Vec<ContentHash> {
        let uploads = operations.iter().filter(|operation| wanted(operation));
        uploads
            .filter_map(|upload| if let Ask::Upload { hash, .. } = &upload.ask { Some(*hash) } else { None })
            .collect()
    };
    let acknowledged =
        of(&|upload| matches!(&upload.answer, Answer::Added { id: added, .. } if *added == id));
    if acknowledged.is_empty() {
        return of(&|upload| upload.is_in_doubt() && puts_at(upload, id, at));
    }
    acknowledged
}

/// Each change by itself; but the images that go with an album, and the album, at once.
fn transactions(changes: &[Change]) -> Result<Vec<&[Change]>, String> {
    let mut transactions = Vec::new();
    let mut begin = 0;
    for (index, change) in changes.iter().enumerate() {
        if matches!(change, Change::ImageDeleted { with_album: true, .. }) {
            continue;
        }
        let transaction = &changes[begin..=index];
        let (last, images) = transaction.split_last().unwrap();
        let is_whole = images.iter().all(|image| match (image, last) {
            (Change::ImageDeleted { at, .. }, Change::AlbumDeleted { album }) => {
                at.album.as_ref() == Some(album)
            }
            _ => false,
        });
        if !is_whole {
            return Err(format!("images went with an album that did not go: {transaction:?}"));
        }
        transactions.push(transaction);
        begin = index + 1;
    }
    match &changes[begin..] {
        [] => Ok(transactions),
        rest => Err(format!("images went with an album that did not go: {rest:?}")),
    }
}

impl<'a> Life<'a> {
    fn of(operations: &'a [Operation]) -> Self {
        let mut by_client: BTreeMap<usize, Vec<&Operation>> = BTreeMap::new();
        for operation in operations.iter().filter(|operation| operation.is_change()) {
            by_client.entry(operation.client).or_default().push(operation);
        }
        let mut changes: Vec<_> = by_client.into_values().collect();
        for changes in &mut changes {
            changes.sort_by_key(|change| change.begun);
        }
        let mut observed: Vec<_> = operations
            .iter()
            .filter(|operation| !operation.is_change() && !operation.is_in_doubt())
            .collect();
        observed.sort_by_key(|operation| operation.begun);
        let observation = |operation: &'a Operation| {
            let count = |is_before: &dyn Fn(&Operation) -> bool| {
                changes.iter().map(|changes| changes.partition_point(|change| is_before(change))).collect()
            };
            let least = count(&|change| change.ended < operation.begun);
            let most = count(&|change| change.begun < operation.ended);
            Observation { operation, least, most }
        };
        Self { observations: observed.into_iter().map(observation).collect(), changes }
    }

    /// The observations that this course has not seen to be right, of those that may be by now.
    fn open(&self, course: &Course) -> impl Iterator<Item = (usize, &Observation<'a>)> {
        let due =
            |seen: &Observation<'_>| seen.least.iter().zip(&course.done).all(|(least, done)| least <= done);
        self.observations
            .iter()
            .enumerate()
            .skip(course.settled)
            // They are in the order in which they began, so the rest is not due either.
            .take_while(move |(_, seen)| due(seen))
            .filter(|(index, _)| !course.right.contains(index))
    }

    /// Notes what is right in this state.
    fn observe(&self, mut course: Course, state: &State) -> Course {
        let right: Vec<_> = self
            .open(&course)
            .filter(|(_, seen)| state.allows(seen.operation))
            .map(|(index, _)| index)
            .collect();
        course.right.extend(right);
        while course.right.remove(&course.settled) {
            course.settled += 1;
        }
        course
    }

    /// The course on which the next change of a client is the transaction, if it can be.
    fn advance(
        &self,
        course: &Course,
        client: usize,
        transaction: &[Change],
        state: &State,
    ) -> Option<Course> {
        let operation = *self.changes.get(client)?.get(*course.done.get(client)?)?;
        let late = |next: &&Operation| next.ended < operation.begun;
        let overtakes =
            self.changes.iter().zip(&course.done).any(|(all, done)| all.get(*done).is_some_and(late));
        if overtakes || !state.explains(operation, transaction) {
            return None;
        }
        let mut next = course.clone();
        next.done[client] += 1;
        // What ended before this began was right before this, or never.
        let too_late = self.open(course).any(|(_, seen)| seen.most[client] < next.done[client]);
        (!too_late).then_some(next)
    }

    /// Whether all is explained but what is in doubt.
    fn is_over(&self, course: &Course) -> bool {
        let mut left = self.changes.iter().zip(&course.done).flat_map(|(all, done)| &all[*done..]);
        left.all(|change| change.is_in_doubt()) && course.settled == self.observations.len()
    }

    /// What went wrong at a place, and what there is to know for finding out why.
    fn report(
        &self,
        what: &str,
        courses: &BTreeSet<Course>,
        transactions: &[&[Change]],
        place: usize,
        state: &State,
    ) -> String {
        let mut text = format!("{what}\nevents before:\n");
        for transaction in &transactions[place.saturating_sub(8)..place] {
            let _ = writeln!(text, "  {transaction:?}");
        }
        let _ = writeln!(text, "event {place} of this life: {:?}", transactions.get(place));
        let _ = writeln!(text, "albums before: {:?}", state.albums);
        for course in courses {
            let _ = writeln!(text, "one course of things:");
            for (all, done) in self.changes.iter().zip(&course.done) {
                for change in all[*done..].iter().take(1) {
                    let _ = writeln!(text, "  to come: {change:?}");
                }
            }
            for (_, seen) in self.open(course) {
                let _ = writeln!(text, "  not explained: {:?}", seen.operation);
            }
        }
        text
    }
}
