//! The one table from what went wrong to what the client is told.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use api::ErrorCode;
use domain::{InvalidId, InvalidName, MediaType};
use serde_json::{Map, json};
use server::path::InvalidPath;
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
}

/// Why a JSON body is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("the body is not the JSON that is wanted here: {0}")]
    Json(String),
    #[error("the name in the body is not possible: {0}")]
    Name(InvalidName),
    #[error("the body names nothing to change; it takes imageName, albumName or both")]
    NothingToChange,
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
    #[error("the part named `album` is not UTF-8")]
    AlbumNotText,
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

impl Error {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Id(_) => ErrorCode::InvalidId,
            Self::Path(_) => ErrorCode::InvalidName,
            Self::Body(error) => match error {
                BodyError::Json(_) | BodyError::NothingToChange | BodyError::Truncated => {
                    ErrorCode::InvalidRequest
                }
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
                | UploadError::AlbumNotText
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
                StorageError::Busy | StorageError::Locked | StorageError::ReadOnly => ErrorCode::Unavailable,
                StorageError::DamagedBlob { .. }
                | StorageError::DamagedRow { .. }
                | StorageError::DamagedCatalogue { .. }
                | StorageError::Io { .. }
                | StorageError::Catalogue { .. }
                | StorageError::CutShort { .. } => ErrorCode::Internal,
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
