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

use access::Acl;
use domain::{ContentHash, EventId, ImageId, Name, Owner, Visibility};

use crate::{OpenError, StorageError};
use sqlite::Sqlite;

pub(crate) use sqlite::primary_code;

pub(crate) use records::Deleted;
pub use records::{
    Adopted, AlbumRef, AlbumUpdate, Backlog, Changed, Condition, ImageRecord, ImageRef, ImageUpdate,
    KeyRecord, Listed, NamePage, OnceOnly, Page, Quota, Recorded,
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
        visibility: Visibility,
        now: SystemTime,
    ) -> Result<Changed, StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.create_album(album, visibility, now).await),
        }
    }

    /// Gives an album another name, or others the right to see it.
    pub(crate) async fn update_album(
        &self,
        album: &AlbumRef,
        to: &AlbumUpdate,
        now: SystemTime,
    ) -> Result<Changed, StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.update_album(album, to, now).await),
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

    /// Up to `limit` names of albums behind `after`.
    pub(crate) async fn albums(
        &self,
        listed: &Listed,
        limit: u32,
        after: Option<&Name>,
    ) -> Result<NamePage, StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.albums(listed, limit, after).await),
        }
    }

    /// Up to `limit` names of an album's images behind `after`; of all, or of those that
    /// everyone may see.
    pub(crate) async fn album_images(
        &self,
        album: &AlbumRef,
        public_only: bool,
        limit: u32,
        after: Option<&Name>,
    ) -> Result<NamePage, StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.album_images(album, public_only, limit, after).await),
        }
    }

    /// What the right to an album depends on; none if there is no such album.
    pub(crate) async fn album(&self, album: &AlbumRef) -> Result<Option<Acl>, StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.album(album).await),
        }
    }

    /// Adds an image and its event, if its owner has room for it; and uses up the link that
    /// it came by.
    pub(crate) async fn insert(
        &self,
        image: ImageRecord,
        quota: Quota,
        once: Option<&OnceOnly>,
    ) -> Result<Changed<ImageRecord>, StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.insert(image, quota, once).await),
        }
    }

    /// One image; none if there is no such image. An album that is named must exist.
    pub(crate) async fn find(&self, which: &ImageRef) -> Result<Option<ImageRecord>, StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.find(which).await),
        }
    }

    /// Up to `limit` images that are older than `before`.
    pub(crate) async fn page(
        &self,
        listed: &Listed,
        limit: u32,
        before: Option<ImageId>,
    ) -> Result<Page, StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.page(listed, limit, before).await),
        }
    }

    /// Gives an image another name or album, or others the right to see it.
    pub(crate) async fn update_image(
        &self,
        which: &ImageRef,
        to: &ImageUpdate,
        only_if: &Condition,
        now: SystemTime,
    ) -> Result<Changed<ImageRecord>, StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.update_image(which, to, only_if, now).await),
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

    /// Adds an API key.
    pub(crate) async fn add_key(&self, key: &KeyRecord) -> Result<(), StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.add_key(key).await),
        }
    }

    /// An API key by its id.
    pub(crate) async fn key(&self, id: &str) -> Result<Option<KeyRecord>, StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.key(id).await),
        }
    }

    /// Up to `limit` API keys with ids behind `after`; of one owner, or of all.
    pub(crate) async fn keys(
        &self,
        owner: Option<&Owner>,
        limit: u32,
        after: &str,
    ) -> Result<Vec<KeyRecord>, StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.keys(owner, limit, after).await),
        }
    }

    /// Takes an API key away, and tells of it.
    pub(crate) async fn revoke_key(&self, key: &KeyRecord, now: SystemTime) -> Result<(), StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.revoke_key(key, now).await),
        }
    }

    /// Gives an owner what is nobody's: everything, or one album with its images.
    pub(crate) async fn adopt(&self, owner: &Owner, album: Option<&Name>) -> Result<Adopted, StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.adopt(owner, album).await),
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

    /// The id that the bucket of the blobs has; none while they are in the folder.
    pub(crate) async fn bucket_store(&self) -> Result<Option<String>, StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.bucket_store().await),
        }
    }

    /// Remembers which bucket the blobs are in. It never changes.
    pub(crate) async fn set_bucket_store(&self, id: &str) -> Result<(), StorageError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.noted(sqlite.set_bucket_store(id).await),
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
