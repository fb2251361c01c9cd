//! One make per key, however many callers wait for it.
//!
//! moka's `try_get_with` is not used. It runs the making inside the first caller, so
//! that a client that hangs up stops it for all, and it cannot tell a caller whether
//! it waited for another's work, nor forget a make whose group was removed meanwhile.
//! Here the making ends early only when all who waited for it are gone.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{Group, Key};

/// Where an answer came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was in memory.
    Memory,
    /// It was read from the shelf.
    Shelf,
    /// This caller's closure made it.
    Made,
    /// Another caller was already at it, and this one waited.
    Coalesced,
}

/// Why there is no value. Never remembered: the next caller tries again.
#[derive(Debug, thiserror::Error)]
pub enum MakeError<E> {
    /// The closure said so; every caller that waited for it gets the same error.
    #[error(transparent)]
    Failed(Arc<E>),
    /// The closure panicked, or the runtime is stopping.
    #[error("the work ended without an answer")]
    Lost,
}

type Answer<V, E> = Option<Result<(V, Outcome), Arc<E>>>;

/// The makes under way, by key.
pub(crate) struct Flights<V, E> {
    table: Mutex<Table<V, E>>,
}

struct Table<V, E> {
    flights: HashMap<Key, Seat<V, E>>,
    /// Groups whose removal has begun and not ended, once for each removal.
    removing: Vec<Group>,
    next_id: u64,
}

struct Seat<V, E> {
    id: u64,
    answer: watch::Receiver<Answer<V, E>>,
    interest: Arc<Interest>,
}

/// Whether anybody waits for a make.
struct Interest {
    /// Changed under the lock of the table only.
    waiters: AtomicUsize,
    unwanted: CancellationToken,
}

/// Tells a make whether anybody still waits for it. Its future is dropped when nobody does;
/// what it has put on another thread must look for itself.
#[derive(Debug, Clone)]
pub struct Wanted(CancellationToken);

impl Wanted {
    /// Whether anybody still waits for the value.
    pub fn is_wanted(&self) -> bool {
        !self.0.is_cancelled()
    }
}

/// How a caller comes to its value.
pub(crate) enum Boarding<V, E> {
    /// It is there.
    Ready(V),
    /// Another caller makes it.
    Joined(Waiter<V, E>),
    /// The caller has to make it.
    First(Flight<V, E>, Waiter<V, E>),
}

impl<V: Clone, E> Flights<V, E> {
    pub(crate) fn new() -> Self {
        let table = Table { flights: HashMap::new(), removing: Vec::new(), next_id: 0 };
        Self { table: Mutex::new(table) }
    }

    /// Joins the make under way for the key, or begins one.
    ///
    /// `look_again` is asked first, under the lock: a flight that ended since the
    /// caller last looked has left its value there, and must not be flown twice.
    pub(crate) fn board(
        self: &Arc<Self>,
        key: Key,
        look_again: impl FnOnce() -> Option<V>,
    ) -> Boarding<V, E> {
        let mut table = self.table();
        if let Some(seat) = table.flights.get(&key) {
            // A flight stays in the table until its value is on the shelf too.
            if let Some(Ok((value, _))) = &*seat.answer.borrow() {
                return Boarding::Ready(value.clone());
            }
            return Boarding::Joined(self.waiter(key, seat, true));
        }
        if let Some(value) = look_again() {
            return Boarding::Ready(value);
        }
        let (sender, answer) = watch::channel(None);
        let id = table.next_id;
        table.next_id += 1;
        let unwanted = CancellationToken::new();
        let interest = Arc::new(Interest { waiters: AtomicUsize::new(0), unwanted: unwanted.clone() });
        let seat = Seat { id, answer, interest };
        let waiter = self.waiter(key, &seat, false);
        table.flights.insert(key, seat);
        let kept = !table.removing.contains(&key.group);
        let flight = Flight { flights: Arc::clone(self), key, id, kept, unwanted, sender };
        Boarding::First(flight, waiter)
    }

    /// One more who waits. Called under the lock.
    fn waiter(self: &Arc<Self>, key: Key, seat: &Seat<V, E>, joined: bool) -> Waiter<V, E> {
        seat.interest.waiters.fetch_add(1, Ordering::Relaxed);
        Waiter {
            flights: Arc::clone(self),
            key,
            id: seat.id,
            answer: seat.answer.clone(),
            interest: Arc::clone(&seat.interest),
            joined,
        }
    }

    /// From here until [`Self::end_removal`] no flight of the group may keep its value,
    /// neither one under way nor one that begins meanwhile. `forget` runs under the
    /// lock, when no value of the group can be added to memory any more.
    pub(crate) fn begin_removal(&self, group: &Group, forget: impl FnOnce()) {
        let mut table = self.table();
        table.removing.push(*group);
        table.flights.retain(|key, _| key.group != *group);
        forget();
    }

    /// The end of a removal.
    pub(crate) fn end_removal(&self, group: &Group) {
        let mut table = self.table();
        if let Some(position) = table.removing.iter().position(|removing| removing == group) {
            table.removing.swap_remove(position);
        }
    }

    /// The number of keys that are being made or written.
    pub(crate) fn under_way(&self) -> usize {
        self.table().flights.len()
    }
}

impl<V, E> Flights<V, E> {
    fn table(&self) -> MutexGuard<'_, Table<V, E>> {
        // Every change to the table is one call, so a panic leaves none half done.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The duty to make one value. Dropping it without an answer tells the waiters so,
/// which is how a panic or the end of the runtime reaches them.
pub(crate) struct Flight<V, E> {
    flights: Arc<Flights<V, E>>,
    key: Key,
    id: u64,
    kept: bool,
    unwanted: CancellationToken,
    sender: watch::Sender<Answer<V, E>>,
}

impl<V, E> Flight<V, E> {
    pub(crate) fn key(&self) -> Key {
        self.key
    }

    /// For the make.
    pub(crate) fn wanted(&self) -> Wanted {
        Wanted(self.unwanted.clone())
    }

    /// Waits until all who waited for the answer are gone.
    pub(crate) async fn unwanted(&self) {
        self.unwanted.cancelled().await;
    }

    /// Whether the value may be kept: no, once its group is being removed.
    pub(crate) fn is_kept(&self) -> bool {
        self.kept && self.is_in(&self.flights.table())
    }

    /// Answers every waiter. `keep` runs before, under the lock, if the value may be kept.
    pub(crate) fn land(&self, value: V, outcome: Outcome, keep: impl FnOnce()) {
        let table = self.flights.table();
        if self.kept && self.is_in(&table) {
            keep();
        }
        // Under the lock, so that a waiter who leaves sees that there is an answer.
        self.sender.send_replace(Some(Ok((value, outcome))));
        drop(table);
    }

    /// Gives every waiter the error. The key is free before they hear of it, so that
    /// one who tries again at once does not meet this error again.
    pub(crate) fn fail(self, error: E) {
        self.leave();
        self.sender.send_replace(Some(Err(Arc::new(error))));
    }

    fn is_in(&self, table: &Table<V, E>) -> bool {
        table.flights.get(&self.key).is_some_and(|seat| seat.id == self.id)
    }

    fn leave(&self) {
        let mut table = self.flights.table();
        if self.is_in(&table) {
            table.flights.remove(&self.key);
        }
    }
}

impl<V, E> Drop for Flight<V, E> {
    fn drop(&mut self) {
        // The sender is dropped after this, so the key is free before waiters wake.
        self.leave();
    }
}

/// One caller's place in the queue for an answer.
pub(crate) struct Waiter<V, E> {
    flights: Arc<Flights<V, E>>,
    key: Key,
    id: u64,
    answer: watch::Receiver<Answer<V, E>>,
    interest: Arc<Interest>,
    joined: bool,
}

impl<V, E> Drop for Waiter<V, E> {
    fn drop(&mut self) {
        let mut table = self.flights.table();
        let others = self.interest.waiters.fetch_sub(1, Ordering::Relaxed) - 1;
        if others > 0 || self.answer.borrow().is_some() {
            return;
        }
        // The key is free before the make ends, so that nobody joins it any more.
        if table.flights.get(&self.key).is_some_and(|seat| seat.id == self.id) {
            table.flights.remove(&self.key);
        }
        drop(table);
        self.interest.unwanted.cancel();
    }
}

impl<V: Clone, E> Waiter<V, E> {
    pub(crate) async fn wait(mut self) -> Result<(V, Outcome), MakeError<E>> {
        let answer = self.answer.wait_for(Option::is_some).await.map_err(|_| MakeError::Lost)?;
        match &*answer {
            Some(Ok((value, _))) if self.joined => Ok((value.clone(), Outcome::Coalesced)),
            Some(Ok((value, outcome))) => Ok((value.clone(), *outcome)),
            Some(Err(error)) => Err(MakeError::Failed(Arc::clone(error))),
            None => Err(MakeError::Lost),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: Key = Key { group: [1; 32], variant: [1; 16] };

    #[test]
    fn a_caller_who_looked_just_before_a_flight_ended_does_not_fly_again() {
        let flights = Arc::new(Flights::<u8, ()>::new());
        let Boarding::First(flight, _waiter) = flights.board(KEY, || None) else {
            panic!("nobody else is here")
        };
        assert!(matches!(flights.board(KEY, || None), Boarding::Joined(_)));
        let mut memory = None;
        flight.land(7, Outcome::Made, || memory = Some(7));
        assert!(matches!(flights.board(KEY, || None), Boarding::Ready(7)));
        drop(flight);
        assert!(matches!(flights.board(KEY, || memory), Boarding::Ready(7)));
        assert!(matches!(flights.board(KEY, || None), Boarding::First(..)));
    }

    #[test]
    fn a_flight_that_was_released_neither_keeps_its_value_nor_ends_its_successor() {
        let flights = Arc::new(Flights::<u8, ()>::new());
        let Boarding::First(old, _first) = flights.board(KEY, || None) else { panic!("nobody else is here") };
        flights.begin_removal(&KEY.group, || ());
        flights.end_removal(&KEY.group);
        let Boarding::First(new, _second) = flights.board(KEY, || None) else {
            panic!("the old one is released")
        };
        old.land(7, Outcome::Made, || panic!("kept"));
        drop(old);
        assert!(new.is_kept());
        assert!(matches!(flights.board(KEY, || None), Boarding::Joined(_)));
    }

    #[test]
    fn a_flight_is_unwanted_once_the_last_who_waits_is_gone_and_nobody_joins_it_then() {
        let flights = Arc::new(Flights::<u8, ()>::new());
        let Boarding::First(flight, first) = flights.board(KEY, || None) else {
            panic!("nobody else is here")
        };
        let Boarding::Joined(second) = flights.board(KEY, || None) else { panic!("the first is here") };
        drop(first);
        assert!(flight.wanted().is_wanted());
        drop(second);
        assert!(!flight.wanted().is_wanted() && !flight.is_kept());
        assert!(matches!(flights.board(KEY, || None), Boarding::First(..)));
    }

    #[test]
    fn a_flight_that_has_landed_is_kept_though_all_are_gone() {
        let flights = Arc::new(Flights::<u8, ()>::new());
        let Boarding::First(flight, first) = flights.board(KEY, || None) else {
            panic!("nobody else is here")
        };
        flight.land(7, Outcome::Made, || ());
        drop(first);
        assert!(flight.is_kept() && flight.wanted().is_wanted());
    }
}
