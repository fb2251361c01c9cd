//! The one table from what went wrong to what the client is told.

use access::Refusal;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use api::ErrorCode;
use domain::plan::InvalidOption;
use domain::{InvalidId, InvalidName, InvalidVisibility, MediaType};
use serde_json::{Map, json};
use server::error::NotAllowed;
use server::path::InvalidPath;
use server::query::InvalidQuery;
use storage::StorageError;

/// What can go wrong in a request.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Id(#[from] InvalidId),
    #[error(transparent)]
    Path(#[from] InvalidPath),
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error("the parameter `{name}` is not possible here; accepted: {accepts}")]
    Parameter { name: String, accepts: &'static str },
    #[error("the image is not the one that the condition of the request asks for")]
    PreconditionFailed,
    #[error("the album is not the one that the condition of the request asks for")]
    AlbumPreconditionFailed,
    #[error("the range is outside the image, which has {length} bytes")]
    Range { length: u64 },
    #[error("the header Last-Event-ID is `{given}`; it takes the id of an event")]
    EventId { given: String },
    #[error("the server takes no more listeners at the moment")]
    TooManyListeners,
    #[error(transparent)]
    Upload(#[from] UploadError),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error("{}", NotAllowed(*.0))]
    Refused(Refusal),
    #[error(transparent)]
    Link(#[from] LinkError),
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Why a link is not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    #[error("this server signs no links; it has no --link-keys-file")]
    NoKeys,
    #[error(
        "`expiresIn` is `{given}`; it takes a time such as 1h, 30m or 7days, and links last {most} at most"
    )]
    Lifetime { given: String, most: humantime::FormattedDuration },
    #[error("`scope` is `{given}`; it takes url, image or original")]
    Scope { given: String },
    #[error("`options` makes no URL: {0}")]
    Options(InvalidOption),
    #[error("`maxBytes` is for uploads, from 1 to {max_bytes}")]
    MaxBytes { max_bytes: u64 },
}

/// Why an API key is not made, or not found.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    #[error("this server is open to everyone, and so has no API keys")]
    Open,
    #[error("`scopes` must name at least one of read, write, delete, share, metrics and admin: {0}")]
    Scopes(String),
    #[error("the key would be good for more than the credential that makes it")]
    TooMuch,
    #[error("`expiresIn` is `{given}`; it takes a time such as 30days")]
    Lifetime { given: String },
    #[error("no random numbers for a key: {0}")]
    Random(String),
    #[error("there is no API key `{id}`")]
    Missing { id: String },
}

/// Why a JSON body is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("the body is not the JSON that is wanted here: {0}")]
    Json(String),
    #[error("the name in the body is not possible: {0}")]
    Name(InvalidName),
    #[error("the body names nothing to change; it takes {0}")]
    NothingToChange(&'static str),
    #[error(transparent)]
    Visibility(InvalidVisibility),
    #[error("`readers` are not possible: {0}")]
    Readers(String),
    #[error("the body is larger than {max_bytes} bytes, which is the most that is taken here")]
    TooLarge { max_bytes: usize },
    #[error("the body ended before it was complete")]
    Truncated,
    #[error("the body took longer than {0:?}")]
    TooSlow(std::time::Duration),
}

/// Why an upload is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UploadError {
    #[error("the body must be multipart/form-data with a boundary, not {given}")]
    NotMultipart { given: String },
    #[error("the multipart body is malformed: {0}")]
    Malformed(String),
    #[error("the body cannot be read: {0}")]
    Unreadable(String),
    #[error("the body ended before the upload was complete")]
    Truncated,
    #[error("the upload has no file: no part named `file`, and none with the name of a file")]
    NoFile,
    #[error("the upload has more than one part that is a file; one image is taken at a time")]
    SecondFile,
    #[error(
        "the upload has too much beside the file; parts that mean nothing here may be 64, and 64 KiB together"
    )]
    OtherParts,
    #[error("the upload has more than one part named `album`; an image is in one album at most")]
    SecondAlbum,
    #[error("the upload has a part named `album`, and its path names the album already")]
    AlbumInPath,
    #[error("the part named `{0}` is not UTF-8")]
    NotText(&'static str),
    #[error("the upload has more than one part named `visibility`")]
    SecondVisibility,
    #[error("the part named `visibility` is not possible: {0}")]
    Visibility(#[from] InvalidVisibility),

    #[error("the file has no name, and in an album an image needs one")]
    NoFileName,
    #[error("the header Content-Range says that this is a part of an image; only whole images are taken")]
    Part,
    #[error("the name is not possible: {0}")]
    Name(#[from] InvalidName),
    #[error("the upload is larger than {max_bytes} bytes, which is the most that is taken")]
    TooLarge { max_bytes: u64 },
    #[error("the upload made no progress for {0:?}")]
    Stalled(std::time::Duration),
    #[error("the upload took longer than {0:?}")]
    TooSlow(std::time::Duration),
    #[error("the upload is slower than --min-body-rate allows")]
    UnderRate,
    #[error("the server takes no more uploads at the moment")]
    TooMany,
    #[error("the file is not an image that is taken here{}; taken are JPEG, PNG, GIF, WebP, AVIF, TIFF, BMP and ICO", looks(*looks_like))]
    NotAnImage { looks_like: Option<&'static str> },
    #[error("the file is a corrupt {media_type}: {reason}")]
    Corrupt { media_type: MediaType, reason: String },
    #[error("the image has {pixels} pixels; at most {max_pixels} are taken")]
    TooManyPixels { pixels: u64, max_pixels: u64 },
}

fn looks(like: Option<&str>) -> String {
    like.map(|like| format!(": it looks like {like}")).unwrap_or_default()
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<InvalidQuery> for Error {
    fn from(invalid: InvalidQuery) -> Self {
        let (name, accepts) = invalid.into_parts();
        Self::Parameter { name, accepts }
    }
}

impl Error {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Id(_) => ErrorCode::InvalidId,
            Self::Path(_) => ErrorCode::InvalidName,
            Self::Body(error) => match error {
                BodyError::Json(_)
                | BodyError::NothingToChange(_)
                | BodyError::Visibility(_)
                | BodyError::Readers(_)
                | BodyError::Truncated => ErrorCode::InvalidRequest,
                BodyError::Name(_) => ErrorCode::InvalidName,
                BodyError::TooLarge { .. } => ErrorCode::TooLarge,
                BodyError::TooSlow(_) => ErrorCode::RequestTimeout,
            },
            Self::EventId { .. } => ErrorCode::InvalidRequest,
            Self::TooManyListeners => ErrorCode::Unavailable,
            Self::Parameter { .. } => ErrorCode::InvalidOption,
            Self::PreconditionFailed | Self::AlbumPreconditionFailed => ErrorCode::PreconditionFailed,
            Self::Range { .. } => ErrorCode::RangeNotSatisfiable,
            Self::Upload(error) => match error {
                UploadError::NotMultipart { .. }
                | UploadError::Malformed(_)
                | UploadError::Unreadable(_)
                | UploadError::Truncated
                | UploadError::NoFile
                | UploadError::SecondFile
                | UploadError::SecondAlbum
                | UploadError::AlbumInPath
                | UploadError::NotText(_)
                | UploadError::SecondVisibility
                | UploadError::Visibility(_)
                | UploadError::NoFileName
                | UploadError::Part
                | UploadError::OtherParts => ErrorCode::InvalidRequest,
                UploadError::Name(_) => ErrorCode::InvalidName,
                UploadError::TooLarge { .. } => ErrorCode::TooLarge,
                UploadError::Stalled(_) | UploadError::TooSlow(_) | UploadError::UnderRate => {
                    ErrorCode::RequestTimeout
                }
                UploadError::TooMany => ErrorCode::Unavailable,
                UploadError::NotAnImage { .. } => ErrorCode::InvalidFileType,
                UploadError::Corrupt { .. } => ErrorCode::CorruptImage,
                UploadError::TooManyPixels { .. } => ErrorCode::TooManyPixels,
            },
            Self::Storage(error) => match error {
                StorageError::Full => ErrorCode::InsufficientStorage,
                StorageError::NoAlbum(_) | StorageError::NoImage(_) => ErrorCode::NotFound,
                StorageError::AlbumTaken(_) | StorageError::NameTaken { .. } => ErrorCode::NameTaken,
                StorageError::NotAsExpected => ErrorCode::PreconditionFailed,
                StorageError::OverQuota(_) => ErrorCode::QuotaExceeded,
                StorageError::LinkUsed => ErrorCode::Forbidden,
                StorageError::AdoptedTwice(_) => ErrorCode::NameTaken,
                StorageError::Refused(refusal) => NotAllowed(*refusal).code(),
                StorageError::Busy
                | StorageError::Locked
                | StorageError::ReadOnly
                | StorageError::Bucket { .. } => ErrorCode::Unavailable,
                StorageError::DamagedBlob { .. }
                | StorageError::DamagedRow { .. }
                | StorageError::DamagedCatalogue { .. }
                | StorageError::Io { .. }
                | StorageError::Catalogue { .. }
                | StorageError::CutShort { .. } => ErrorCode::Internal,
            },
            Self::Refused(refusal) => NotAllowed(*refusal).code(),
            Self::Link(error) => match error {
                LinkError::NoKeys
                | LinkError::Lifetime { .. }
                | LinkError::Scope { .. }
                | LinkError::MaxBytes { .. } => ErrorCode::InvalidRequest,
                LinkError::Options(_) => ErrorCode::InvalidOption,
            },
            Self::Key(error) => match error {
                KeyError::Open | KeyError::Scopes(_) | KeyError::Lifetime { .. } => ErrorCode::InvalidRequest,
                KeyError::TooMuch => ErrorCode::Forbidden,
                KeyError::Random(_) => ErrorCode::Internal,
                KeyError::Missing { .. } => ErrorCode::NotFound,
            },
        }
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        server::error::status(self.code())
    }

    fn error_response(&self) -> HttpResponse {
        let mut detail = Map::new();
        if let Self::Parameter { name, accepts } = self {
            detail.insert("option".to_owned(), json!(name));
            detail.insert("accepts".to_owned(), json!(accepts));
        }
        let mut response = server::error::respond(self.code(), self, detail);
        if let Self::Range { length } = self {
            server::image_response::add_length(&mut response, *length);
        }
        response
    }
}
