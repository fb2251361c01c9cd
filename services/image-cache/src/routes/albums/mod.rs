//! `/albums`

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod images;
pub(crate) mod list;
pub(crate) mod rename;

use access::Caller;
use actix_web::HttpRequest;
use server::path::{InvalidPath, album as album_of, album_and_image as names_of};
use storage::ImageRef;

use crate::state::AppState;

/// The image that the caller means by the names in the path.
fn image_of(state: &AppState, request: &HttpRequest, caller: &Caller) -> Result<ImageRef, InvalidPath> {
    let (album, name) = names_of(request)?;
    Ok(ImageRef::Named { album: state.library.album(caller, album), name })
}
