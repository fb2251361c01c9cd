//! The composition root: the only place where parts are made and joined.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::web;
use anyhow::Context as _;
use client::{BaseUrl, Credential, ImageCacheClient, Timeouts};
use reqwest::Client;
use reqwest::redirect::Policy;
use server::auth::{ApiKeys, KeysUnavailable, StoredKey};
use server::frame::{Frame, FrontPage, Listening};
use server::metrics::Metrics;
use tokio_util::sync::CancellationToken;

use crate::config::Settings;
use crate::forward::Upstreams;
use crate::origin::Named;
use crate::probe::{probe, resolve};
use crate::replica::Replica;
use crate::replicas::Replicas;
use crate::retries::Retries;
use crate::state::{AppState, Waits};
use crate::{PROCESS, document, routes};

/// Shorter than image-cache keeps its connections (75 s).
const KEEP_ALIVE: Duration = Duration::from_secs(60);
/// A service that takes longer to say that it is ready, is not.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

/// The gateway, listening.
pub struct Application {
    listening: Listening,
}

impl Application {
    /// Begins to listen; `stop` ends the service.
    ///
    /// # Errors
    ///
    /// When the address cannot be bound.
    pub fn build(settings: &Settings, stop: CancellationToken) -> anyhow::Result<Self> {
        let client = || {
            let client = Client::builder().redirect(Policy::none()).no_proxy();
            client.connect_timeout(settings.connect_timeout.duration()).pool_idle_timeout(KEEP_ALIVE)
        };
        let uploads = client().build().context("make the HTTP client for uploads")?;
        let probes = client().timeout(PROBE_TIMEOUT).build().context("make the HTTP client for probes")?;
        // What a name stands for is looked up at once and again every few seconds.
        let named = if settings.processor_dns.is_none() { settings.processor.clone() } else { Vec::new() };
        let cache = Named { name: "image-cache".to_owned(), origin: settings.cache_url.clone() };
        let state = Arc::new(AppState {
            cache: Arc::new(Replica::new(cache)),
            replicas: Arc::new(Replicas::new(named)),
            retries: Retries::new(Instant::now()),
            uploads,
            waits: waits(settings),
            trusted_proxies: settings.http.rates.trusted_proxies.clone(),
        });
        let api_keys = Some(api_keys(settings)?);
        let frame = Frame { name: PROCESS.name, document: document(), metrics: metrics(&state), api_keys };
        let shared = web::Data::from(Arc::clone(&state));
        let for_workers = settings.clone();
        let workers = match settings.http.http_threads {
            0 => std::thread::available_parallelism()?.get(),
            threads => threads,
        };
        let listening = frame.listen(
            settings.listen,
            &settings.http,
            stop.clone(),
            routes::ready::checks,
            move |config| {
                // One for each worker: its connections stay on its thread.
                config.app_data(web::Data::new(Upstreams::new(&for_workers, workers)));
                config.app_data(FrontPage(routes::console::page));
                config.app_data(shared.clone());
            },
            routes::configure,
        )?;
        tokio::spawn(probe(Arc::clone(&state), probes, stop.clone()));
        if let Some(name) = settings.processor_dns.clone() {
            tokio::spawn(resolve(state, name, stop));
        }
        Ok(Self { listening })
    }

    /// Where the gateway listens; the real port, also when port 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.listening.address()
    }

    /// Runs until the token is cancelled.
    ///
    /// # Errors
    ///
    /// When a worker thread fails.
    pub async fn run(self) -> anyhow::Result<()> {
        self.listening.serve().await
    }
}

fn waits(settings: &Settings) -> Waits {
    Waits {
        read: settings.read_timeout.duration(),
        derived: settings.derived_timeout.duration(),
        change: settings.change_timeout.duration(),
        idle: settings.idle_timeout.duration(),
        upload_idle: settings.upload_idle_timeout.duration(),
        upload: settings.upload_timeout.duration(),
    }
}

fn metrics(state: &Arc<AppState>) -> Metrics {
    let mut metrics = Metrics::new(PROCESS.name);
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let of = Arc::clone(state);
    metrics
        .gauge("gateway_processors", "image-processors that are known", move || count(of.replicas.count().1));
    let of = Arc::clone(state);
    metrics.gauge("gateway_processors_ready", "image-processors that are ready", move || {
        count(of.replicas.count().0)
    });
    let of = Arc::clone(state);
    metrics.counter("gateway_retries", "Requests that were sent a second time", move || of.retries.spent());
    let of = Arc::clone(state);
    metrics.counter("gateway_retries_refused", "Retries that the retry budget did not allow", move || {
        of.retries.refused()
    });
    metrics
}

/// API keys as image-cache tells of them.
fn api_keys(settings: &Settings) -> anyhow::Result<ApiKeys> {
    let (connect, read) = (settings.connect_timeout.duration(), settings.read_timeout.duration());
    let timeouts = Timeouts { connect, read, short: read, original: read };
    let keys = settings.http.auth.service_keys()?;
    let credential = keys.map(|keys| keys.sent().reveal().parse::<Credential>()).transpose()?;
    let url: BaseUrl =
        settings.cache_url.to_string().parse().map_err(|reason| anyhow::anyhow!("--cache-url: {reason}"))?;
    let client =
        ImageCacheClient::new(&url, timeouts, credential.as_ref()).context("make the HTTP client")?;
    Ok(ApiKeys::new(Arc::new(move |id| {
        let client = client.clone();
        Box::pin(async move {
            let found =
                client.key(&id.to_string()).await.map_err(|error| KeysUnavailable(error.to_string()))?;
            Ok(found.and_then(|told| StoredKey::of(&told)))
        })
    })))
}
