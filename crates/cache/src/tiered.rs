//! Memory over a shelf, each value made once.

use std::error::Error as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

use crate::grouped::Grouped;
use crate::made_once::{Boarding, Flight, Flights};
use crate::{
    Budget, Epoch, Group, Key, MakeError, Memory, Outcome, Shelf, ShelfError, Shelved, VolumeStats, Wanted,
};

/// How a value is weighed, and how it lies on the shelf.
pub struct Codec<V> {
    /// The bytes that a value holds in memory.
    pub weigh: fn(&V) -> usize,
    /// A label of at most 65,535 bytes and a body; together they are the value.
    pub encode: fn(&V) -> (Vec<u8>, Bytes),
    /// The value again, or nothing if the label is not one that is known any more;
    /// the value is then made again. The body is the bytes as they were encoded.
    pub decode: fn(&[u8], Bytes) -> Option<V>,
}

/// The limits of a [`Tiered`] cache.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// What the values in memory may take, in bytes; 0 switches the memory off.
    pub memory_bytes: u64,
    /// What the values that wait to be put on the shelf may take together, in bytes. One
    /// that is made when there is no room is served and kept in memory, but not put there.
    pub max_pending_bytes: u64,
}

/// Numbers for metrics, taken at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// Bytes in use in memory.
    pub memory_bytes: u64,
    /// Values in memory.
    pub memory_entries: u64,
    /// Values that left memory for want of room, since the start.
    pub memory_evictions: u64,
    /// Values that are being read, made or written right now.
    pub under_way: usize,
    /// Values that were not put on the shelf because too many were waiting, since the start.
    pub skipped_writes: u64,
    /// Values that could not be put on the shelf, since the start.
    pub failed_writes: u64,
    /// The shelf, if there is one.
    pub shelf: Option<VolumeStats>,
}

/// Memory over a shelf, each value made once. Cloning it gives another handle.
pub struct Tiered<V, E> {
    shared: Arc<Shared<V, E>>,
}

struct Shared<V, E> {
    grouped: Grouped<V>,
    shelf: Option<Shelf>,
    codec: Codec<V>,
    flights: Arc<Flights<V, E>>,
    /// Of what waits to be put on the shelf.
    pending: Budget,
    skipped_writes: AtomicU64,
    failed_writes: AtomicU64,
    tasks: TaskTracker,
    runtime: Handle,
}

impl<V, E> Clone for Tiered<V, E> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<V, E> Tiered<V, E>
where
    V: Clone + Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    /// Joins the parts. Without a shelf, values live in memory only.
    ///
    /// All work runs on `runtime`, whichever runtime the callers are on.
    pub fn new(settings: Settings, codec: Codec<V>, shelf: Option<Shelf>, runtime: Handle) -> Self {
        let shared = Shared {
            grouped: Grouped::new(Memory::new(settings.memory_bytes, codec.weigh)),
            shelf,
            codec,
            flights: Arc::new(Flights::new()),
            pending: Budget::new(settings.max_pending_bytes),
            skipped_writes: AtomicU64::new(0),
            failed_writes: AtomicU64::new(0),
            tasks: TaskTracker::new(),
            runtime,
        };
        Self { shared: Arc::new(shared) }
    }

    /// The value, if it is in memory.
    pub fn get(&self, key: &Key) -> Option<V> {
        self.shared.grouped.get(key)
    }

    /// The value from memory, from the shelf, or made.
    ///
    /// `make` runs at most once however many callers ask for the key at the same time. It
    /// runs on as long as one of them waits; once all are gone it is dropped, and its
    /// [`Wanted`] tells what it has put on other threads. There is no limit on how many
    /// different keys are made at once: `make` has to have one.
    ///
    /// # Errors
    /// What `make` says; [`MakeError::Lost`] if it panics or the runtime stops. A
    /// shelf that cannot be read or written is no error: it costs time, not answers.
    pub async fn get_or_make<F, Fut>(&self, key: Key, make: F) -> Result<(V, Outcome), MakeError<E>>
    where
        F: FnOnce(Wanted) -> Fut + Send + 'static,
        Fut: Future<Output = Result<V, E>> + Send + 'static,
    {
        let shared = &self.shared;
        if let Some(value) = self.get(&key) {
            return Ok((value, Outcome::Memory));
        }
        let waiter = match shared.flights.board(key, || self.get(&key)) {
            Boarding::Ready(value) => return Ok((value, Outcome::Memory)),
            Boarding::Joined(waiter) => waiter,
            Boarding::First(flight, waiter) => {
                let work = Arc::clone(shared).fly(flight, make);
                shared.tasks.spawn_on(work, &shared.runtime);
                waiter
            }
        };
        waiter.wait().await
    }

    /// Drops every value of the group from memory and from the shelf.
    ///
    /// A value of the group that is being made meanwhile still answers those who wait
    /// for it, and is then forgotten. Once begun, the removal ends even if the caller
    /// goes away.
    ///
    /// # Errors
    /// The values on the shelf could not all be removed; try again.
    pub async fn remove_group(&self, group: Group) -> Result<(), ShelfError> {
        let shared = &self.shared;
        shared.flights.begin_removal(&group, || shared.grouped.remove_group(&group));
        let Some(shelf) = shared.shelf.clone() else {
            shared.flights.end_removal(&group);
            return Ok(());
        };
        let flights = Arc::clone(&shared.flights);
        let removal = async move {
            let removed = shelf.remove_group(group).await;
            flights.end_removal(&group);
            removed
        };
        shared.tasks.spawn_on(removal, &shared.runtime).await.unwrap_or(Err(ShelfError::Stopped))
    }

    /// Waits until nothing is being made or written, which is what a process does
    /// before it ends. More work can begin meanwhile and later.
    pub async fn drain(&self) {
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }

    /// Drains, and lets go of the shelf. Nothing may be asked for afterwards.
    pub async fn close(&self) {
        self.drain().await;
        if let Some(shelf) = &self.shared.shelf {
            shelf.release();
        }
    }

    /// Numbers for metrics.
    pub fn stats(&self) -> Stats {
        let shared = &self.shared;
        let memory = shared.grouped.memory();
        Stats {
            memory_bytes: memory.bytes(),
            memory_entries: memory.entries(),
            memory_evictions: memory.evictions(),
            under_way: shared.flights.under_way(),
            skipped_writes: shared.skipped_writes.load(Ordering::Relaxed),
            failed_writes: shared.failed_writes.load(Ordering::Relaxed),
            shelf: shared.shelf.as_ref().map(Shelf::stats),
        }
    }
}

impl<V, E> Shared<V, E>
where
    V: Clone + Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    async fn fly<F, Fut>(self: Arc<Self>, flight: Flight<V, E>, make: F)
    where
        F: FnOnce(Wanted) -> Fut + Send + 'static,
        Fut: Future<Output = Result<V, E>> + Send + 'static,
    {
        let work = async {
            let (epoch, found) = self.read(&flight).await;
            match found {
                Some(value) => Ok((epoch, value, Outcome::Shelf)),
                None => make(flight.wanted()).await.map(|value| (epoch, value, Outcome::Made)),
            }
        };
        let made = tokio::select! {
            made = work => made,
            () = flight.unwanted() => return,
        };
        match made {
            Ok((epoch, value, outcome)) => {
                // The waiters have their answer before the shelf is touched. The flight ends
                // after that: until the value is there, one that memory does not hold would
                // be made a second time.
                self.land(&flight, value.clone(), outcome);
                if outcome == Outcome::Made {
                    self.write(&flight, epoch, value).await;
                }
            }
            Err(error) => flight.fail(error),
        }
    }

    fn land(&self, flight: &Flight<V, E>, value: V, outcome: Outcome) {
        let kept = value.clone();
        flight.land(value, outcome, || self.grouped.insert(flight.key(), kept));
    }

    async fn read(&self, flight: &Flight<V, E>) -> (Epoch, Option<V>) {
        let nothing = (Epoch::default(), None);
        let Some(shelf) = &self.shelf else { return nothing };
        // While the group is being removed, its values may be there but are no longer valid.
        if !flight.is_kept() {
            return nothing;
        }
        let Shelved { epoch, entry } = shelf.get(flight.key()).await;
        (epoch, entry.and_then(|entry| (self.codec.decode)(&entry.label, entry.body)))
    }

    async fn write(&self, flight: &Flight<V, E>, epoch: Epoch, value: V) {
        let Some(shelf) = &self.shelf else { return };
        let Some(_share) = self.pending.try_take((self.codec.weigh)(&value) as u64) else {
            self.skipped_writes.fetch_add(1, Ordering::Relaxed);
            return;
        };
        // A removal from here on is the shelf's to see, by the epoch.
        if !flight.is_kept() {
            return;
        }
        let (label, body) = (self.codec.encode)(&value);
        if let Err(error) = shelf.put(flight.key(), epoch, label, body).await {
            self.failed_writes.fetch_add(1, Ordering::Relaxed);
            let cause = error.source().map(ToString::to_string);
            log::warn!(cause:?; "a value was not put on the shelf: {error}");
        }
    }
}
