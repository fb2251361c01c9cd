//! Originals on a volume or in a bucket: blobs, the catalogue that names them, and the outbox of changes.
//! Durable or not at all.
//!
//! An upload is staged in a file beside its final place, hashed as it arrives. Committing
//! it is: fsync the file, rename it to its hash, fsync the folder, then one transaction
//! with the image's row and its event. So a row never names bytes that are not on disk,
//! and whatever a crash leaves behind is a file that no row names, which the next start
//! sweeps.
//!
//! The layout of the folder:
//!
//! ```text
//! lock           held by the one process that may write here
//! catalogue.db   SQLite: albums, images, outbox, API keys
//! orphans/       blobs that no row names, kept for a week
//! reserve        room that is given up when deleting needs it on a full volume
//! staging/       uploads that are not complete
//! blobs/ab/abcd… originals by their SHA-256
//! ```
//!
//! With [`BlobsIn::Bucket`] the blobs are objects of a bucket, and the folder holds the
//! lock, the catalogue and what is staged.

#![expect(clippy::disallowed_methods, reason = "this crate is one of the two homes of the file system")]

mod albums;
mod belonging;
mod blobs;
mod catalogue;
mod error;
mod images;
mod keys;
mod lock;
mod outbox;
mod store;
mod sweep;
mod verify;

pub use blobs::{BlobReader, BlobsIn, BucketSettings, CompleteBlob, Content, StagedBlob, check_bucket};
pub use catalogue::{
    Adopted, AlbumRef, AlbumUpdate, Backlog, Changed, Condition, ImageRecord, ImageRef, ImageUpdate,
    KeyRecord, Listed, NamePage, OnceOnly, Page, Quota, Recorded,
};
pub use error::{OpenError, StorageError};
pub use images::NewImage;
pub use outbox::Outbox;
pub use store::{Storage, StorageSettings};
pub use verify::{Damage, Verification, VerifyError, verify};
