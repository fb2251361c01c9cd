//! What the right to an image or an album depends on.

use std::sync::Arc;

use domain::{AlbumId, Owner, Visibility};

/// The most readers that an album can be shared with.
pub const MAX_READERS: usize = 64;

/// What the right to an image or an album depends on. It is known wherever the thing is,
/// so that the right can be asked before anything else is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acl {
    /// Whose it is.
    pub owner: Owner,
    /// Who else may see it.
    pub visibility: Visibility,
    /// Of an image, the album it is in, if any; of an album, itself.
    pub album: Option<Arc<AlbumAcl>>,
    /// How often the links to it have been revoked. A link is of one epoch.
    pub link_epoch: u32,
}

/// What the right to an image depends on because of its album.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlbumAcl {
    /// The album.
    pub id: AlbumId,
    /// Who else may see the album.
    pub visibility: Visibility,
    /// With whom it is shared, at most [`MAX_READERS`].
    pub readers: Vec<Owner>,
    /// How often the links to the album have been revoked.
    pub link_epoch: u32,
}

impl Acl {
    /// Of a thing that is `owner`'s, in no album, and that nobody else may see.
    pub fn of(owner: Owner) -> Self {
        Self { owner, visibility: Visibility::Private, album: None, link_epoch: 0 }
    }

    /// Of an album itself.
    pub fn of_album(owner: Owner, album: Arc<AlbumAcl>) -> Self {
        Self { owner, visibility: album.visibility, link_epoch: album.link_epoch, album: Some(album) }
    }

    /// Who else may see it: the narrower of what the image and its album say.
    pub fn effective_visibility(&self) -> Visibility {
        match &self.album {
            Some(album) => self.visibility.min(album.visibility),
            None => self.visibility,
        }
    }
}

impl Default for Acl {
    /// Of a thing that is nobody's, and that nobody may see but the operator. Actions that
    /// are not about one thing are asked of it.
    fn default() -> Self {
        Self::of(Owner::NOBODY)
    }
}
