//! How an error becomes an answer and a log line, once.

use std::error::Error;
use std::fmt::Write as _;

use access::Refusal;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use api::{ErrorBody, ErrorCode};
use serde_json::{Map, Value};

use crate::request_id;

/// How many seconds a client that met a full service should wait.
const RETRY_AFTER_SECS: &str = "1";

/// What a request without a credential is told (RFC 6750, section 3).
const CHALLENGE: &str = r#"Bearer realm="safelight""#;

/// The answer for an error that a service has mapped to a code.
///
/// This is the one place that logs it: what is our fault with its chain of causes, what
/// is the client's at debug level. The text of the error itself goes to the client,
/// except where it is internal.
pub fn respond(code: ErrorCode, error: &(dyn Error + 'static), detail: Map<String, Value>) -> HttpResponse {
    let status = code.status();
    match code {
        ErrorCode::Internal
        | ErrorCode::UpstreamFailed
        | ErrorCode::Timeout
        | ErrorCode::InsufficientStorage => {
            log::error!("error.code" = code.as_str(), "http.status" = status; "{}", chain(error));
        }
        ErrorCode::Unavailable => {
            log::warn!("error.code" = code.as_str(), "http.status" = status; "{}", chain(error));
        }
        ErrorCode::InvalidRequest
        | ErrorCode::InvalidId
        | ErrorCode::InvalidName
        | ErrorCode::InvalidOption
        | ErrorCode::Unauthenticated
        | ErrorCode::Forbidden
        | ErrorCode::QuotaExceeded
        | ErrorCode::NotFound
        | ErrorCode::MethodNotAllowed
        | ErrorCode::NameTaken
        | ErrorCode::RequestTimeout
        | ErrorCode::PreconditionFailed
        | ErrorCode::TooLarge
        | ErrorCode::InvalidFileType
        | ErrorCode::RangeNotSatisfiable
        | ErrorCode::MisdirectedRequest
        | ErrorCode::TooManyRequests
        | ErrorCode::CorruptImage
        | ErrorCode::TooManyPixels
        | ErrorCode::TooManyBytes
        | ErrorCode::CannotAnimate => {
            log::debug!("error.code" = code.as_str(), "http.status" = status; "{}", chain(error));
        }
    }
    let message = if code == ErrorCode::Internal {
        "something failed on our side; the log tells more under this request id".to_owned()
    } else {
        error.to_string()
    };
    let mut response = start(code);
    if code == ErrorCode::Unavailable {
        response.insert_header((RETRY_AFTER, RETRY_AFTER_SECS));
    }
    if code == ErrorCode::Unauthenticated {
        response.insert_header((WWW_AUTHENTICATE, CHALLENGE));
    }
    response.json(body(code, message, detail))
}

/// A refusal that depends on who asks alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", match .0 {
    Refusal::Unauthenticated => "show a credential: a token, an API key or a signed link",
    Refusal::Forbidden | Refusal::Missing => "the credential is not good for this",
})]
pub struct NotAllowed(pub Refusal);

impl NotAllowed {
    /// What the client is told.
    pub fn code(&self) -> ErrorCode {
        match self.0 {
            Refusal::Unauthenticated => ErrorCode::Unauthenticated,
            Refusal::Forbidden | Refusal::Missing => ErrorCode::Forbidden,
        }
    }
}

/// The answer for a path that no route has.
pub async fn no_route(request: HttpRequest) -> HttpResponse {
    let message = format!("there is nothing at {}; /openapi.json lists what there is", cut(request.path()));
    start(ErrorCode::NotFound).json(body(ErrorCode::NotFound, message, Map::new()))
}

/// The answer for a method that a route does not take.
pub(crate) fn method_not_allowed(request: &HttpRequest, allowed: &str) -> HttpResponse {
    let message = format!("{} takes {allowed}, not {}", cut(request.path()), request.method());
    let code = ErrorCode::MethodNotAllowed;
    start(code).insert_header((ALLOW, allowed)).json(body(code, message, Map::new()))
}

/// The HTTP status of a code.
pub fn status(code: ErrorCode) -> StatusCode {
    StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn start(code: ErrorCode) -> HttpResponseBuilder {
    let mut response = HttpResponseBuilder::new(status(code));
    response.insert_header((CACHE_CONTROL, "no-store"));
    response
}

fn body(code: ErrorCode, message: String, detail: Map<String, Value>) -> ErrorBody {
    let request_id = request_id::current().map(|id| id.as_str().to_owned()).unwrap_or_default();
    ErrorBody { error: code.as_str().to_owned(), message, status_code: code.status(), request_id, detail }
}

fn cut(path: &str) -> String {
    path.chars().take(200).collect()
}

/// The error and its causes in one line.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}
