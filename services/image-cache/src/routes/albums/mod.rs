//! `/albums`

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod images;
pub(crate) mod links;
pub(crate) mod list;
pub(crate) mod update;

use access::{Action, Caller};
use actix_web::HttpRequest;
use domain::Owner;
use server::conditional::Precondition;
use server::path::{album as name_of, album_and_image as names_of};
use server::query::{OWNER, OwnerAsked};
use storage::{AlbumRef, ImageRef};

use crate::error::Error;
use crate::state::AppState;

/// The album that the caller means by the name in the path.
fn album_of(request: &HttpRequest, caller: &Caller, asked: OwnerAsked) -> Result<AlbumRef, Error> {
    Ok(AlbumRef { owner: one_owner(asked, caller)?, name: name_of(request)? })
}

/// The image that the caller means by the names in the path.
fn image_of(request: &HttpRequest, caller: &Caller, asked: OwnerAsked) -> Result<ImageRef, Error> {
    let (album, name) = names_of(request)?;
    Ok(ImageRef::Named { album: AlbumRef { owner: one_owner(asked, caller)?, name: album }, name })
}

/// A name is one of one owner's.
fn one_owner(asked: OwnerAsked, caller: &Caller) -> Result<Owner, Error> {
    asked
        .one(caller)
        .ok_or_else(|| Error::Parameter { name: OWNER.to_owned(), accepts: "the name of one owner" })
}

/// Fails if the request asks for a certain state of the album, which has no entity tag. Who
/// may not do this to the album is not even told so much.
async fn expect_unconditional(
    state: &AppState,
    request: &HttpRequest,
    caller: &Caller,
    action: Action,
    album: &AlbumRef,
) -> Result<(), Error> {
    if Precondition::of(request.headers()).holds_without_tag() {
        return Ok(());
    }
    if *caller != Caller::Operator {
        state.library.expect_album(caller, action, album).await?;
    }
    Err(Error::AlbumPreconditionFailed)
}
