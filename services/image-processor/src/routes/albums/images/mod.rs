//! `/albums/{album}/images`

pub(crate) mod description;
pub(crate) mod get;

use access::Caller;
use actix_web::HttpRequest;
use server::path::{InvalidPath, album_and_image};

use crate::known::{FullName, ImageRef};

/// The image that the path names, in an album of the caller's.
fn image_of(request: &HttpRequest, caller: &Caller) -> Result<ImageRef, InvalidPath> {
    let (album, name) = album_and_image(request)?;
    Ok(ImageRef::Named(FullName { owner: caller.owner().clone(), album, name }))
}
