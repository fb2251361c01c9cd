//! A row of a route table.

use std::borrow::Cow;

use access::{Acl, Action, Caller, Verdict, may, refuse_missing};
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::{Next, from_fn};
use actix_web::{Error, HttpMessage as _, HttpRequest, Resource, Route, guard, web};
use serde_json::Map;

use crate::error::{NotAllowed, method_not_allowed, respond};

/// The pattern of the route that a request took. Kept beside the route, since actix makes
/// a new string of it whenever it is asked.
#[derive(Clone, Copy)]
struct Pattern(&'static str);

/// What a caller needs for a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Nothing: everyone gets the same.
    ForEveryone,
    /// What the handler asks of the image, album or list that the request is about.
    OfTheThing,
    /// The right to do this, which is about no thing in particular.
    To(Action),
}

/// A resource that answers every method it has no route for with 405 and those in `allowed`,
/// and those who have no right to it with 401 or 403.
pub fn resource(
    pattern: &'static str,
    allowed: impl Into<Cow<'static, str>>,
    right: Right,
) -> Resource<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<EitherBody<BoxBody>>,
        Error = Error,
        InitError = (),
    >,
> {
    let allowed = allowed.into();
    let refuse = move |request: HttpRequest| {
        let allowed = allowed.clone();
        async move { method_not_allowed(&request, &allowed) }
    };
    web::resource(pattern)
        .app_data(Pattern(pattern))
        .default_service(web::to(refuse))
        .wrap(from_fn(move |request: ServiceRequest, next: Next<_>| check(right, request, next)))
}

async fn check<B: MessageBody + 'static>(
    right: Right,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let refusal = match right {
        Right::ForEveryone | Right::OfTheThing => None,
        Right::To(action) => {
            let extensions = request.extensions();
            match extensions.get::<Caller>() {
                Some(caller) if may(caller, action, &Acl::default()) == Verdict::Yes => None,
                Some(caller) => Some(refuse_missing(caller, action)),
                None => Some(refuse_missing(&Caller::Anonymous, action)),
            }
        }
    };
    match refusal.map(NotAllowed) {
        None => Ok(next.call(request).await?.map_into_left_body()),
        Some(refused) => {
            let response = respond(refused.code(), &refused, Map::new());
            Ok(request.into_response(response).map_into_right_body())
        }
    }
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
