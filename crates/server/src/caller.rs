//! Who asks, as a handler is told it.

use std::fmt;
use std::future::{Ready, ready};

use access::Caller;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, HttpResponse, ResponseError};
use api::ErrorCode;
use serde_json::Map;

use crate::error::{respond, status};

/// The caller of a request: an argument of every handler that serves or changes an image,
/// beside [`crate::query::NoQuery`].
#[derive(Debug, Clone)]
pub struct AskedBy(pub Caller);

/// The request did not come through the door, which is a mistake of ours.
#[derive(Debug, Clone, Copy)]
pub struct NotIdentified;

impl FromRequest for AskedBy {
    type Error = NotIdentified;
    type Future = Ready<Result<Self, NotIdentified>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(request.extensions().get::<Caller>().cloned().map(Self).ok_or(NotIdentified))
    }
}

impl fmt::Display for NotIdentified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody has said who sends the request")
    }
}

impl std::error::Error for NotIdentified {}

impl ResponseError for NotIdentified {
    fn status_code(&self) -> StatusCode {
        status(ErrorCode::Internal)
    }

    fn error_response(&self) -> HttpResponse {
        respond(ErrorCode::Internal, self, Map::new())
    }
}
