//! Query strings whose every parameter is known.

use std::borrow::Cow;

use actix_web::HttpRequest;

/// The percent-decoded name and value pairs of the request's query.
pub fn pairs(request: &HttpRequest) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    form_urlencoded::parse(request.query_string().as_bytes())
}
