//! The catalogue: which images and albums there are, and what changed.
//!
//! What every kind of catalogue promises:
//!
//! - Each operation is one transaction: after a crash it has happened with its events, or not
//!   at all.
//! - Once an operation has returned, it survives a crash.
//! - Two operations that race are as if one had come after the other.
//! - The order of events is what [`Outbox`](crate::Outbox) says.

mod records;
mod sqlite;

use std::path::Path;
use std::time::{Duration, SystemTime};

use domain::{ContentHash, EventId, ImageId, Name, Owner};

use crate::{OpenError, StorageError};
use sqlite::Sqlite;

pub(crate) use sqlite::primary_code;

pub(crate) use records::Deleted;
pub use records::{
    AlbumRef, Backlog, Changed, Condition, ImageRecord, ImageRef, Move, NamePage, Page, Recorded,
};

/// Where the catalogue is. Cheap to clone; all clones are one catalogue.
#[derive(Clone)]
pub(crate) enum Catalogue {
    /// In an SQLite file.
    Sqlite(Sqlite),
}

impl Catalogue {
    /// Opens the catalogue in a data folder, and brings it to this version if need be. A
    /// folder that has blobs must have had one before.
    pub(crate) async fn open(data: &Path, keep_events: Duration, any_blobs: bool) -> Result<Self, OpenError> {
        Ok(Self::Sqlite(Sqlite::open(data, keep_events, any_blobs).await?))
    }

    /// Opens an existing catalogue for reading, beside a process that may be writing to it.
    pub(crate) async fn open_for_reading(data: &Path) -> Result<Self, OpenError> {
        Ok(Self::Sqlite(Sqlite::open_for_reading(data).await?))
    }

    /// Opens an existing catalogue where nothing can be written.
    pub(crate) async fn open_read_only(data: &Path) -> Result<Self, OpenError> {
        Ok(Self::Sqlite(Sqlite::open_read_only(data).await?))
    }

    /// Creates an album.
    pub(crate) async fn create_album(
        &self,
        album: &AlbumRef,
        now: SystemTime,
    ) -> Result<Changed, StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.create_album(album, now).await),
        }
    }

    /// Gives an album another name.
    pub(crate) async fn rename_album(
        &self,
        album: &AlbumRef,
        to: &Name,
        now: SystemTime,
    ) -> Result<Changed, StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.rename_album(album, to, now).await),
        }
    }

    /// Deletes an album with all its images.
    pub(crate) async fn delete_album(
        &self,
        album: &AlbumRef,
        now: SystemTime,
    ) -> Result<Deleted, StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.delete_album(album, now).await),
        }
    }

    /// Up to `limit` names of an owner's albums behind `after`.
    pub(crate) async fn albums(
        &self,
        owner: &Owner,
        limit: u32,
        after: Option<&Name>,
    ) -> Result<NamePage, StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.albums(owner, limit, after).await),
        }
    }

    /// Up to `limit` names of an album's images behind `after`.
    pub(crate) async fn album_images(
        &self,
        album: &AlbumRef,
        limit: u32,
        after: Option<&Name>,
    ) -> Result<NamePage, StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.album_images(album, limit, after).await),
        }
    }

    /// Fails if there is no such album.
    pub(crate) async fn expect_album(&self, album: &AlbumRef) -> Result<(), StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.expect_album(album).await),
        }
    }

    /// Adds an image and its event.
    pub(crate) async fn insert(&self, image: ImageRecord) -> Result<Changed<ImageRecord>, StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.insert(image).await),
        }
    }

    /// One image; none if there is no such image. An album that is named must exist.
    pub(crate) async fn find(&self, which: &ImageRef) -> Result<Option<ImageRecord>, StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.find(which).await),
        }
    }

    /// Up to `limit` images that are older than `before`; of one owner, or of all.
    pub(crate) async fn page(
        &self,
        owner: Option<&Owner>,
        limit: u32,
        before: Option<ImageId>,
    ) -> Result<Page, StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.page(owner, limit, before).await),
        }
    }

    /// Gives an image another name, another album, or both.
    pub(crate) async fn move_image(
        &self,
        which: &ImageRef,
        to: &Move,
        only_if: &Condition,
        now: SystemTime,
    ) -> Result<Changed<ImageRecord>, StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.move_image(which, to, only_if, now).await),
        }
    }

    /// Deletes an image, even one whose row is damaged.
    pub(crate) async fn delete(
        &self,
        which: &ImageRef,
        only_if: &Condition,
        now: SystemTime,
    ) -> Result<Deleted, StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.delete(which, only_if, now).await),
        }
    }

    /// Whether some image has the blob.
    pub(crate) async fn names(&self, hash: ContentHash) -> Result<bool, StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.names(hash).await),
        }
    }

    /// Whether every image names its blob by a proper hash.
    pub(crate) async fn hashes_are_sound(&self) -> Result<bool, StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.hashes_are_sound().await),
        }
    }

    /// Up to `limit` events behind a position.
    pub(crate) async fn events_after(
        &self,
        position: i64,
        limit: u32,
    ) -> Result<Vec<Recorded>, StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.events_after(position, limit).await),
        }
    }

    /// The position of an event; none if it is not kept any more.
    pub(crate) async fn position_of(&self, id: EventId) -> Result<Option<i64>, StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.position_of(id).await),
        }
    }

    /// The last event and its position.
    pub(crate) async fn last_event(&self) -> Result<Option<(i64, EventId)>, StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.last_event().await),
        }
    }

    /// The position of the last event that was published.
    pub(crate) async fn published(&self) -> Result<i64, StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.published().await),
        }
    }

    /// Remembers that all events up to this position were published. It never goes back.
    pub(crate) async fn set_published(&self, position: i64) -> Result<(), StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.set_published(position).await),
        }
    }

    /// What has not been published.
    pub(crate) async fn backlog(&self) -> Result<Backlog, StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.backlog().await),
        }
    }

    /// How many events grew too old, since the start, before they were published.
    pub(crate) fn expired_events(&self) -> u64 {
        match self {
            Self::Sqlite(sqlite) => sqlite.expired_events(),
        }
    }

    /// Looks at all there is; what is wrong is remembered. Fails if anything is.
    pub(crate) async fn examine(&self) -> Result<(), StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.examine().await),
        }
    }

    /// Does what makes damage less likely and can be done when nothing else is to do.
    pub(crate) async fn settle(&self) -> Result<(), StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.settle().await),
        }
    }

    /// Fails if the catalogue does not answer, or is known to be damaged.
    pub(crate) async fn check(&self) -> Result<(), StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.check().await),
        }
    }

    /// Waits for running statements and lets go of the catalogue.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(sqlite) => sqlite.close().await,
        }
    }
}
