//! What several routes answer in the same way when they refuse, for the OpenAPI document.

use api::ErrorBody;
use utoipa::IntoResponses;

/// An upload is refused.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only describes; `error.rs` makes the answers")]
pub(crate) enum UploadRefused {
    /// No such album
    #[response(status = 404)]
    NoAlbum(ErrorBody),
    /// The upload stalled
    #[response(status = 408)]
    Stalled(ErrorBody),
    /// The album has an image of that name
    #[response(status = 409)]
    NameTaken(ErrorBody),
    /// Too many bytes
    #[response(status = 413)]
    TooLarge(ErrorBody),
    /// Not an image of a type that is taken
    #[response(status = 415)]
    NotAnImage(ErrorBody),
    /// A corrupt image, or too many pixels
    #[response(status = 422)]
    Corrupt(ErrorBody),
    /// Too many uploads at once
    #[response(status = 503)]
    TooMany(ErrorBody),
    /// The volume is full
    #[response(status = 507)]
    Full(ErrorBody),
}

/// A body of JSON is refused.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only describes; `error.rs` makes the answers")]
pub(crate) enum BodyRefused {
    /// The body came too slowly
    #[response(status = 408)]
    TooSlow(ErrorBody),
    /// The body is too large
    #[response(status = 413)]
    TooLarge(ErrorBody),
}

/// A change is refused.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only describes; `error.rs` makes the answers")]
pub(crate) enum ChangeRefused {
    /// Too many changes at once
    #[response(status = 503)]
    TooMany(ErrorBody),
    /// The volume is full
    #[response(status = 507)]
    Full(ErrorBody),
}
