//! Health and metrics of the process.

use actix_web::{HttpResponse, web};
use api::{Health, Readiness};
use server::health::Check;

use crate::state::AppState;

/// Liveness, where the older systems looked for it.
#[utoipa::path(get, path = "/", tag = "service", responses((status = 200, body = Health)))]
pub(crate) async fn get_root() -> HttpResponse {
    server::health::alive()
}

/// Liveness: the process answers.
#[utoipa::path(get, path = "/health", tag = "service", responses((status = 200, body = Health)))]
pub(crate) async fn get_health() -> HttpResponse {
    server::health::alive()
}

/// Readiness: image-cache answers.
#[utoipa::path(get, path = "/health/ready", tag = "service",
    responses((status = 200, body = Readiness), (status = 503, body = Readiness)))]
pub(crate) async fn get_readiness(state: web::Data<AppState>) -> HttpResponse {
    let cache = match state.client.health().await {
        Ok(()) => Check::Ok,
        Err(error) => Check::Failed(format!("{error}; images that are made already are still served")),
    };
    server::health::readiness(state.observer.is_stopping(), [("imageCache", cache)])
}

/// Metrics in the OpenMetrics text format, which Prometheus reads.
#[utoipa::path(get, path = "/metrics", tag = "service",
    responses((status = 200, body = String, content_type = "application/openmetrics-text")))]
pub(crate) async fn get_metrics(state: web::Data<AppState>) -> HttpResponse {
    server::metrics::respond(&state.observer.metrics)
}
