//! The one table from what went wrong to what the client is told.

use std::error::Error as StdError;
use std::time::Duration;

use access::Refusal;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use api::ErrorCode;
use serde_json::Map;
use server::error::NotAllowed;

/// Why an error came about, in whatever library.
pub(crate) type Cause = Box<dyn StdError + Send + Sync>;

/// What can go wrong in a request. `upstream` is the kind of service, never its address.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{}", NotAllowed(Refusal::Unauthenticated))]
    Anonymous,
    #[error("{upstream} cannot be reached")]
    Unreachable { upstream: &'static str, source: Cause },
    #[error("{upstream} closed the connection without an answer")]
    Broken { upstream: &'static str, source: Cause },
    #[error("{upstream} did not answer within {wait:?}")]
    Slow { upstream: &'static str, wait: Duration },
    #[error("{upstream} sent an answer that cannot be passed on: {reason}")]
    Unusable { upstream: &'static str, reason: String },
    #[error("the body of the request paused for longer than {0:?}")]
    BodyTooSlow(Duration),
    #[error("the body of the request ended before it was complete")]
    BodyTruncated,
    #[error("the body of this request may have {max_bytes} bytes")]
    BodyTooLarge { max_bytes: usize },
    #[error("the upload took longer than {0:?}")]
    UploadTooLong(Duration),
    #[error("an upload takes its path without dot segments and with every special character percent-encoded")]
    Path,
    #[error("`Connection` may not name `{name}`, which is meant for the service behind")]
    Connection { name: String },
}

impl Error {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Anonymous => ErrorCode::Unauthenticated,
            Self::Unreachable { .. } => ErrorCode::Unavailable,
            Self::Broken { .. } | Self::Unusable { .. } => ErrorCode::UpstreamFailed,
            Self::Slow { .. } => ErrorCode::Timeout,
            Self::BodyTooSlow(_) | Self::UploadTooLong(_) => ErrorCode::RequestTimeout,
            Self::BodyTruncated | Self::Path | Self::Connection { .. } => ErrorCode::InvalidRequest,
            Self::BodyTooLarge { .. } => ErrorCode::TooLarge,
        }
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        server::error::status(self.code())
    }

    fn error_response(&self) -> HttpResponse {
        server::error::respond(self.code(), self, Map::new())
    }
}
