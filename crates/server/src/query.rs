//! Query strings whose every parameter is known.

use std::borrow::Cow;
use std::fmt;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, HttpResponse, ResponseError};
use api::ErrorCode;
use serde_json::{Map, json};

use crate::error::{respond, status};

/// The percent-decoded name and value pairs of the request's query. What only makes a URL
/// another one for caches means nothing, and is left out.
pub fn pairs(request: &HttpRequest) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    form_urlencoded::parse(request.query_string().as_bytes()).filter(|(name, _)| !busts_caches(name))
}

fn busts_caches(name: &str) -> bool {
    matches!(name, "v" | "_") || name.starts_with("utm_")
}

/// A request without a query, for handlers that know no parameter: an unknown one is
/// refused and never ignored.
#[derive(Debug, Clone, Copy)]
pub struct NoQuery;

/// There is a parameter where none is known.
#[derive(Debug, Clone)]
pub struct UnexpectedQuery {
    name: String,
}

impl FromRequest for NoQuery {
    type Error = UnexpectedQuery;
    type Future = Ready<Result<Self, UnexpectedQuery>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(match pairs(request).next() {
            None => Ok(Self),
            Some((name, _)) => Err(UnexpectedQuery { name: name.chars().take(64).collect() }),
        })
    }
}

impl fmt::Display for UnexpectedQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the parameter `{}` is not possible here; accepted: none", self.name)
    }
}

impl std::error::Error for UnexpectedQuery {}

impl ResponseError for UnexpectedQuery {
    fn status_code(&self) -> StatusCode {
        status(ErrorCode::InvalidOption)
    }

    fn error_response(&self) -> HttpResponse {
        let mut detail = Map::new();
        detail.insert("option".to_owned(), json!(self.name));
        detail.insert("accepts".to_owned(), json!("none"));
        respond(ErrorCode::InvalidOption, self, detail)
    }
}
