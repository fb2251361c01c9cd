//! The routes that every service has: liveness, readiness and metrics.

use access::Action;
use actix_web::http::header::{ACCEPT, HeaderMap, HeaderValue, VARY};
use actix_web::{FromRequest, Handler, HttpRequest, HttpResponse, web};
use api::{Health, Readiness, paths};
use utoipa::OpenApi;

use crate::frame::FrontPage;
use crate::health::{self, Checks};
use crate::metrics;
use crate::observe::Observer;
use crate::route::{Right, read, resource};

/// Adds those that say that the process lives.
pub(crate) fn configure_alive(config: &mut web::ServiceConfig) {
    config
        .service(resource(paths::ROOT, "GET, HEAD", Right::ForEveryone).route(read().to(get_root)))
        .service(resource(paths::HEALTH, "GET, HEAD", Right::ForEveryone).route(read().to(get_health)));
}

/// Adds the others; `checks` answers `/health/ready`.
pub(crate) fn configure<H, Args>(config: &mut web::ServiceConfig, checks: H)
where
    H: Handler<Args, Output = Checks>,
    Args: FromRequest + 'static,
{
    config.service(resource(paths::READY, "GET, HEAD", Right::ForEveryone).route(read().to(checks))).service(
        resource(paths::METRICS, "GET, HEAD", Right::To(Action::Observe)).route(read().to(get_metrics)),
    );
}

/// The part of the OpenAPI document that describes them.
#[derive(OpenApi)]
#[openapi(
    tags((name = "service", description = "The process itself")),
    paths(get_root, get_health, get_readiness, get_metrics),
)]
pub(crate) struct ServiceRoutes;

/// Liveness, at the root.
///
/// The same as `/health`.
#[utoipa::path(get, path = paths::ROOT, tag = "service",
    responses((status = 200, body = Health, description = "The process answers requests")))]
async fn get_root(request: HttpRequest) -> HttpResponse {
    let Some(FrontPage(page)) = request.app_data() else { return health::alive() };
    let mut response = if wants_page(request.headers()) { page() } else { health::alive() };
    response.headers_mut().append(VARY, HeaderValue::from_static("Accept"));
    response
}

/// Whether `Accept` names HTML, as that of browsers does; wildcards do not.
fn wants_page(headers: &HeaderMap) -> bool {
    let accepts = headers.get_all(ACCEPT).filter_map(|accept| accept.to_str().ok());
    accepts.flat_map(|accept| accept.split(',')).any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let is_html = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("text/html"));
        is_html && !parts.any(|part| part.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0)))
    })
}

/// Liveness.
#[utoipa::path(get, path = paths::HEALTH, tag = "service",
    responses((status = 200, body = Health, description = "The process answers requests")))]
async fn get_health() -> HttpResponse {
    health::alive()
}

/// Readiness, with one entry per dependency.
///
/// A dependency that the service can do without for a while is `degraded` and does not
/// make the service unready.
#[utoipa::path(get, path = paths::READY, tag = "service",
    responses(
        (status = 200, body = Readiness, description = "Ready to serve"),
        (status = 503, body = Readiness, description = "A dependency failed, or the process is stopping"),
    ))]
#[expect(dead_code, reason = "only describes; each service brings the handler")]
fn get_readiness() {}

/// Metrics for Prometheus, in the OpenMetrics text format.
#[utoipa::path(get, path = paths::METRICS, tag = "service",
    responses((status = 200, body = String, content_type = "application/openmetrics-text", description = "All metrics")))]
async fn get_metrics(observer: web::Data<Observer>) -> HttpResponse {
    metrics::respond(&observer.metrics)
}
