//! Blobs: the bytes of originals, known by their hash.
//!
//! Above this module nobody sees a path, a file or what a file was like when it was looked
//! at: only hashes, bytes and streams. What every kind of store of blobs promises:
//!
//! - A blob that was published survives a crash, whole.
//! - No byte of a blob is given before all of it has matched its hash.
//! - Publishing equal bytes again heals a damaged blob.

mod folder;
mod reader;
mod staged;

use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use domain::ContentHash;

use crate::{OpenError, StorageError};
use folder::Folder;

pub use reader::BlobReader;
pub use staged::{CompleteBlob, Content, StagedBlob};

/// Where blobs are. Cheap to clone; all clones are one store.
#[derive(Clone)]
pub(crate) enum Blobs {
    /// In files of a folder.
    Folder(Folder),
}

impl Blobs {
    /// Opens the blobs in a data folder, and removes what uploads left behind that never
    /// completed.
    pub(crate) async fn open(data: &Path) -> Result<Self, OpenError> {
        Ok(Self::Folder(Folder::open(data).await?))
    }

    /// The blobs in a data folder as they are, for reading only.
    pub(crate) fn existing(data: &Path) -> Self {
        Self::Folder(Folder::existing(data))
    }

    /// Whether there is any blob.
    pub(crate) async fn any(&self) -> Result<bool, StorageError> {
        match self {
            Self::Folder(folder) => folder.any().await,
        }
    }

    /// Begins an upload.
    pub(crate) async fn stage(&self) -> Result<StagedBlob, StorageError> {
        match self {
            Self::Folder(folder) => folder.stage().await,
        }
    }

    /// Puts an upload, whose bytes are on disk already, under its hash, for good.
    pub(crate) async fn publish(&self, blob: CompleteBlob) -> Result<(), StorageError> {
        match self {
            Self::Folder(folder) => folder.publish(blob).await,
        }
    }

    /// All bytes of a blob of this length, verified.
    pub(crate) async fn read(&self, hash: ContentHash, bytes: u64) -> Result<Bytes, StorageError> {
        match self {
            Self::Folder(folder) => folder.read(hash, bytes).await,
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
        }
    }

    /// What is wrong with a blob that should have this length, if anything is. It is hashed
    /// whatever is remembered of it.
    pub(crate) async fn examine(&self, hash: ContentHash, bytes: u64) -> Option<String> {
        match self {
            Self::Folder(folder) => folder.examine(hash, bytes).await,
        }
    }

    /// Removes a blob; one that is not there is no error.
    pub(crate) async fn remove(&self, hash: ContentHash) -> Result<(), StorageError> {
        match self {
            Self::Folder(folder) => folder.remove(hash).await,
        }
    }

    /// The blobs whose hashes begin with this byte.
    pub(crate) async fn beginning_with(&self, first: u8) -> Result<Vec<ContentHash>, StorageError> {
        match self {
            Self::Folder(folder) => folder.beginning_with(first).await,
        }
    }

    /// Puts a blob aside that no image has, where it can be found for a while.
    pub(crate) async fn put_aside(&self, hash: ContentHash) -> Result<(), StorageError> {
        match self {
            Self::Folder(folder) => folder.put_aside(hash).await,
        }
    }

    /// How many blobs are put aside.
    pub(crate) async fn set_aside(&self) -> Result<u64, StorageError> {
        match self {
            Self::Folder(folder) => folder.set_aside().await,
        }
    }

    /// Fails if a blob could not be stored durably now.
    pub(crate) async fn check(&self) -> Result<(), StorageError> {
        match self {
            Self::Folder(folder) => folder.check().await,
        }
    }

    /// Removes what was put aside longer than `keep` ago. Returns how many there were.
    pub(crate) async fn purge_aside(&self, keep: Duration) -> Result<u32, StorageError> {
        match self {
            Self::Folder(folder) => folder.purge_aside(keep).await,
        }
    }
}
