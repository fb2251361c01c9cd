//! Who asks, as a handler is told it.

use std::convert::Infallible;
use std::future::{Ready, ready};

use access::Caller;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

/// The caller of a request: an argument of every handler that serves or changes an image,
/// beside [`crate::query::NoQuery`].
#[derive(Debug, Clone)]
pub struct AskedBy(pub Caller);

impl FromRequest for AskedBy {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(_: &HttpRequest, _: &mut Payload) -> Self::Future {
        // Without access control everyone who reaches the service may do everything.
        ready(Ok(Self(Caller::Operator)))
    }
}
