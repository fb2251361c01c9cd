//! All that a handler may see.

use std::sync::Arc;
use std::time::Duration;

use server::observe::Observer;
use tokio::sync::Semaphore;

use crate::originals::Originals;

/// The state of the service; one for all workers.
pub(crate) struct AppState {
    pub(crate) originals: Originals,
    pub(crate) limits: UploadLimits,
    /// One permit for each upload under way.
    pub(crate) uploads: Arc<Semaphore>,
    pub(crate) observer: Observer,
}

/// What an upload may be.
pub(crate) struct UploadLimits {
    pub(crate) max_bytes: u64,
    pub(crate) max_pixels: u64,
    pub(crate) idle: Duration,
    pub(crate) whole: Duration,
}
