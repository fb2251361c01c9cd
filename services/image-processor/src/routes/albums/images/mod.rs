//! `/albums/{album}/images`

pub(crate) mod description;
pub(crate) mod get;

use access::Caller;
use actix_web::HttpRequest;
use server::path::album_and_image;
use server::query::{OWNER, OwnerAsked};

use crate::error::Error;
use crate::known::{FullName, ImageRef};

/// The image that the path names, in an album of the caller's or of the owner that is named.
fn image_of(request: &HttpRequest, caller: &Caller) -> Result<ImageRef, Error> {
    let (album, name) = album_and_image(request)?;
    let several = || Error::Parameter { name: OWNER.to_owned(), accepts: "the name of one owner" };
    let owner = OwnerAsked::of(request)?.one(caller).ok_or_else(several)?;
    Ok(ImageRef::Named(FullName { owner, album, name }))
}
