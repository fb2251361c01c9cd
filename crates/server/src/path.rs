//! Names in the path of a request.

use actix_web::HttpRequest;
use domain::{InvalidName, Name};
use percent_encoding::percent_decode_str;

/// What is wrong with a name in a path.
#[derive(Debug, thiserror::Error)]
pub enum InvalidPath {
    /// The rules for names say no.
    #[error("the name in the path is not possible: {0}")]
    Name(#[from] InvalidName),
    /// Bytes that are no text.
    #[error("the name in the path is not UTF-8 once its percent-encoding is undone")]
    NotText,
}

/// The album of `/albums/{album}/…`.
///
/// # Errors
///
/// [`InvalidPath`].
pub fn album(request: &HttpRequest) -> Result<Name, InvalidPath> {
    segment(request, 0)
}

/// The album and the name of the image of `/albums/{album}/images/{name}/…`.
///
/// # Errors
///
/// [`InvalidPath`].
pub fn album_and_image(request: &HttpRequest) -> Result<(Name, Name), InvalidPath> {
    Ok((album(request)?, segment(request, 2)?))
}

/// The name in the path that has `before` segments between itself and `albums`.
///
/// It is read from the path as the client sent it: actix decodes what is not UTF-8 to
/// replacement characters, under which another image could be found or made.
fn segment(request: &HttpRequest, before: usize) -> Result<Name, InvalidPath> {
    // The first segment `albums` is the resource: before it there are no names.
    let mut segments = request.uri().path().split('/').map(percent_decode_str);
    segments.find(|segment| segment.clone().eq("albums".bytes()));
    let segment = segments.nth(before).ok_or(InvalidPath::NotText)?;
    let text = segment.decode_utf8().map_err(|_| InvalidPath::NotText)?;
    Ok(Name::parse(&text)?)
}
