//! `GET /health/ready`: what image-processor depends on.

use std::time::Duration;

use actix_web::web;
use server::health::{Check, Checks};

use crate::state::AppState;

/// How long readiness waits for image-cache.
const PATIENCE: Duration = Duration::from_millis(800);

/// Asks image-cache whether it answers.
pub(crate) async fn checks(state: web::Data<AppState>) -> Checks {
    let cache = match state.breaker.is_there(PATIENCE).await {
        Ok(()) => Check::Ok,
        Err(error) => Check::Failed(format!("{error}; images that are made already are still served")),
    };
    Checks(vec![("imageCache", cache)])
}
