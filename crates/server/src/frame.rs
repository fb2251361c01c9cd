//! The frame of a service. A service brings its own routes, its metrics, its document and
//! its readiness checks; everything around them is here: the routes that every service
//! has, the listener, the log line that says where it listens, and an orderly stop.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::{FromRequest, Handler, HttpResponse, web};
use anyhow::Context as _;
use tokio_util::sync::CancellationToken;
use utoipa::openapi::OpenApi;

use crate::auth::ApiKeys;
use crate::connections::Connections;
use crate::docs;
use crate::health::Checks;
use crate::http::{self, HttpSettings, Listeners, Part, Shared};
use crate::metrics::Metrics;
use crate::observe::Observer;
use crate::rates::Requests;
use crate::service_routes;

/// What a service is called and how it is described.
pub struct Frame {
    /// Its name, as in [`crate::settings::Process`].
    pub name: &'static str,
    /// Its OpenAPI document, complete; see [`docs::ServiceDocument`].
    pub document: OpenApi,
    /// Its metrics, all registered.
    pub metrics: Metrics,
    /// How API keys are looked up, where access is controlled.
    pub api_keys: Option<ApiKeys>,
}

/// What a service answers at `/` to browsers, as app data; without it they get what all get.
#[derive(Clone, Copy)]
pub struct FrontPage(pub fn() -> HttpResponse);

/// A service that listens and is not being served yet.
pub struct Listening {
    address: SocketAddr,
    internal: SocketAddr,
    server: Pin<Box<dyn Future<Output = io::Result<()>> + Send>>,
}

impl Frame {
    /// Begins to listen. `checks` is the handler that looks at what the service depends
    /// on, for `/health/ready`; `state` adds
    /// what the handlers see, and `routes` the service's own routes;
    /// `stop` ends the service.
    ///
    /// # Errors
    ///
    /// When the address is taken or not this machine's.
    pub fn listen<H, Args>(
        self,
        address: SocketAddr,
        settings: &HttpSettings,
        stop: CancellationToken,
        checks: H,
        state: impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
        routes: fn(&mut web::ServiceConfig),
    ) -> anyhow::Result<Listening>
    where
        H: Handler<Args, Output = Checks> + Send,
        Args: FromRequest + 'static,
    {
        let Self { name, document, mut metrics, api_keys } = self;
        let connections = Arc::new(Connections::new(settings.connections()));
        let counted = Arc::clone(&connections);
        metrics.gauge("http_connections", "Open HTTP connections", move || counted.count());
        let counted = Arc::clone(&connections);
        metrics.counter(
            "http_connections_shed",
            "HTTP connections closed to make room for others",
            move || counted.shed(),
        );
        let requests = Arc::new(Requests::new(&settings.rates));
        let counted = Arc::clone(&requests);
        metrics.counter(
            "http_requests_over_rate",
            "HTTP requests refused because their caller asked too often",
            move || counted.refused(),
        );
        let swagger = settings.swagger;
        let listeners = Listeners::open(address, settings)?;
        let address = listeners.address(Part::Public)?.unwrap_or(address);
        let internal = listeners.address(Part::Internal)?.unwrap_or(address);
        let admin = listeners.address(Part::Admin)?;
        let shared = Shared { connections, observer: Observer::new(metrics), requests, api_keys };
        let server = http::serve(listeners, settings, shared, stop, move |config, part| {
            service_routes::configure_alive(config);
            // What is the operator's has one place.
            if part != Part::Public || admin.is_none() {
                service_routes::configure(config, checks.clone());
                docs::configure(config, &document, swagger);
            }
            state(config);
            if part != Part::Admin {
                routes(config);
            }
        })?;
        let scheme = if settings.tls.is_on() { "https" } else { "http" };
        log::info!(address:% = address; "{name} listens at {scheme}://{address}");
        if let Some(address) = admin {
            log::info!(address:% = address; "{name} has metrics, readiness and documents at {scheme}://{address}");
        }
        Ok(Listening { address, internal, server: Box::pin(server) })
    }
}

impl Listening {
    /// Where the service listens; the real port, also when port 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where other services of this process reach it without TLS.
    pub fn internal_address(&self) -> SocketAddr {
        self.internal
    }

    /// Serves until the service is told to stop and its last requests are answered.
    ///
    /// # Errors
    ///
    /// When a worker thread fails.
    pub async fn serve(self) -> anyhow::Result<()> {
        self.server.await.context("serve HTTP")
    }
}
