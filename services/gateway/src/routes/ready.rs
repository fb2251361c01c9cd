//! `GET /health/ready`: what the gateway depends on.

use actix_web::web;
use server::health::{Check, Checks};

use crate::state::AppState;

/// Says what the last probes found.
pub(crate) async fn checks(state: web::Data<AppState>) -> Checks {
    let cache = if state.cache.is_ready() {
        Check::Ok
    } else {
        Check::Failed(
            "image-cache is not ready; derived images that are made already are still served".into(),
        )
    };
    let (ready, all) = state.replicas.count();
    let processors = match ready {
        0 => Check::Failed(format!("none of {all} image-processors is ready")),
        ready if ready < all => Check::Degraded(format!("{ready} of {all} image-processors are ready")),
        _ => Check::Ok,
    };
    Checks(vec![("imageCache", cache), ("imageProcessors", processors)])
}
