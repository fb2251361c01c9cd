//! The composition root: the only place where parts are made and joined.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use access::Holder;
use actix_web::web;
use anyhow::Context as _;
use server::auth::{ApiKeys, KeysUnavailable, StoredKey};
use server::frame::{Frame, Listening};
use server::memory::MemoryLimit;
use server::metrics::Metrics;
use storage::{Storage, StorageSettings};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::config::Settings;
use crate::library::Library;
use crate::publisher::{self, PublisherStatus};
use crate::state::{AppState, UploadLimits};
use crate::{PROCESS, document, routes};

/// The service, listening, with everything that it needs.
pub struct Application {
    listening: Listening,
    storage: Storage,
    publisher: Option<JoinHandle<()>>,
    stop_publisher: CancellationToken,
}

impl Application {
    /// Opens the data folder and begins to listen; `stop` ends the service.
    ///
    /// # Errors
    ///
    /// When the folder cannot be opened or the address cannot be bound.
    pub async fn build(settings: &Settings, stop: CancellationToken) -> anyhow::Result<Self> {
        settings.effective().iter().for_each(|sentence| log::info!("{sentence}"));
        let blobs = settings.blobs.place().map_err(|mistakes| anyhow::anyhow!(mistakes.join("; ")))?;
        let storage = Storage::open(StorageSettings {
            data_dir: settings.data_dir.clone(),
            blobs,
            keep_events: settings.keep_events.duration(),
            quota: settings.quota(),
        })
        .await
        .context("open the data folder")?;
        let library = Library::new(
            storage.clone(),
            settings.memory(&MemoryLimit::of_process()),
            settings.max_cached_original.bytes(),
            settings.max_age.duration(),
            settings.http.auth.is_open(),
        );
        let mut metrics = Metrics::new(PROCESS.name);
        library.describe(&mut metrics);
        let broker = settings.mqtt.broker().map_err(|mistakes| anyhow::anyhow!(mistakes.join("; ")))?;
        let broker = broker.map(|broker| (broker, PublisherStatus::default()));
        if let Some((_, status)) = &broker {
            status.describe(&mut metrics, &storage.outbox());
        }
        let state = web::Data::new(AppState {
            library,
            default_visibility: settings.http.auth.default_visibility(),
            limits: UploadLimits {
                max_bytes: settings.max_upload.bytes(),
                max_pixels: settings.max_pixels.pixels(),
                idle: settings.upload_idle_timeout.duration(),
                whole: settings.upload_timeout.duration(),
            },
            uploads: Arc::new(Semaphore::new(settings.max_concurrent_uploads.min(Semaphore::MAX_PERMITS))),
            listeners: Arc::new(Semaphore::new(settings.max_listeners.min(Semaphore::MAX_PERMITS))),
            stop: stop.clone(),
            publisher: broker.as_ref().map(|(_, status)| status.clone()),
        });
        let api_keys = api_keys(&storage);
        let frame = Frame { name: PROCESS.name, document: document(), metrics, api_keys: Some(api_keys) };
        let listening = frame.listen(
            settings.listen,
            &settings.http,
            stop,
            routes::ready::checks,
            move |config| {
                config.app_data(state.clone());
            },
            routes::configure,
        )?;
        // Only now, so that nothing is published by a process that could not start.
        let stop_publisher = CancellationToken::new();
        let publisher = broker.map(|(broker, status)| {
            tokio::spawn(publisher::run(storage.outbox(), broker, status, stop_publisher.clone()))
        });
        Ok(Self { listening, storage, publisher, stop_publisher })
    }

    /// Where the service listens; the real port, also when port 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.listening.address()
    }

    /// Where other services of this process reach it, without TLS.
    pub fn internal_address(&self) -> SocketAddr {
        self.listening.internal_address()
    }

    /// Runs until the token is cancelled, then closes in this order: HTTP, publisher, storage.
    ///
    /// # Errors
    ///
    /// When a worker thread fails.
    pub async fn run(self) -> anyhow::Result<()> {
        let served = self.listening.serve().await;
        self.stop_publisher.cancel();
        if let Some(publisher) = self.publisher
            && let Err(error) = publisher.await
        {
            log::error!("the publisher of events broke: {error}");
        }
        self.storage.close().await;
        served
    }
}

/// API keys as they are in the catalogue.
fn api_keys(storage: &Storage) -> ApiKeys {
    let storage = storage.clone();
    ApiKeys::new(Arc::new(move |id| {
        let storage = storage.clone();
        Box::pin(async move {
            let found = storage.key(&id).await.map_err(|error| KeysUnavailable(error.to_string()))?;
            Ok(found.map(|key| StoredKey {
                digest: key.digest,
                holder: Holder { owner: key.owner, scopes: key.scopes },
                album: key.album,
                expires: key.expires.map(seconds),
            }))
        })
    }))
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
