//! What can go wrong, as outcomes that a caller can act on.

use std::io;
use std::path::{Path, PathBuf};

use access::Refusal;
use domain::{ContentHash, Name, Owner};

use crate::ImageRef;
use crate::catalogue::{Quota, primary_code};

/// Why storing or reading failed. Any operation may fail because the volume or the
/// catalogue does; what is missing or taken is said by the operations that name it.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The volume or the quota is full. Nothing was stored; reading still works.
    #[error("the volume is full, so nothing was stored")]
    Full,
    /// The bytes on the volume are not those that were stored.
    #[error("blob {hash} is damaged: {reason}")]
    DamagedBlob {
        /// The blob.
        hash: ContentHash,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// There is no such album.
    #[error("there is no album `{0}`")]
    NoAlbum(Name),
    /// There is no such image.
    #[error("{}", no_image(.0))]
    NoImage(ImageRef),
    /// There is an album of that name already.
    #[error("there is an album `{0}` already")]
    AlbumTaken(Name),
    /// There is an image of that name in the album already.
    #[error("{} an image `{name}` already", has(album.as_ref()))]
    NameTaken {
        /// The album.
        album: Option<Name>,
        /// The name.
        name: Name,
    },
    /// The owner has stored as much as they may. Nothing was stored.
    #[error("the owner has stored as much as they may: {}", most(*.0))]
    OverQuota(Quota),
    /// The link was good for one upload, which it was used for. Nothing was stored.
    #[error("the link was for one upload and has been used")]
    LinkUsed,
    /// The owner has an album that is called like one that they would get.
    #[error(
        "the owner `{0}` has an album of the same name as one that is nobody's; rename one of them first"
    )]
    AdoptedTwice(Owner),
    /// The condition of a change refused its caller. Nothing was changed.
    #[error("the caller may not do this to the image")]
    Refused(Refusal),
    /// The image is not the one that the caller wants to change. Nothing was changed.
    #[error("the image is not the one that the condition asks for")]
    NotAsExpected,
    /// A row of the catalogue makes no sense.
    #[error("the catalogue's row of image {image} is damaged: {reason}")]
    DamagedRow {
        /// The image, by id or by name.
        image: String,
        /// What is wrong with the row.
        reason: String,
    },
    /// The file system failed.
    #[error("{action} {}", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// To what.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The catalogue failed.
    #[error("{action} in the catalogue")]
    Catalogue {
        /// What was being done.
        action: &'static str,
        /// Why it failed.
        source: sqlx::Error,
    },
    /// The bucket of the blobs does not answer as it should. Nothing was stored.
    #[error("{action} the bucket")]
    Bucket {
        /// What was being done.
        action: &'static str,
        /// Why it failed.
        source: object_store::Error,
    },
    /// The catalogue is damaged; what can be read is served.
    #[error("the catalogue is damaged: {reason}")]
    DamagedCatalogue {
        /// What was found.
        reason: String,
    },
    /// The volume cannot be written. Nothing was stored; reading works.
    #[error("the volume is read-only, so nothing was stored")]
    ReadOnly,
    /// Another process holds the catalogue. Nothing was stored.
    #[error("another process holds the catalogue; try again")]
    Locked,
    /// Too many changes wait for their turn. Nothing was stored.
    #[error("the catalogue is busy; try again")]
    Busy,
    /// A background task did not come back, because the process stops or the task panicked.
    #[error("{action} was cut short")]
    CutShort {
        /// What was being done.
        action: &'static str,
    },
}

fn no_image(which: &ImageRef) -> String {
    match which {
        ImageRef::Id(id) => format!("no image has the id {id}"),
        ImageRef::Named { album, name } => format!("the album `{}` has no image `{name}`", album.name),
    }
}

fn most(quota: Quota) -> String {
    let bytes = quota.bytes.map(|bytes| format!("{bytes} bytes"));
    let images = quota.images.map(|images| format!("{images} images"));
    bytes.into_iter().chain(images).collect::<Vec<_>>().join(" and ")
}

fn has(album: Option<&Name>) -> String {
    album.map_or_else(|| "there is".to_owned(), |album| format!("the album `{album}` has"))
}

impl StorageError {
    /// Folds an I/O error, setting apart the one that a caller can act on.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
        move |source| {
            if source.kind() == ReadOnlyFilesystem {
                return Self::ReadOnly;
            }
            let full = [StorageFull, QuotaExceeded, FileTooLarge].contains(&source.kind());
            if full { Self::Full } else { Self::Io { action, path: path.to_owned(), source } }
        }
    }

    /// Folds a database error, setting apart the one that a caller can act on.
    pub(crate) fn catalogue(action: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| {
            if matches!(source, sqlx::Error::PoolTimedOut) {
                return Self::Busy;
            }
            match primary_code(&source) {
                // SQLITE_BUSY and SQLITE_LOCKED.
                Some(5 | 6) => Self::Locked,
                // SQLITE_READONLY.
                Some(8) => Self::ReadOnly,
                // SQLITE_FULL.
                Some(13) => Self::Full,
                Some(_) | None => Self::Catalogue { action, source },
            }
        }
    }
}

/// Why a data folder cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("another process uses {}", path.display())]
    InUse {
        /// The data folder.
        path: PathBuf,
    },
    /// Blobs without a catalogue. Going on would sweep them all.
    #[error(
        "{} holds blobs but no catalogue.db, or an empty one; restore the catalogue from a backup, or move the folder `blobs` away",
        path.display()
    )]
    CatalogueMissing {
        /// The data folder.
        path: PathBuf,
    },
    /// The file system failed.
    #[error("{action} {}", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// To what.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The catalogue cannot be opened.
    #[error("open the catalogue {}", path.display())]
    Catalogue {
        /// The database file.
        path: PathBuf,
        /// Why.
        source: sqlx::Error,
    },
    /// The bucket is not one that this store can use.
    #[error("the bucket {bucket} cannot be used: {reason}")]
    Bucket {
        /// The bucket.
        bucket: String,
        /// Why not.
        reason: String,
    },
    /// The originals are in a bucket, and the folder was asked for.
    #[error("the originals of this catalogue are in a bucket; say which with --blobs")]
    NotTheFolder,
    /// What was found in the folder cannot be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The catalogue is of an older version, and is only to be read.
    #[error("the catalogue {} is of an older version; start image-cache once to bring it to this one", path.display())]
    OlderVersion {
        /// The database file.
        path: PathBuf,
    },
    /// The catalogue is of another version, or cannot be brought to this one.
    #[error("bring the catalogue {} to this version", path.display())]
    Migration {
        /// The database file.
        path: PathBuf,
        /// Why.
        source: sqlx::migrate::MigrateError,
    },
}

impl OpenError {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }
}
