//! All that a handler may see.

use std::time::Duration;

use actix_web::http::header::HeaderValue;

use crate::breaker::Breaker;
use crate::derivations::Derivations;
use crate::sources::Sources;

/// The state of the service; one for all workers.
pub(crate) struct AppState {
    pub(crate) sources: Sources,
    pub(crate) derivations: Derivations,
    pub(crate) breaker: Breaker,
    pub(crate) max_output_pixels: u64,
    pub(crate) cache_control: HeaderValue,
    /// `no-cache`, for stale answers.
    pub(crate) ask_again: HeaderValue,
    pub(crate) request_timeout: Duration,
}
