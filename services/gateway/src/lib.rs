//! The gateway: one address for everything that image-cache and image-processor serve.
//! It owns nothing and keeps nothing; what it knows is a table of routes and which
//! image-processors are well.

mod app;
mod config;
mod error;
mod forward;
mod headers;
mod openapi;
mod origin;
mod probe;
mod relay;
mod replica;
mod replicas;
mod retries;
mod routes;
mod state;
mod upload;

use server::process::Service;
use server::settings::Process;

pub use app::Application;
pub use config::Settings;
pub use openapi::document;
pub use origin::{Named, Origin};

/// The names of this process.
pub const PROCESS: Process = Process {
    name: "gateway",
    env_prefix: "GATEWAY",
    about: "Serves image-cache and any number of image-processors at one address.",
};

/// This service as a process of its own.
pub const SERVICE: Service<Settings> = Service {
    process: PROCESS,
    openapi: document,
    check: Settings::mistakes,
    effective: |_| Vec::new(),
    logs: |settings| &settings.logs,
    listen: |settings| (settings.listen, settings.http.tls.is_on()),
    run: |settings, stop| Box::pin(async move { Application::build(&settings, stop)?.run().await }),
};
