//! The one table from what went wrong to what the client is told.

use std::sync::Arc;
use std::time::Duration;

use access::Refusal;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use api::ErrorCode;
use client::ClientError;
use domain::plan::Unplannable;
use domain::{InvalidId, Size};
use serde_json::{Map, json};
use server::error::NotAllowed;
use server::path::InvalidPath;
use server::query::InvalidQuery;

use crate::breaker::CallError;
use crate::failure::Failure;
use crate::gate::GateError;
use crate::known::ImageRef;
use crate::presets::InvalidPreset;
use crate::sources::SourceError;
use crate::work::Unmakable;

/// What can go wrong in a request.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Id(#[from] InvalidId),
    #[error(transparent)]
    Path(#[from] InvalidPath),
    #[error(transparent)]
    Option(#[from] InvalidPreset),
    #[error(transparent)]
    Unmakable(#[from] Unmakable),
    /// There is no such image, or none that the caller may know of.
    #[error("{0}")]
    Missing(ImageRef),
    #[error("{}", NotAllowed(*.0))]
    Refused(Refusal),
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Failed(#[from] Arc<Failure>),
    #[error("the parameter `{name}` is not possible here; accepted: {accepts}")]
    Parameter { name: String, accepts: &'static str },
    #[error("the request took longer than {0:?}")]
    TimedOut(Duration),
    #[error("the image is not the one that the condition of the request asks for")]
    PreconditionFailed,
    #[error("the range is outside the image, which has {length} bytes")]
    Range { length: u64 },
}

impl From<CallError> for Error {
    fn from(error: CallError) -> Self {
        Self::Source(error.into())
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
            Self::Option(_) | Self::Parameter { .. } => ErrorCode::InvalidOption,
            Self::Unmakable(error) => match error {
                Unmakable::NotProcessed { .. } => ErrorCode::InvalidFileType,
                Unmakable::Plan(error) => unplannable(error),
            },
            Self::Missing(_) => ErrorCode::NotFound,
            Self::Refused(refusal) => NotAllowed(*refusal).code(),
            Self::Source(error) => match error {
                SourceError::Missing(_) | SourceError::Gone(_) => ErrorCode::NotFound,
                SourceError::Call(error) => upstream(error),
            },
            Self::Failed(failure) => match &**failure {
                Failure::Gate(GateError::Full { .. } | GateError::TimedOut) => ErrorCode::Unavailable,
                Failure::TooFast { .. } => ErrorCode::TooManyRequests,
                Failure::TimedOut => ErrorCode::Timeout,
                Failure::Gate(GateError::OverBudget { .. }) => ErrorCode::TooManyPixels,
                Failure::Missing(_) => ErrorCode::NotFound,
                Failure::Call(error) => upstream(error),
                Failure::TooLarge { .. } => ErrorCode::TooLarge,
                Failure::Imaging(error) => match error {
                    imaging::Error::Unsupported { .. } => ErrorCode::InvalidFileType,
                    imaging::Error::TooManyPixels { .. } | imaging::Error::NeedsMemory { .. } => {
                        ErrorCode::TooManyPixels
                    }
                    imaging::Error::Corrupt { .. }
                    | imaging::Error::Mismatch { .. }
                    | imaging::Error::Panicked { .. } => ErrorCode::CorruptImage,
                    imaging::Error::Impossible(error) | imaging::Error::NotAnimated(error) => {
                        unplannable(error)
                    }
                    imaging::Error::NoSuchFrame { .. } => ErrorCode::CannotAnimate,
                    imaging::Error::TooManyFrames { .. } => ErrorCode::TooManyPixels,
                    imaging::Error::TooManyBytes { .. } => ErrorCode::TooManyBytes,
                    imaging::Error::Stopped => ErrorCode::Timeout,
                    imaging::Error::Encode { .. } => ErrorCode::Internal,
                },
                Failure::Lost => ErrorCode::Internal,
            },
            Self::TimedOut(_) => ErrorCode::Timeout,
            Self::PreconditionFailed => ErrorCode::PreconditionFailed,
            Self::Range { .. } => ErrorCode::RangeNotSatisfiable,
        }
    }

    /// The size of the picture that the rectangle to cut out lies beside, if that is why.
    fn missed_picture(&self) -> Option<Size> {
        let error = match self {
            Self::Unmakable(Unmakable::Plan(error)) => Some(error),
            Self::Failed(failure) => failure.is_impossible(),
            Self::Id(_)
            | Self::Path(_)
            | Self::Option(_)
            | Self::Parameter { .. }
            | Self::Unmakable(Unmakable::NotProcessed { .. })
            | Self::Missing(_)
            | Self::Refused(_)
            | Self::Source(_)
            | Self::TimedOut(_)
            | Self::PreconditionFailed
            | Self::Range { .. } => None,
        };
        match error? {
            Unplannable::CropOutside { picture, .. } => Some(*picture),
            Unplannable::TurnTooLarge { .. }
            | Unplannable::OutputTooLarge { .. }
            | Unplannable::SideTooLong { .. }
            | Unplannable::CannotMove { .. }
            | Unplannable::TooManyFrames { .. }
            | Unplannable::TooManyFramePixels { .. }
            | Unplannable::BytesOfAnimation => None,
        }
    }
}

/// What the client is told when an image cannot be made though each option is fine.
fn unplannable(error: &Unplannable) -> ErrorCode {
    match error {
        // The option is sound but not for this image; no other code says it better.
        Unplannable::CropOutside { .. } => ErrorCode::InvalidOption,
        Unplannable::TurnTooLarge { .. }
        | Unplannable::OutputTooLarge { .. }
        | Unplannable::SideTooLong { .. }
        | Unplannable::TooManyFrames { .. }
        | Unplannable::TooManyFramePixels { .. } => ErrorCode::TooManyPixels,
        Unplannable::CannotMove { .. } | Unplannable::BytesOfAnimation => ErrorCode::CannotAnimate,
    }
}

/// What the client is told when image-cache does not do its part.
fn upstream(error: &CallError) -> ErrorCode {
    match error {
        CallError::Away => ErrorCode::Unavailable,
        CallError::Client(error) => match error {
            ClientError::NotFound => ErrorCode::NotFound,
            ClientError::Unreachable(_) => ErrorCode::Unavailable,
            ClientError::TimedOut(_) => ErrorCode::Timeout,
            ClientError::Refused { .. } | ClientError::Unreadable { .. } | ClientError::Mismatch { .. } => {
                ErrorCode::UpstreamFailed
            }
            ClientError::TooLarge { .. } => ErrorCode::TooLarge,
        },
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        server::error::status(self.code())
    }

    fn error_response(&self) -> HttpResponse {
        let mut detail = Map::new();
        if let Self::Option(error) = self {
            let (option, accepts) = error.option_and_accepts();
            detail.insert("option".to_owned(), json!(option));
            detail.insert("accepts".to_owned(), json!(accepts));
        }
        if let Self::Parameter { name, accepts } = self {
            detail.insert("option".to_owned(), json!(name));
            detail.insert("accepts".to_owned(), json!(accepts));
        }
        if let Some(picture) = self.missed_picture() {
            let accepts = format!("a rectangle that meets {}×{} pixels", picture.width(), picture.height());
            detail.insert("option".to_owned(), json!("crop"));
            detail.insert("accepts".to_owned(), json!(accepts));
        }
        if let Self::Failed(failure) = self
            && let Failure::Imaging(imaging::Error::TooManyBytes { smallest, .. }) = &**failure
        {
            detail.insert("option".to_owned(), json!("max_bytes"));
            detail.insert("accepts".to_owned(), json!(format!("{smallest} or more, for this image")));
        }
        let mut response = server::error::respond(self.code(), self, detail);
        if let Self::Failed(failure) = self
            && let Failure::TooFast { too_fast, .. } = &**failure
        {
            too_fast.add_retry_after(&mut response);
        }
        if let Self::Range { length } = self {
            server::image_response::add_length(&mut response, *length);
        }
        response
    }
}
