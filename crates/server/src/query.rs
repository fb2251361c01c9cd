//! Query strings whose every parameter is known.

use std::borrow::Cow;
use std::fmt;
use std::future::{Ready, ready};

use access::Caller;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, HttpResponse, ResponseError};
use api::ErrorCode;
use domain::Owner;
use serde_json::{Map, json};

use crate::error::{respond, status};

/// The parameter that says whose albums and images are meant.
pub const OWNER: &str = "owner";
/// The parameter with the signature of a link, which the door has read.
const SIGNATURE: &str = "sig";

/// The percent-decoded name and value pairs of the request's query. What only makes a URL
/// another one for caches means nothing, and is left out; so is the signature of a link.
pub fn pairs(request: &HttpRequest) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    form_urlencoded::parse(request.query_string().as_bytes())
        .filter(|(name, _)| *name != SIGNATURE && !busts_caches(name))
}

fn busts_caches(name: &str) -> bool {
    matches!(name, "v" | "_") || name.starts_with("utm_")
}

/// The same without the parameter [`OWNER`], for routes that take it.
pub fn pairs_but_owner(request: &HttpRequest) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    pairs(request).filter(|(name, _)| *name != OWNER)
}

/// Whose things a request means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnerAsked {
    /// The caller's own, since it says nothing.
    Own,
    /// This owner's; of nobody if it is empty.
    Of(Owner),
    /// Everyone's: `*`.
    All,
}

impl OwnerAsked {
    /// Reads the parameter [`OWNER`].
    ///
    /// # Errors
    ///
    /// When it comes twice, or is not an owner.
    pub fn of(request: &HttpRequest) -> Result<Self, InvalidQuery> {
        let mut asked = Self::Own;
        for (_, value) in pairs(request).filter(|(name, _)| *name == OWNER) {
            let invalid = || InvalidQuery { name: OWNER.to_owned(), accepts: "the name of an owner, once" };
            if asked != Self::Own {
                return Err(invalid());
            }
            asked = match &*value {
                "*" => Self::All,
                value => Self::Of(Owner::parse_stored(value).map_err(|_| invalid())?),
            };
        }
        Ok(asked)
    }

    /// The one owner that is meant by this caller; none if everyone is.
    pub fn one(self, caller: &Caller) -> Option<Owner> {
        match self {
            Self::Own => Some(caller.owner().clone()),
            Self::Of(owner) => Some(owner),
            Self::All => None,
        }
    }
}

/// A request whose query has no other parameter than [`OWNER`]: whose thing it is about.
#[derive(Debug, Clone)]
pub struct OfOwner(pub OwnerAsked);

impl FromRequest for OfOwner {
    type Error = InvalidQuery;
    type Future = Ready<Result<Self, InvalidQuery>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(match pairs_but_owner(request).next() {
            None => OwnerAsked::of(request).map(Self),
            Some((name, _)) => Err(InvalidQuery { name: name.chars().take(64).collect(), accepts: OWNER }),
        })
    }
}

/// A request without a query, for handlers that know no parameter: an unknown one is
/// refused and never ignored.
#[derive(Debug, Clone, Copy)]
pub struct NoQuery;

/// There is a parameter that is not known, or that cannot be read.
#[derive(Debug, Clone)]
pub struct InvalidQuery {
    name: String,
    accepts: &'static str,
}

impl InvalidQuery {
    /// The name of the parameter, and what it or the route accepts.
    pub fn into_parts(self) -> (String, &'static str) {
        (self.name, self.accepts)
    }
}

impl FromRequest for NoQuery {
    type Error = InvalidQuery;
    type Future = Ready<Result<Self, InvalidQuery>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(match pairs(request).next() {
            None => Ok(Self),
            Some((name, _)) => Err(InvalidQuery { name: name.chars().take(64).collect(), accepts: "none" }),
        })
    }
}

impl fmt::Display for InvalidQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the parameter `{}` is not possible here; accepted: {}", self.name, self.accepts)
    }
}

impl std::error::Error for InvalidQuery {}

impl ResponseError for InvalidQuery {
    fn status_code(&self) -> StatusCode {
        status(ErrorCode::InvalidOption)
    }

    fn error_response(&self) -> HttpResponse {
        let mut detail = Map::new();
        detail.insert("option".to_owned(), json!(self.name));
        detail.insert("accepts".to_owned(), json!(self.accepts));
        respond(ErrorCode::InvalidOption, self, detail)
    }
}
