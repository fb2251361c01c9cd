//! All that a handler may see.

use std::sync::Arc;
use std::time::Duration;

use server::network::Network;

use crate::replica::Replica;
use crate::replicas::Replicas;
use crate::retries::Retries;

/// The state of the gateway; one for all workers.
pub(crate) struct AppState {
    /// image-cache, of which there is one.
    pub(crate) cache: Arc<Replica>,
    pub(crate) replicas: Arc<Replicas>,
    pub(crate) retries: Retries,
    /// Sends uploads.
    pub(crate) uploads: reqwest::Client,
    pub(crate) waits: Waits,
    pub(crate) trusted_proxies: Vec<Network>,
}

/// How long the gateway waits for what.
pub(crate) struct Waits {
    pub(crate) read: Duration,
    pub(crate) derived: Duration,
    pub(crate) change: Duration,
    pub(crate) idle: Duration,
    pub(crate) upload_idle: Duration,
    pub(crate) upload: Duration,
}
