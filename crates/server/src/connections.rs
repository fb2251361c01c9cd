//! The open connections of a service: how many there may be, and which has to go when
//! there are too many.
//!
//! A connection that waits for its client costs little, but there are only so many places.
//! So a newcomer always finds one: when all are taken, the connection goes that has waited
//! longest for its client, be it for a request, for the rest of one, or for the client to
//! read its answer. What the service itself works on is never given up. If that is all
//! there is, a few more connections are let in to be told so, and to ask for its health.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::task::AtomicWaker;

use crate::pace::Pace;

/// Connections beyond the limit that may ask for the service's health.
pub(crate) const RESERVE: usize = 64;
/// A client that took or sent nothing for so long is not being worked with.
const STALLED: Duration = Duration::from_secs(1);

/// How many connections there may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConnectionLimits {
    /// All of them.
    pub(crate) total: usize,
    /// Those of one address.
    pub(crate) of_address: usize,
    /// The least mean rate at which their clients may send and take bodies.
    pub(crate) bytes_per_second: u64,
}

/// The open connections.
pub(crate) struct Connections {
    limits: ConnectionLimits,
    started: Instant,
    open: Mutex<Open>,
    shed: AtomicU64,
}

#[derive(Default)]
struct Open {
    by_id: HashMap<u64, Arc<Connection>>,
    of_address: HashMap<IpAddr, usize>,
    next_id: u64,
}

/// By how many places a newcomer is too many, and whether of its address or of all.
struct Over {
    by: usize,
    of_address: bool,
}

/// One connection, as its stream, its requests and the limits see it.
pub(crate) struct Connection {
    id: u64,
    address: Option<IpAddr>,
    started: Instant,
    /// Beyond the limit: it may ask for the service's health, and for nothing else.
    reserve: bool,
    /// Since when it waits for its client, in milliseconds after `started`; [`WORKING`] if
    /// it does not.
    waiting_since: AtomicU64,
    bytes_per_second: u64,
    /// How many requests were begun.
    requests: AtomicU64,
    /// A request was begun and its answer is not complete.
    in_request: AtomicBool,
    given_up: AtomicBool,
    waker: AtomicWaker,
}

const WORKING: u64 = u64::MAX;

impl Connections {
    /// No connection yet.
    pub(crate) fn new(limits: ConnectionLimits) -> Self {
        Self { limits, started: Instant::now(), open: Mutex::default(), shed: AtomicU64::new(0) }
    }

    /// Takes in a connection from an address, at the cost of another one if need be; none
    /// if there is no place left at all.
    pub(crate) fn admit(&self, address: Option<IpAddr>) -> Option<Arc<Connection>> {
        let mut open = self.lock();
        if let Some(over) = self.over(&open, address) {
            self.give_up_one(&mut open, over.of_address.then_some(address).flatten());
        }
        let over = self.over(&open, address);
        if over.as_ref().is_some_and(|over| over.by >= RESERVE) {
            return None;
        }
        let id = open.next_id;
        open.next_id += 1;
        let connection = Arc::new(Connection {
            id,
            address,
            started: self.started,
            reserve: over.is_some(),
            waiting_since: AtomicU64::new(millis(self.started)),
            bytes_per_second: self.limits.bytes_per_second,
            requests: AtomicU64::new(0),
            in_request: AtomicBool::new(false),
            given_up: AtomicBool::new(false),
            waker: AtomicWaker::new(),
        });
        if let Some(address) = address {
            *open.of_address.entry(address).or_default() += 1;
        }
        open.by_id.insert(id, Arc::clone(&connection));
        Some(connection)
    }

    /// Forgets a connection that is closed.
    pub(crate) fn close(&self, connection: &Connection) {
        remove(&mut self.lock(), connection);
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.lock().by_id.len() as u64
    }

    /// How many were given up for newcomers.
    pub(crate) fn shed(&self) -> u64 {
        self.shed.load(Ordering::Relaxed)
    }

    /// Whether one more of an address would be too many, and by how many.
    fn over(&self, open: &Open, address: Option<IpAddr>) -> Option<Over> {
        let of_address = address.and_then(|address| open.of_address.get(&address).copied()).unwrap_or(0);
        match (
            of_address.checked_sub(self.limits.of_address),
            open.by_id.len().checked_sub(self.limits.total),
        ) {
            (Some(by), in_total) => Some(Over { by: by.max(in_total.unwrap_or(0)), of_address: true }),
            (None, Some(by)) => Some(Over { by, of_address: false }),
            (None, None) => None,
        }
    }

    /// Gives up the connection that has waited longest for its client, of one address or
    /// of all; none if all are being worked with.
    fn give_up_one(&self, open: &mut Open, address: Option<IpAddr>) {
        let longest = open
            .by_id
            .values()
            .filter(|connection| address.is_none() || connection.address == address)
            .filter(|connection| connection.may_go())
            .min_by_key(|connection| connection.waiting_since.load(Ordering::Relaxed));
        let Some(connection) = longest.cloned() else { return };
        remove(open, &connection);
        connection.give_up();
        self.shed.fetch_add(1, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        // Nothing in here panics half-way.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn remove(open: &mut Open, connection: &Connection) {
    if open.by_id.remove(&connection.id).is_none() {
        return;
    }
    let Some(address) = connection.address else { return };
    if let Some(count) = open.of_address.get_mut(&address) {
        *count -= 1;
        if *count == 0 {
            open.of_address.remove(&address);
        }
    }
}

impl Connection {
    /// Whether it may only ask for the service's health.
    pub(crate) fn is_reserve(&self) -> bool {
        self.reserve
    }

    /// Whether it was given up; its stream fails from now on.
    pub(crate) fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::Acquire)
    }

    /// How many requests were begun.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// The pace of its client, who is not behind.
    pub(crate) fn pace(&self) -> Pace {
        Pace::new(self.bytes_per_second)
    }

    /// Whether a request was begun and its answer is not complete.
    pub(crate) fn is_in_request(&self) -> bool {
        self.in_request.load(Ordering::Relaxed)
    }

    /// A request was begun: its head is there.
    pub(crate) fn begin_request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.in_request.store(true, Ordering::Relaxed);
        self.progress();
    }

    /// Its answer is complete; from now on the connection waits for the next one.
    pub(crate) fn end_request(&self) {
        self.in_request.store(false, Ordering::Relaxed);
        self.waiting_since.store(millis(self.started), Ordering::Relaxed);
    }

    /// From now on it waits for its client; unless it does already.
    pub(crate) fn wait(&self) {
        let now = millis(self.started);
        let _ = self.waiting_since.compare_exchange(WORKING, now, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// The client did what was waited for.
    pub(crate) fn progress(&self) {
        self.waiting_since.store(WORKING, Ordering::Relaxed);
    }

    /// Wakes `waker` when the connection is given up.
    pub(crate) fn register(&self, waker: &std::task::Waker) {
        self.waker.register(waker);
    }

    fn give_up(&self) {
        self.given_up.store(true, Ordering::Release);
        self.waker.wake();
    }

    /// Between requests it may go at once. Within one, only if the client does not move.
    fn may_go(&self) -> bool {
        let since = self.waiting_since.load(Ordering::Relaxed);
        let waited = millis(self.started).saturating_sub(since);
        since != WORKING && (!self.is_in_request() || u128::from(waited) >= STALLED.as_millis())
    }
}

fn millis(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_millis()).unwrap_or(WORKING - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)));
    const THERE: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2)));

    fn connections(total: usize, of_address: usize) -> Connections {
        Connections::new(ConnectionLimits { total, of_address, bytes_per_second: 8192 })
    }

    #[test]
    fn a_newcomer_takes_the_place_of_who_waits() {
        let connections = connections(2, 2);
        let working = connections.admit(HERE).unwrap();
        working.begin_request();
        let idle = connections.admit(HERE).unwrap();
        let newcomer = connections.admit(THERE).unwrap();
        assert!(idle.is_given_up() && !working.is_given_up() && !newcomer.is_reserve());
        assert_eq!((connections.count(), connections.shed()), (2, 1));
        // Its stream ends a moment later, which frees no second place.
        connections.close(&idle);
        assert_eq!(connections.count(), 2);
    }

    #[test]
    fn when_all_are_worked_with_a_newcomer_may_ask_for_health() {
        let connections = connections(1, 1000);
        let working = connections.admit(HERE).unwrap();
        working.begin_request();
        let reserve: Vec<_> = std::iter::from_fn(|| {
            let connection = connections.admit(THERE)?;
            connection.begin_request();
            Some(connection)
        })
        .take(1000)
        .collect();
        assert_eq!(reserve.len(), RESERVE);
        assert!(reserve.iter().all(|connection| connection.is_reserve()));
        assert!(!working.is_given_up());
        reserve.iter().for_each(|connection| connections.close(connection));
        working.end_request();
        assert!(!connections.admit(THERE).unwrap().is_reserve());
        assert!(working.is_given_up());
    }

    #[test]
    fn an_address_only_takes_places_from_itself() {
        let connections = connections(10, 2);
        let other = connections.admit(THERE).unwrap();
        let first = connections.admit(HERE).unwrap();
        let second = connections.admit(HERE).unwrap();
        second.begin_request();
        connections.admit(HERE).unwrap();
        assert!(first.is_given_up() && !second.is_given_up() && !other.is_given_up());
    }

    #[test]
    fn a_request_ends_in_waiting() {
        let connections = connections(1, 1);
        let connection = connections.admit(HERE).unwrap();
        connection.begin_request();
        assert!(!connection.may_go());
        connection.wait();
        assert!(!connection.may_go(), "a moment of waiting is no stall");
        connection.end_request();
        assert!(connection.may_go());
    }
}
