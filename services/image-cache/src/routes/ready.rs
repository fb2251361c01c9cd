//! `GET /health/ready`: what image-cache depends on.

use actix_web::web;
use server::health::{Check, Checks};

use crate::state::AppState;

/// Looks at the volume, the catalogue and the broker. A broker that is away is only a
/// degradation: changes wait for it.
pub(crate) async fn checks(state: web::Data<AppState>) -> Checks {
    let storage = match state.library.check().await {
        Ok(()) => Check::Ok,
        Err(error) => {
            log::warn!("storage is not ready: {error}");
            Check::Failed("the volume or the catalogue does not work; the log tells more".to_owned())
        }
    };
    let mqtt = state.publisher.as_ref().map(|publisher| ("mqtt", publisher.check()));
    Checks([("storage", storage)].into_iter().chain(mqtt).collect())
}
