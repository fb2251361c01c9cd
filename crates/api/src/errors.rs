//! Errors as clients see them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What went wrong, as a stable code that a program can act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// The request is not what the route takes.
    InvalidRequest,
    /// The id in the path is not an id.
    InvalidId,
    /// A name breaks the rules for names.
    InvalidName,
    /// An option is unknown, repeated or malformed.
    InvalidOption,
    /// The request shows no credential, or one that is not valid.
    Unauthenticated,
    /// The caller may not do this, or its credential is not good for it.
    Forbidden,
    /// The owner has stored as much as they may.
    QuotaExceeded,
    /// There is no such thing, or no such route.
    NotFound,
    /// The route does not take this method.
    MethodNotAllowed,
    /// Another album, or another image of the album, has the name.
    NameTaken,
    /// The request's body came too slowly.
    RequestTimeout,
    /// `If-Match` or `If-Unmodified-Since` does not hold.
    PreconditionFailed,
    /// The body is larger than the setting allows.
    TooLarge,
    /// The bytes are not an image of a type that is taken or can be processed.
    InvalidFileType,
    /// The range is outside the image.
    RangeNotSatisfiable,
    /// The image is corrupt.
    CorruptImage,
    /// The image, or the result asked for, has too many pixels.
    TooManyPixels,
    /// The result would have more bytes than the request allows.
    TooManyBytes,
    /// The image has no such frame, or cannot be the animation that the request asks for.
    CannotAnimate,
    /// The request was meant for another host.
    MisdirectedRequest,
    /// The caller asks too often; it may ask again after a while.
    TooManyRequests,
    /// Something failed on our side.
    Internal,
    /// image-cache gave no sensible answer.
    UpstreamFailed,
    /// Full, stopping, or image-cache is not reachable; trying again may help.
    Unavailable,
    /// image-cache, or the work itself, took too long.
    Timeout,
    /// The volume is full.
    InsufficientStorage,
}

impl ErrorCode {
    /// The code as written in the body, camelCase.
    pub fn as_str(self) -> &'static str {
        self.row().0
    }

    /// The HTTP status.
    pub fn status(self) -> u16 {
        self.row().1
    }

    /// The one table of codes and statuses.
    fn row(self) -> (&'static str, u16) {
        match self {
            Self::InvalidRequest => ("invalidRequest", 400),
            Self::InvalidId => ("invalidId", 400),
            Self::InvalidName => ("invalidName", 400),
            Self::InvalidOption => ("invalidOption", 400),
            Self::Unauthenticated => ("unauthenticated", 401),
            Self::Forbidden => ("forbidden", 403),
            Self::QuotaExceeded => ("quotaExceeded", 403),
            Self::NotFound => ("notFound", 404),
            Self::MethodNotAllowed => ("methodNotAllowed", 405),
            Self::RequestTimeout => ("requestTimeout", 408),
            Self::NameTaken => ("nameTaken", 409),
            Self::PreconditionFailed => ("preconditionFailed", 412),
            Self::TooLarge => ("tooLarge", 413),
            Self::InvalidFileType => ("invalidFileType", 415),
            Self::RangeNotSatisfiable => ("rangeNotSatisfiable", 416),
            Self::MisdirectedRequest => ("misdirectedRequest", 421),
            Self::CorruptImage => ("corruptImage", 422),
            Self::TooManyPixels => ("tooManyPixels", 422),
            Self::TooManyBytes => ("tooManyBytes", 422),
            Self::CannotAnimate => ("cannotAnimate", 422),
            Self::TooManyRequests => ("tooManyRequests", 429),
            Self::Internal => ("internal", 500),
            Self::UpstreamFailed => ("upstreamFailed", 502),
            Self::Unavailable => ("unavailable", 503),
            Self::Timeout => ("timeout", 504),
            Self::InsufficientStorage => ("insufficientStorage", 507),
        }
    }
}

/// The one body of every error.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorBody {
    /// A stable code that a program can act on.
    #[schema(example = "notFound")]
    pub error: String,
    /// What was wrong with what, for a person.
    #[schema(example = "no image has the id 01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12")]
    pub message: String,
    /// The HTTP status again.
    #[schema(example = 404)]
    pub status_code: u16,
    /// The id that the log lines of this request carry.
    pub request_id: String,
    /// More about the error, by code: for `invalidOption` the option and what it accepts.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub detail: serde_json::Map<String, serde_json::Value>,
}
