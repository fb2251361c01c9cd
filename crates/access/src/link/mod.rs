//! Signed links: a right that stands in the URL, for whoever has no credential and for
//! `<img>`, which cannot send one.
//!
//! A link is the one query parameter `sig`. [`Keyring::sign`](crate::Keyring::sign) makes
//! its value and [`Keyring::verify`](crate::Keyring::verify) reads it; `signature.rs` says
//! what is signed, and `docs/access/vectors.json` holds examples for other languages.

mod signature;

use std::fmt;

use domain::{AlbumId, ImageId};

pub use signature::{Asked, Grant, InvalidLink, Lifetime};

use crate::{Acl, Action};

/// A link whose signature was verified and whose time is not over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What it opens.
    pub scope: LinkScope,
    /// To what.
    pub subject: Subject,
    /// The name of the key that signed it.
    pub kid: String,
    /// The epoch of its subject that it was made in.
    pub epoch: u32,
    /// When its time is over, in seconds since 1970.
    pub expires: u64,
}

/// What a link opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkScope {
    /// `u`: exactly one URL.
    Url,
    /// `i`: whatever is derived from one image, but not the original.
    Derived,
    /// `o`: one image and whatever is derived from it.
    Image,
    /// `a`: everything in an album, and its list.
    Album,
    /// `w`: uploading one image into an album.
    Upload,
}

/// To what a link is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// An image.
    Image(ImageId),
    /// An album.
    Album(AlbumId),
    /// The upload of one image into an album.
    Upload {
        /// The album.
        album: AlbumId,
        /// The most bytes that the image may have.
        max_bytes: u64,
        /// A random number by which it is seen that the link has been used.
        nonce: u64,
    },
}

impl LinkScope {
    /// The letter at the beginning of a signature.
    pub fn letter(self) -> char {
        match self {
            Self::Url => 'u',
            Self::Derived => 'i',
            Self::Image => 'o',
            Self::Album => 'a',
            Self::Upload => 'w',
        }
    }

    fn of(letter: char) -> Option<Self> {
        [Self::Url, Self::Derived, Self::Image, Self::Album, Self::Upload]
            .into_iter()
            .find(|scope| scope.letter() == letter)
    }
}

impl fmt::Display for LinkScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.letter())
    }
}

impl Link {
    /// Whether the link opens this, if it has not been revoked.
    pub(crate) fn opens(&self, action: Action, acl: &Acl) -> bool {
        let covers = match self.scope {
            LinkScope::Url => {
                matches!(action, Action::ReadOriginal | Action::ReadDerived | Action::ReadInfo)
            }
            LinkScope::Derived => action == Action::ReadDerived,
            LinkScope::Image => matches!(action, Action::ReadOriginal | Action::ReadDerived),
            LinkScope::Album => {
                matches!(action, Action::ReadOriginal | Action::ReadDerived | Action::ReadInfo | Action::List)
            }
            LinkScope::Upload => action == Action::Add,
        };
        let is_current = match &self.subject {
            // That the image is the one of the request was verified with the signature.
            Subject::Image(_) => self.epoch == acl.link_epoch,
            Subject::Album(id) | Subject::Upload { album: id, .. } => {
                acl.album.as_ref().is_some_and(|album| album.id == *id && album.link_epoch == self.epoch)
            }
        };
        covers && is_current
    }
}
