//! `/albums`

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod images;
pub(crate) mod list;
pub(crate) mod rename;

use access::Caller;
use actix_web::HttpRequest;
use domain::Name;
use percent_encoding::percent_decode_str;
use storage::ImageRef;

use crate::error::Error;
use crate::state::AppState;

/// The album that the path names.
fn album_of(request: &HttpRequest) -> Result<Name, Error> {
    segment_of(request, 0)
}

/// The album and the name of the image that the path names.
fn names_of(request: &HttpRequest) -> Result<(Name, Name), Error> {
    Ok((album_of(request)?, segment_of(request, 2)?))
}

/// The image that the caller means by the names in the path.
fn image_of(state: &AppState, request: &HttpRequest, caller: &Caller) -> Result<ImageRef, Error> {
    let (album, name) = names_of(request)?;
    Ok(ImageRef::Named { album: state.library.album(caller, album), name })
}

/// The name in the path that has `before` segments between itself and `albums`.
///
/// It is read from the path as the client sent it: actix decodes what is not UTF-8 to
/// replacement characters, under which another image could be found or made.
fn segment_of(request: &HttpRequest, before: usize) -> Result<Name, Error> {
    // The first segment `albums` is the resource: before it there are no names.
    let mut segments = request.uri().path().split('/').map(percent_decode_str);
    segments.find(|segment| segment.clone().eq("albums".bytes()));
    let segment = segments.nth(before).ok_or(Error::NameNotText)?;
    let text = segment.decode_utf8().map_err(|_| Error::NameNotText)?;
    Ok(Name::parse(&text)?)
}
