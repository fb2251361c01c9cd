//! All that a handler may see.

use std::sync::Arc;
use std::time::Duration;

use domain::Visibility;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::library::Library;
use crate::publisher::PublisherStatus;

/// The state of the service; one for all workers.
pub(crate) struct AppState {
    pub(crate) library: Library,
    pub(crate) limits: UploadLimits,
    /// Who may see an upload that does not say.
    pub(crate) default_visibility: Visibility,
    /// One permit for each upload under way.
    pub(crate) uploads: Arc<Semaphore>,
    /// One permit for each listener to events.
    pub(crate) listeners: Arc<Semaphore>,
    /// Ends what would otherwise never end.
    pub(crate) stop: CancellationToken,
    /// The publisher, where there is a broker.
    pub(crate) publisher: Option<PublisherStatus>,
}

/// What an upload may be.
pub(crate) struct UploadLimits {
    pub(crate) max_bytes: u64,
    pub(crate) max_pixels: u64,
    pub(crate) idle: Duration,
    pub(crate) whole: Duration,
}
