//! Who may do what to originals and albums: the decisions of the crate `access`, and what a
//! caller is told of them.

use std::sync::Arc;

use access::{Acl, Action, Caller, Refusal, Verdict, may, permit};
use domain::{ImageId, Visibility};
use server::query::OwnerAsked;
use storage::{AlbumRef, Condition, ImageRef, Listed, StorageError};

use crate::error::Error;
use crate::library::Library;

/// An id that no image has: its version is none that ids have.
const NO_IMAGE: &str = "00000000-0000-0000-0000-000000000000";

impl Library {
    /// What a caller is told who may not do what they want to an image. One that is hidden
    /// from them is told of as a missing one, and after as much work.
    pub(crate) async fn refused(
        &self,
        caller: &Caller,
        refusal: Refusal,
        is_there: bool,
        which: &ImageRef,
    ) -> Error {
        if is_there {
            let missing = match which {
                ImageRef::Id(_) => NO_IMAGE.parse::<ImageId>().map(ImageRef::Id).ok(),
                ImageRef::Named { .. } => Some(which.clone()),
            };
            if let Some(missing) = missing {
                let _ = self.storage.image(&missing).await;
            }
        }
        if refusal != Refusal::Missing {
            return Error::Refused(refusal);
        }
        let ImageRef::Named { album, .. } = which else {
            return StorageError::NoImage(which.clone()).into();
        };
        // Of an album that the caller may not know, nothing is said.
        match self.storage.album(album).await {
            Ok(Some(acl)) if may(caller, Action::List, &acl) != Verdict::Hidden => {
                StorageError::NoImage(which.clone()).into()
            }
            Ok(_) => StorageError::NoAlbum(album.name.clone()).into(),
            Err(error) => error.into(),
        }
    }
}

/// What a caller is told who may not do what they want to an album.
pub(crate) fn refused_album(refusal: Refusal, album: &AlbumRef) -> Error {
    match refusal {
        Refusal::Missing => StorageError::NoAlbum(album.name.clone()).into(),
        Refusal::Unauthenticated | Refusal::Forbidden => Error::Refused(refusal),
    }
}

/// Which of the things that are asked for a caller may see in a list.
pub(crate) fn listed(caller: &Caller, asked: OwnerAsked) -> Result<Listed, Error> {
    let own = caller.owner();
    let sees_all =
        matches!(caller, Caller::Service) || may(caller, Action::Administer, &Acl::default()) == Verdict::Yes;
    if sees_all {
        return Ok(asked.one(caller).map_or(Listed::All, Listed::Of));
    }
    match asked {
        OwnerAsked::Of(owner) if owner != *own || owner.is_nobody() => Ok(Listed::PublicOf(owner)),
        OwnerAsked::Own | OwnerAsked::Of(_) => {
            permit(caller, Action::Browse, Some(&Acl::default()))?;
            match caller {
                Caller::Key { album: Some(album), .. } => Ok(Listed::In(*album)),
                Caller::Operator
                | Caller::Anonymous
                | Caller::User(_)
                | Caller::Key { .. }
                | Caller::Link(_)
                | Caller::Service => Ok(Listed::Of(own.clone())),
            }
        }
        OwnerAsked::All => {
            permit(caller, Action::Administer, Some(&Acl::default()))?;
            Ok(Listed::All)
        }
    }
}

/// Whether a caller may see all that is in an album, and not only what everyone may.
pub(crate) fn is_listed_whole(caller: &Caller, album: &Acl) -> bool {
    let closed = Acl { visibility: Visibility::Private, ..album.clone() };
    may(caller, Action::List, &closed) == Verdict::Yes
}

/// The condition, and before it the right: both are asked of the image as it is in the
/// transaction that changes it.
pub(crate) fn permitted(caller: &Caller, action: Action, which: &ImageRef, only_if: Condition) -> Condition {
    let (caller, which) = (caller.clone(), which.clone());
    Arc::new(move |image| match permit(&caller, action, Some(&image.acl())) {
        Ok(()) => only_if(image),
        Err(Refusal::Missing) => Err(StorageError::NoImage(which.clone())),
        Err(refusal) => Err(StorageError::Refused(refusal)),
    })
}
