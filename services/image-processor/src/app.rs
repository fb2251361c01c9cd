//! The composition root: the only place where parts are made and joined.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use actix_web::web;
use anyhow::Context as _;
use cache::{Budget, Shelf, Volume, VolumeError};
use client::{Credential, ImageCacheClient, Listener, Timeouts};
use domain::EventId;
use server::auth::{ApiKeys, KeysUnavailable, StoredKey};
use server::frame::{Frame, Listening};
use server::image_response::Keeping;
use server::memory::MemoryLimit;
use server::metrics::Metrics;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio_util::sync::CancellationToken;

use crate::breaker::Breaker;
use crate::config::Settings;
use crate::derivations::{Derivations, MakeLimits};
use crate::follower::follow;
use crate::gate::Gate;
use crate::sources::Sources;
use crate::state::AppState;
use crate::{PROCESS, document, routes, shared_cache};

/// The records of originals may take this part of what derived images may, beside them.
const RECORDS_PART: u64 = 16;
/// What records may take while they are read; each has a kilobyte or two.
const RECORD_READS_BYTES: u64 = 1024 * 1024;
/// The part of the memory budget that results may take while they wait to be written.
const PENDING_PART: u64 = 4;

/// The service, listening, with everything that it needs.
pub struct Application {
    listening: Listening,
    state: web::Data<AppState>,
    follower: Option<JoinHandle<()>>,
}

impl Application {
    /// Opens the cache folder and begins to listen; `stop` ends the service.
    ///
    /// # Errors
    ///
    /// When the folder cannot be opened or the address cannot be bound.
    pub async fn build(settings: &Settings, stop: CancellationToken) -> anyhow::Result<Self> {
        let timeouts = Timeouts {
            connect: settings.connect_timeout.duration(),
            read: settings.read_timeout.duration(),
            short: settings.read_timeout.duration(),
            original: settings.request_timeout.duration(),
        };
        let auth = &settings.http.auth;
        let service_keys = auth.service_keys()?;
        let credential =
            service_keys.as_ref().map(|keys| keys.sent().reveal().parse::<Credential>()).transpose()?;
        let client = ImageCacheClient::new(&settings.cache_url, timeouts, credential.as_ref())
            .context("make the HTTP client")?;
        let workers = match settings.workers {
            0 => std::thread::available_parallelism()?.get(),
            workers => workers,
        };
        let breaker = Breaker::new(client);
        let (budget_bytes, memory_bytes) = settings.memory(&MemoryLimit::of_process());
        settings.effective().iter().for_each(|sentence| log::info!("{sentence}"));
        // What the memory cache holds is counted in it too, so it takes nothing from the rest.
        let memory = Budget::new(budget_bytes.saturating_add(memory_bytes));
        let gate = Gate::new(workers, memory.clone(), budget_bytes, settings.max_queue);
        let limits = MakeLimits {
            max_source_bytes: settings.max_source.bytes(),
            max_source_pixels: settings.max_pixels.pixels(),
        };
        let disk_bytes = settings.disk_cache.bytes();
        let derived = open_shelf(settings.data_dir.join("derived"), disk_bytes, memory).await?;
        let derived = match &settings.shared_cache {
            None => derived,
            Some(url) => {
                let password = settings.shared_cache_password_file.as_deref();
                let remote = shared_cache::open(url, password, service_keys.as_ref())?;
                log::info!("derived images are shared by {url}");
                Some(match derived {
                    Some(shelf) => shelf.over(remote),
                    None => remote.into(),
                })
            }
        };
        let reads = Budget::new(RECORD_READS_BYTES);
        let records = open_shelf(settings.data_dir.join("sources"), disk_bytes / RECORDS_PART, reads).await?;
        let kept = cache::Settings { memory_bytes, max_pending_bytes: budget_bytes / PENDING_PART };
        let derivations =
            Derivations::new(kept, derived, gate, breaker.clone(), limits, settings.pixel_rate());
        let mut metrics = Metrics::new(PROCESS.name);
        derivations.describe(&mut metrics);
        let api_keys = api_keys(&breaker);
        let state = web::Data::new(AppState {
            sources: Sources::new(breaker.clone(), records, settings.recheck.duration()),
            derivations,
            breaker,
            max_output_pixels: settings.max_output_pixels.pixels(),
            keeping: Keeping::new(settings.max_age.duration(), auth.is_open()),
            api_keys: api_keys.clone(),
            presets: settings.presets().map_err(|mistakes| anyhow::anyhow!(mistakes.join("; ")))?,
            request_timeout: settings.request_timeout.duration(),
        });
        let shared = state.clone();
        let stop_following = stop.clone();
        let frame = Frame { name: PROCESS.name, document: document(), metrics, api_keys: Some(api_keys) };
        let listening = frame.listen(
            settings.listen,
            &settings.http,
            stop,
            routes::ready::checks,
            move |config| {
                config.app_data(shared.clone());
            },
            routes::configure,
        )?;
        // From the first event that is kept: what was deleted while this process was away
        // goes too.
        let follower = settings.follow_events.then(|| {
            let connect = settings.connect_timeout.duration();
            Listener::new(&settings.cache_url, connect, Some(EventId::BEGINNING), credential.as_ref())
        });
        let follower = follower.transpose().context("make the HTTP client for events")?;
        let follower = follower.map(|listener| tokio::spawn(follow(listener, state.clone(), stop_following)));
        Ok(Self { listening, state, follower })
    }

    /// Where the service listens; the real port, also when port 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.listening.address()
    }

    /// Where other services of this process reach it, without TLS.
    pub fn internal_address(&self) -> SocketAddr {
        self.listening.internal_address()
    }

    /// Runs until the token is cancelled, then closes in this order: HTTP, caches.
    ///
    /// # Errors
    ///
    /// When a worker thread fails.
    pub async fn run(self) -> anyhow::Result<()> {
        let served = self.listening.serve().await;
        if let Some(follower) = self.follower {
            follower.abort();
        }
        self.state.derivations.close().await;
        self.state.sources.close();
        served
    }
}

/// Opens a cache folder; none where it may have no bytes.
async fn open_shelf(folder: PathBuf, bytes: u64, reads: Budget) -> anyhow::Result<Option<Shelf>> {
    if bytes == 0 {
        return Ok(None);
    }
    let context = format!("open the cache folder {}", folder.display());
    match spawn_blocking(move || Volume::open(&folder, bytes, reads)).await? {
        Ok(volume) => Ok(Some(volume.into())),
        Err(error @ VolumeError::InUse { .. }) => Err(error).context(context),
        // What is kept there can be made again; without it the service still works.
        Err(error) => {
            log::error!("{context}: {:#}; going on without it", anyhow::Error::from(error));
            Ok(None)
        }
    }
}

/// API keys as image-cache tells of them.
fn api_keys(breaker: &Breaker) -> ApiKeys {
    let breaker = breaker.clone();
    ApiKeys::new(Arc::new(move |id| {
        let breaker = breaker.clone();
        Box::pin(async move {
            let asked = breaker.call(breaker.client().key(&id.to_string())).await;
            let found = asked.map_err(|error| KeysUnavailable(error.to_string()))?;
            Ok(found.and_then(|told| StoredKey::of(&told)))
        })
    }))
}
