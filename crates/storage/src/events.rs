//! What has changed, for those who tell others.

use std::sync::atomic::Ordering;

use domain::EventId;
use tokio::sync::watch;

use crate::StorageError;
use crate::catalogue::{Backlog, Recorded};
use crate::store::Storage;

impl Storage {
    /// A value that changes whenever there may be a new event.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.changes.subscribe()
    }

    /// Up to `limit` events behind a place in the order of all changes.
    ///
    /// # Errors
    ///
    /// When the catalogue cannot be read.
    pub async fn events_after(&self, sequence: i64, limit: u32) -> Result<Vec<Recorded>, StorageError> {
        self.inner.catalogue.events_after(sequence, limit).await
    }

    /// The place of an event in the order; none if it is not kept any more.
    ///
    /// # Errors
    ///
    /// When the catalogue cannot be read.
    pub async fn sequence_of(&self, id: EventId) -> Result<Option<i64>, StorageError> {
        self.inner.catalogue.sequence_of(id).await
    }

    /// The last event and its place in the order; none if none is kept.
    ///
    /// # Errors
    ///
    /// When the catalogue cannot be read.
    pub async fn last_event(&self) -> Result<Option<(i64, EventId)>, StorageError> {
        self.inner.catalogue.last_event().await
    }

    /// The place of the last event that was published; 0 if none was.
    ///
    /// # Errors
    ///
    /// When the catalogue cannot be read.
    pub async fn published(&self) -> Result<i64, StorageError> {
        self.inner.catalogue.published().await
    }

    /// Remembers that all events up to this place were published.
    ///
    /// # Errors
    ///
    /// When the catalogue cannot be written.
    pub async fn set_published(&self, sequence: i64) -> Result<(), StorageError> {
        self.inner.catalogue.set_published(sequence).await
    }

    /// What has not been published.
    ///
    /// # Errors
    ///
    /// When the catalogue cannot be read.
    pub async fn backlog(&self) -> Result<Backlog, StorageError> {
        self.inner.catalogue.backlog().await
    }

    /// How many events grew too old, since the start, before they were published.
    pub fn expired_events(&self) -> u64 {
        self.inner.catalogue.expired.load(Ordering::Relaxed)
    }
}
