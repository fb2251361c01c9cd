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

/// Readiness: the volume and the catalogue work. A broker that is away is only a
/// degradation: changes wait for it.
#[utoipa::path(get, path = "/health/ready", tag = "service",
    responses((status = 200, body = Readiness), (status = 503, body = Readiness)))]
pub(crate) async fn get_readiness(state: web::Data<AppState>) -> HttpResponse {
    let storage = match state.library.check().await {
        Ok(()) => Check::Ok,
        Err(error) => {
            log::warn!("storage is not ready: {error}");
            Check::Failed("the volume or the catalogue does not work; the log tells more".to_owned())
        }
    };
    let mqtt = state.publisher.as_ref().map(|publisher| ("mqtt", publisher.check()));
    let checks = [("storage", storage)].into_iter().chain(mqtt);
    server::health::readiness(state.observer.is_stopping(), checks)
}

/// Metrics in the OpenMetrics text format, which Prometheus reads.
#[utoipa::path(get, path = "/metrics", tag = "service",
    responses((status = 200, body = String, content_type = "application/openmetrics-text")))]
pub(crate) async fn get_metrics(state: web::Data<AppState>) -> HttpResponse {
    server::metrics::respond(&state.observer.metrics)
}
