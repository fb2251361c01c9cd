//! image-cache: takes uploads, keeps originals and albums durably, serves them fast, and
//! tells what changed.

mod app;
mod blobs;
mod body;
mod config;
mod contents;
mod error;
mod ingest;
mod library;
mod links;
mod openapi;
mod original;
mod paging;
mod parts;
mod publisher;
mod rights;
mod routes;
mod serve;
mod stale;
mod state;

use server::process::Service;
use server::settings::Process;

pub use app::Application;
pub use blobs::BlobSettings;
pub use config::Settings;
pub use openapi::document;

/// The names of this process.
pub const PROCESS: Process = Process {
    name: "image-cache",
    env_prefix: "IMAGE_CACHE",
    about: "Stores uploaded images and albums durably, serves them, and publishes every change.",
};

/// This service as a process of its own.
pub const SERVICE: Service<Settings> = Service {
    process: PROCESS,
    openapi: document,
    check: Settings::mistakes,
    effective: Settings::effective,
    logs: |settings| &settings.logs,
    listen: |settings| (settings.listen, settings.http.tls.is_on()),
    run: |settings, stop| Box::pin(async move { Application::build(&settings, stop).await?.run().await }),
};
