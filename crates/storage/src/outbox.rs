//! What has changed, for those who tell others.

use domain::EventId;
use tokio::sync::watch;

use crate::StorageError;
use crate::catalogue::{Backlog, Catalogue, Recorded};

/// The events of all changes, each written in the transaction of its change.
///
/// The promise of its order, which every kind of catalogue keeps:
///
/// - Each event has a position. Positions count up from 1 without a gap.
/// - An event becomes visible after all events of lower positions. Whoever has read all
///   that is behind position *p* and goes on behind the last position seen misses nothing,
///   ever: no event appears at or below a position that was seen.
/// - If one change was answered before another began, its events have the lower positions.
///   The events of one change stand together, in the order of the change.
/// - A position is never given twice, also when its event is not kept any more. Events go
///   from the front.
///
/// Cheap to clone; each clone waits for itself.
#[derive(Clone)]
pub struct Outbox {
    catalogue: Catalogue,
    changes: watch::Receiver<u64>,
}

impl Outbox {
    pub(crate) fn new(catalogue: Catalogue, changes: watch::Receiver<u64>) -> Self {
        Self { catalogue, changes }
    }

    /// Waits until there may be events that were not there when this was last called, or
    /// when the outbox was asked for. False once the store is gone.
    pub async fn changed(&mut self) -> bool {
        self.changes.changed().await.is_ok()
    }

    /// Up to `limit` events behind a position; behind 0 for all that are kept.
    pub async fn after(&self, position: i64, limit: u32) -> Result<Vec<Recorded>, StorageError> {
        self.catalogue.events_after(position, limit).await
    }

    /// The position of an event; none if it is not kept any more.
    pub async fn position_of(&self, id: EventId) -> Result<Option<i64>, StorageError> {
        self.catalogue.position_of(id).await
    }

    /// The last event and its position; none if none is kept.
    pub async fn last(&self) -> Result<Option<(i64, EventId)>, StorageError> {
        self.catalogue.last_event().await
    }

    /// The position of the last event that was published; 0 if none was.
    pub async fn published(&self) -> Result<i64, StorageError> {
        self.catalogue.published().await
    }

    /// Remembers that all events up to this position were published. It never goes back.
    pub async fn set_published(&self, position: i64) -> Result<(), StorageError> {
        self.catalogue.set_published(position).await
    }

    /// What has not been published.
    pub async fn backlog(&self) -> Result<Backlog, StorageError> {
        self.catalogue.backlog().await
    }

    /// How many events grew too old, since the start, before they were published.
    pub fn expired(&self) -> u64 {
        self.catalogue.expired_events()
    }
}
