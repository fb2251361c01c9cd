//! All that a handler may see.

use std::time::Duration;

use server::auth::ApiKeys;
use server::image_response::Keeping;

use crate::breaker::Breaker;
use crate::derivations::Derivations;
use crate::presets::Presets;
use crate::sources::Sources;

/// The state of the service; one for all workers.
pub(crate) struct AppState {
    pub(crate) sources: Sources,
    pub(crate) derivations: Derivations,
    pub(crate) breaker: Breaker,
    pub(crate) max_output_pixels: u64,
    /// Which caches may keep what is served.
    pub(crate) keeping: Keeping,
    /// Options under their names.
    pub(crate) presets: Presets,
    /// Keys as image-cache knows them.
    pub(crate) api_keys: ApiKeys,
    pub(crate) request_timeout: Duration,
}
