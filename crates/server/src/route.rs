//! A row of a route table.

use actix_web::{HttpRequest, Resource, web};

use crate::error::method_not_allowed;

/// The pattern of the route that a request took. Kept beside the route, since actix makes
/// a new string of it whenever it is asked.
#[derive(Clone, Copy)]
struct Pattern(&'static str);

/// A resource that answers every method it has no route for with 405 and those in `allowed`.
pub fn resource(pattern: &'static str, allowed: &'static str) -> Resource {
    let refuse = move |request: HttpRequest| async move { method_not_allowed(&request, allowed) };
    web::resource(pattern).app_data(Pattern(pattern)).default_service(web::to(refuse))
}

/// The pattern of the route that the request took, without the prefix that it may stand
/// under; `-` if it took none.
pub(crate) fn pattern_of(request: &HttpRequest) -> &'static str {
    request.app_data::<Pattern>().map_or("-", |pattern| pattern.0)
}
