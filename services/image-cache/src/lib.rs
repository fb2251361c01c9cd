//! image-cache: takes uploads, keeps originals durably, serves them fast.

mod app;
mod config;
mod error;
mod ingest;
mod openapi;
mod originals;
mod routes;
mod state;

use server::process::Service;
use server::settings::Process;

pub use app::Application;
pub use config::Settings;
pub use openapi::document;

/// The names of this process.
pub const PROCESS: Process = Process {
    name: "image-cache",
    env_prefix: "IMAGE_CACHE",
    about: "Takes uploads of images, keeps the originals durably on a volume, and serves them.",
};

/// This service as a process of its own.
pub const SERVICE: Service<Settings> = Service {
    process: PROCESS,
    openapi: document,
    logs: |settings| &settings.logs,
    listen: |settings| settings.listen,
    run: |settings, stop| Box::pin(async move { Application::build(&settings, stop).await?.run().await }),
};
