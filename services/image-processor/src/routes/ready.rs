//! `GET /health/ready`: what image-processor depends on.

use actix_web::web;
use server::health::{Check, Checks};

use crate::state::AppState;

/// Asks image-cache whether it answers.
pub(crate) async fn checks(state: web::Data<AppState>) -> Checks {
    let cache = match state.client.health().await {
        Ok(()) => Check::Ok,
        Err(error) => Check::Failed(format!("{error}; images that are made already are still served")),
    };
    Checks(vec![("imageCache", cache)])
}
