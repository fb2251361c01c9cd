//! The composition root: the only place where parts are made and joined.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::web;
use anyhow::Context as _;
use server::metrics::Metrics;
use server::observe::Observer;
use storage::{Storage, StorageSettings};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::config::Settings;
use crate::library::Library;
use crate::publisher::{self, PublisherStatus};
use crate::state::{AppState, UploadLimits};
use crate::{document, routes};

/// The service, listening, with everything that it needs.
pub struct Application {
    address: SocketAddr,
    server: Pin<Box<dyn Future<Output = io::Result<()>> + Send>>,
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
        let storage = Storage::open(StorageSettings {
            data_dir: settings.data_dir.clone(),
            keep_events: settings.keep_events.duration(),
        })
        .await
        .context("open the data folder")?;
        let library = Library::new(
            storage.clone(),
            settings.memory_cache.bytes(),
            settings.max_cached_original.bytes(),
            settings.max_age.duration(),
        );
        let mut metrics = Metrics::new("image-cache");
        library.describe(&mut metrics);
        let broker = settings.mqtt.broker().map_err(|mistakes| anyhow::anyhow!(mistakes.join("; ")))?;
        let broker = broker.map(|broker| (broker, PublisherStatus::default()));
        if let Some((_, status)) = &broker {
            status.describe(&mut metrics, &storage.outbox());
        }
        let observer = Observer::new(metrics);
        let state = web::Data::new(AppState {
            library,
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
            observer: observer.clone(),
        });
        let document = document();
        let swagger = settings.http.swagger;
        let listener = server::http::listen(settings.listen)
            .with_context(|| format!("listen at {}", settings.listen))?;
        let address = listener.local_addr()?;
        let server = server::http::serve(listener, &settings.http, observer, stop, move |config| {
            config.app_data(state.clone());
            routes::configure(config);
            server::docs::configure(config, &document, swagger);
        })?;
        log::info!(address:% = address; "image-cache listens at http://{address}");
        // Only now, so that nothing is published by a process that could not start.
        let stop_publisher = CancellationToken::new();
        let publisher = broker.map(|(broker, status)| {
            tokio::spawn(publisher::run(storage.outbox(), broker, status, stop_publisher.clone()))
        });
        Ok(Self { address, server: Box::pin(server), storage, publisher, stop_publisher })
    }

    /// Where the service listens; the real port, also when port 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Runs until the token is cancelled, then closes in this order: HTTP, publisher, storage.
    ///
    /// # Errors
    ///
    /// When a worker thread fails.
    pub async fn run(self) -> anyhow::Result<()> {
        let served = self.server.await.context("serve HTTP");
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
