//! What several routes answer in the same way, for the OpenAPI document.

use api::ErrorBody;
use utoipa::IntoResponses;

/// A derived image is served.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only describes; `serve.rs` makes the answers")]
pub(crate) enum DerivedImage {
    /// The derived image
    #[response(status = 200, content_type = "image/*")]
    Whole(Vec<u8>),
    /// The range asked for
    #[response(status = 206, content_type = "image/*")]
    Part(Vec<u8>),
    /// The client's copy is current
    #[response(status = 304)]
    NotModified,
}

/// Nothing can be derived from the original, or not now.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only describes; `error.rs` makes the answers")]
pub(crate) enum NotDerived {
    /// Not an id, or an option that is unknown, repeated or malformed
    #[response(status = 400)]
    Invalid(ErrorBody),
    /// No such original
    #[response(status = 404)]
    NoOriginal(ErrorBody),
    /// `If-Match` or `If-Unmodified-Since` does not hold
    #[response(status = 412)]
    PreconditionFailed(ErrorBody),
    /// The original is of a type that is stored but not processed
    #[response(status = 415)]
    NotProcessed(ErrorBody),
    /// The range is outside the result
    #[response(status = 416)]
    RangeNotSatisfiable(ErrorBody),
    /// The original is corrupt, it or the result has too many pixels, or the result exceeds `max_bytes`
    #[response(status = 422)]
    Unprocessable(ErrorBody),
    /// The caller asks too often, or had as many pixels made as it may
    #[response(status = 429)]
    TooFast(ErrorBody),
    /// image-cache failed
    #[response(status = 502)]
    UpstreamFailed(ErrorBody),
    /// Too busy, or image-cache is not reachable
    #[response(status = 503)]
    Unavailable(ErrorBody),
    /// image-cache or the processing took too long
    #[response(status = 504)]
    TimedOut(ErrorBody),
}
