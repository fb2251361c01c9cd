//! What the catalogue knows, in the words that every kind of catalogue shares.

use std::sync::Arc;
use std::time::SystemTime;

use access::{Acl, AlbumAcl, Digest, KeyId, Scopes};
use domain::plan::Source;
use domain::{AlbumId, Change, ContentHash, Event, ImageId, Name, Owner, Place, Visibility};

use crate::StorageError;

/// An album: names of albums are unique among those of one owner.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AlbumRef {
    /// Whose it is.
    pub owner: Owner,
    /// Its name.
    pub name: Name,
}

/// Which image is meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ImageRef {
    /// The one with this id.
    Id(ImageId),
    /// The one with this name in this album.
    Named {
        /// The album.
        album: AlbumRef,
        /// The image's name in it.
        name: Name,
    },
}

/// What the catalogue knows of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRecord {
    /// The id.
    pub id: ImageId,
    /// Whose it is; its album, if it is in one, is the same owner's.
    pub owner: Owner,
    /// The client's name of the file.
    pub file_name: Name,
    /// Type, size and orientation, read from the bytes.
    pub source: Source,
    /// The length in bytes.
    pub bytes: u64,
    /// The SHA-256, which names the blob.
    pub hash: ContentHash,
    /// When the upload was complete.
    pub created: SystemTime,
    /// The album it is in, if it is in one.
    pub album: Option<Name>,
    /// Since when it has its present name and album, and the album its name.
    pub placed: SystemTime,
    /// Who else may see it, as far as its album lets them.
    pub visibility: Visibility,
    /// How often the signed links to it have been revoked.
    pub link_epoch: u32,
    /// What the right to it depends on because of its album, if it is in one.
    pub album_acl: Option<Arc<AlbumAcl>>,
}

impl ImageRecord {
    /// The name: in an album the file name, which is unique there, else
    /// `<stem>-<id>.<extension>`.
    pub fn name(&self) -> String {
        match &self.album {
            Some(_) => self.file_name.as_str().to_owned(),
            None => format!("{}-{}.{}", self.file_name.stem(), self.id, self.source.media_type.extension()),
        }
    }

    /// Where it is and what it is called there.
    pub fn place(&self) -> Place {
        Place { album: self.album.clone(), name: self.name() }
    }

    /// What the right to it depends on.
    pub fn acl(&self) -> Acl {
        Acl {
            owner: self.owner.clone(),
            visibility: self.visibility,
            album: self.album_acl.clone(),
            link_epoch: self.link_epoch,
        }
    }

    /// The album it is in, if it is in one.
    pub(crate) fn album_ref(&self) -> Option<AlbumRef> {
        Some(AlbumRef { owner: self.owner.clone(), name: self.album.clone()? })
    }
}

/// What must be true of an image for it to be changed; if it is not, the error is what the
/// operation answers. It is asked in the transaction of the change.
pub type Condition = Arc<dyn Fn(&ImageRecord) -> Result<(), StorageError> + Send + Sync>;

/// What is to become of an image. What is none stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageUpdate {
    /// Its new name.
    pub name: Option<Name>,
    /// Its new album, among those of its owner, or none for no album.
    pub album: Option<Option<Name>>,
    /// Who else may see it.
    pub visibility: Option<Visibility>,
    /// Whether the links to it are to open nothing any more.
    pub revoke_links: bool,
}

/// What is to become of an album. What is none stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlbumUpdate {
    /// Its new name.
    pub name: Option<Name>,
    /// Who else may see it.
    pub visibility: Option<Visibility>,
    /// With whom it is shared, at most [`access::MAX_READERS`].
    pub readers: Option<Vec<Owner>>,
    /// Whether the links to it are to open nothing any more.
    pub revoke_links: bool,
}

/// Whose things are listed, and which of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listed {
    /// Everyone's.
    All,
    /// All of one owner's.
    Of(Owner),
    /// Of one owner's those that everyone may see.
    PublicOf(Owner),
    /// What is in this album, and the album.
    In(AlbumId),
}

/// An API key, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// Its id, which is no secret.
    pub id: KeyId,
    /// The SHA-256 of the whole key.
    pub digest: Digest,
    /// Whose it is.
    pub owner: Owner,
    /// What it is good for.
    pub scopes: Scopes,
    /// The only album that it is good for, if it is for one.
    pub album: Option<AlbumId>,
    /// When it was made.
    pub created: SystemTime,
    /// Until when it is good, if not for ever.
    pub expires: Option<SystemTime>,
}

/// What was given to an owner that was nobody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Adopted {
    /// How many images.
    pub images: u64,
    /// How many albums.
    pub albums: u64,
}

/// A link that is good for one upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnceOnly {
    /// What no other such link has.
    pub id: String,
    /// Until when it would be good.
    pub expires: SystemTime,
}

/// The most that one owner may store. Nobody's things are not limited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quota {
    /// Bytes of originals; none for as many as there is room for.
    pub bytes: Option<u64>,
    /// Images.
    pub images: Option<u64>,
}

/// What an operation has done: the changes, in the order in which they are told, and what
/// it has to give besides.
///
/// An operation that had nothing to do, because all was as it should be, gives the change
/// with the same place twice; nobody else is told of it.
#[derive(Debug)]
pub struct Changed<T = ()> {
    /// Whose things have changed.
    pub owner: Owner,
    /// The changes.
    pub changes: Vec<Change>,
    /// The image as it is now, where the operation leaves one.
    pub value: T,
}

/// A page of images, newest first.
#[derive(Debug)]
pub struct Page {
    /// The images.
    pub images: Vec<ImageRecord>,
    /// The rows that make no sense, and why.
    pub damaged: Vec<String>,
    /// The last id looked at, if there are more.
    pub next: Option<ImageId>,
}

/// A page of names, in the order of their bytes.
#[derive(Debug, PartialEq, Eq)]
pub struct NamePage {
    /// The names.
    pub names: Vec<Name>,
    /// Whether there are more behind the last.
    pub more: bool,
}

/// An event and its position in the outbox.
#[derive(Debug)]
pub struct Recorded {
    /// Counts up from 1; see [`Outbox`](crate::Outbox) for what the order promises.
    pub position: i64,
    /// The event; none if its row is damaged.
    pub event: Option<Event>,
}

/// What has not been published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    /// How many events, about: damaged rows and gaps count too.
    pub events: u64,
    /// When the oldest of them happened.
    pub oldest: Option<SystemTime>,
}

/// What a deletion has taken out of the catalogue.
pub(crate) struct Deleted {
    /// Whose things they were.
    pub(crate) owner: Owner,
    /// The changes, in the order in which they are told.
    pub(crate) changes: Vec<Change>,
    /// The blobs that have lost an image.
    pub(crate) blobs: Vec<ContentHash>,
}
