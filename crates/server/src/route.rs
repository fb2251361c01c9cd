//! A row of a route table.

use std::borrow::Cow;

use actix_web::http::Method;
use actix_web::{HttpRequest, Resource, Route, guard, web};

use crate::error::method_not_allowed;

/// The pattern of the route that a request took. Kept beside the route, since actix makes
/// a new string of it whenever it is asked.
#[derive(Clone, Copy)]
struct Pattern(&'static str);

/// A resource that answers every method it has no route for with 405 and those in `allowed`.
pub fn resource(pattern: &'static str, allowed: impl Into<Cow<'static, str>>) -> Resource {
    let allowed = allowed.into();
    let refuse = move |request: HttpRequest| {
        let allowed = allowed.clone();
        async move { method_not_allowed(&request, &allowed) }
    };
    web::resource(pattern).app_data(Pattern(pattern)).default_service(web::to(refuse))
}

/// A route for GET and HEAD. One handler serves both: of an answer to HEAD the server sends
/// everything but the body.
pub fn read() -> Route {
    let reads = |method: &Method| matches!(*method, Method::GET | Method::HEAD);
    web::route().guard(guard::fn_guard(move |context| reads(&context.head().method)))
}

/// The pattern of the route that the request took, without the prefix that it may stand
/// under; `-` if it took none.
pub(crate) fn pattern_of(request: &HttpRequest) -> &'static str {
    request.app_data::<Pattern>().map_or("-", |pattern| pattern.0)
}
