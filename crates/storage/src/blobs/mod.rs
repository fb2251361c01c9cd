//! Blobs: the bytes of originals, known by their hash.
//!
//! Above this module nobody sees a path, a file or what a file was like when it was looked
//! at: only hashes, bytes and streams. What every kind of store of blobs promises:
//!
//! - A blob that was published survives a crash, whole.
//! - Nobody gets all bytes of a blob that does not match its hash: a folder gives none of
//!   them, and a bucket keeps the last 64 KiB back.
//! - Publishing equal bytes again heals a damaged blob.

mod bucket;
mod folder;
mod reader;
mod staged;
mod staging;

use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use domain::ContentHash;

use crate::{OpenError, StorageError};
use bucket::Bucket;
use folder::Folder;

pub use bucket::BucketSettings;
pub use reader::BlobReader;
pub use staged::{CompleteBlob, Content, StagedBlob};

/// Where blobs are. Cheap to clone; all clones are one store.
#[derive(Clone)]
pub(crate) enum Blobs {
    /// In files of a folder.
    Folder(Folder),
    /// In objects of a bucket.
    Bucket(Bucket),
}

/// Where the blobs of a store are.
#[derive(Debug, Clone, Default)]
pub enum BlobsIn {
    /// In the data folder.
    #[default]
    Folder,
    /// In a bucket.
    Bucket(BucketSettings),
}

/// Sees that a bucket can be used: it can be read and written, and its server honours
/// conditional puts. Returns the id of the store whose bucket it is; none for one of nobody.
///
/// # Errors
///
/// Why it cannot be used.
pub async fn check_bucket(settings: &BucketSettings) -> Result<Option<String>, OpenError> {
    Bucket::probe(settings).await
}

impl Blobs {
    /// Opens the blobs of a data folder, and removes what uploads left behind that never
    /// completed.
    pub(crate) async fn open(data: &Path, place: &BlobsIn) -> Result<Self, OpenError> {
        Ok(match place {
            BlobsIn::Folder => Self::Folder(Folder::open(data).await?),
            BlobsIn::Bucket(settings) => Self::Bucket(Bucket::open(data, settings).await?),
        })
    }

    /// The blobs as they are, for reading only.
    pub(crate) fn existing(data: &Path, place: &BlobsIn) -> Result<Self, OpenError> {
        Ok(match place {
            BlobsIn::Folder => Self::Folder(Folder::existing(data)),
            BlobsIn::Bucket(settings) => Self::Bucket(Bucket::existing(data, settings)?),
        })
    }

    /// Whether there is any blob that a catalogue in the same folder should know of.
    pub(crate) async fn any(&self) -> Result<bool, StorageError> {
        match self {
            Self::Folder(folder) => folder.any().await,
            // A bucket says itself which catalogue it belongs to.
            Self::Bucket(_) => Ok(false),
        }
    }

    /// Begins an upload.
    pub(crate) async fn stage(&self) -> Result<StagedBlob, StorageError> {
        match self {
            Self::Folder(folder) => folder.stage().await,
            Self::Bucket(bucket) => bucket.stage().await,
        }
    }

    /// Does what publishing needs first and no other upload of the same bytes has to wait for.
    pub(crate) async fn prepare(&self, blob: CompleteBlob) -> Result<CompleteBlob, StorageError> {
        match self {
            Self::Folder(_) => blob.sync().await,
            // The staged file has not to survive anything.
            Self::Bucket(_) => Ok(blob),
        }
    }

    /// Puts an upload, which was prepared, under its hash, for good.
    pub(crate) async fn publish(&self, blob: CompleteBlob) -> Result<(), StorageError> {
        match self {
            Self::Folder(folder) => folder.publish(blob).await,
            Self::Bucket(bucket) => bucket.publish(blob).await,
        }
    }

    /// All bytes of a blob of this length, verified.
    pub(crate) async fn read(&self, hash: ContentHash, bytes: u64) -> Result<Bytes, StorageError> {
        match self {
            Self::Folder(folder) => folder.read(hash, bytes).await,
            Self::Bucket(bucket) => bucket.read(hash, bytes).await,
        }
    }

    /// A range of a blob of this length, verified as a whole before the first byte is given.
    pub(crate) async fn stream(
        &self,
        hash: ContentHash,
        bytes: u64,
        range: Range<u64>,
    ) -> Result<BlobReader, StorageError> {
        match self {
            Self::Folder(folder) => folder.stream(hash, bytes, range).await,
            Self::Bucket(bucket) => bucket.stream(hash, bytes, range).await,
        }
    }

    /// What is wrong with a blob that should have this length, if anything is. It is hashed
    /// whatever is remembered of it.
    pub(crate) async fn examine(&self, hash: ContentHash, bytes: u64) -> Option<String> {
        match self {
            Self::Folder(folder) => folder.examine(hash, bytes).await,
            Self::Bucket(bucket) => bucket.examine(hash, bytes).await,
        }
    }

    /// Removes a blob; one that is not there is no error.
    pub(crate) async fn remove(&self, hash: ContentHash) -> Result<(), StorageError> {
        match self {
            Self::Folder(folder) => folder.remove(hash).await,
            Self::Bucket(bucket) => bucket.remove(hash).await,
        }
    }

    /// The blobs whose hashes begin with this byte.
    pub(crate) async fn beginning_with(&self, first: u8) -> Result<Vec<ContentHash>, StorageError> {
        match self {
            Self::Folder(folder) => folder.beginning_with(first).await,
            Self::Bucket(bucket) => bucket.beginning_with(first).await,
        }
    }

    /// Puts a blob aside that no image has, where it can be found for a while.
    pub(crate) async fn put_aside(&self, hash: ContentHash) -> Result<(), StorageError> {
        match self {
            Self::Folder(folder) => folder.put_aside(hash).await,
            Self::Bucket(bucket) => bucket.put_aside(hash).await,
        }
    }

    /// How many blobs are put aside.
    pub(crate) async fn set_aside(&self) -> Result<u64, StorageError> {
        match self {
            Self::Folder(folder) => folder.set_aside().await,
            Self::Bucket(bucket) => bucket.set_aside().await,
        }
    }

    /// Fails if a blob could not be stored durably now.
    pub(crate) async fn check(&self) -> Result<(), StorageError> {
        match self {
            Self::Folder(folder) => folder.check().await,
            Self::Bucket(bucket) => bucket.check().await,
        }
    }

    /// Removes what was put aside longer than `keep` ago. Returns how many there were.
    pub(crate) async fn purge_aside(&self, keep: Duration) -> Result<u32, StorageError> {
        match self {
            Self::Folder(folder) => folder.purge_aside(keep).await,
            Self::Bucket(bucket) => bucket.purge_aside(keep).await,
        }
    }

    /// Where they are, as people say it.
    pub(crate) fn place(&self) -> String {
        match self {
            Self::Folder(_) => "the data folder".to_owned(),
            Self::Bucket(bucket) => bucket.place(),
        }
    }

    /// The id of the store that they are of; none if they have none.
    pub(crate) async fn store_id(&self) -> Result<Option<String>, StorageError> {
        match self {
            Self::Folder(_) => Ok(None),
            Self::Bucket(bucket) => bucket.store_id().await,
        }
    }

    /// Makes them those of a store. False if they are another's by now.
    pub(crate) async fn claim(&self, store: &str) -> Result<bool, StorageError> {
        match self {
            Self::Folder(_) => Ok(true),
            Self::Bucket(bucket) => bucket.claim(store).await,
        }
    }
}
