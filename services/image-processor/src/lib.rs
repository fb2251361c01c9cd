//! image-processor: makes derived images from the originals of image-cache, and serves
//! each as fast as a file once it is made.

mod app;
mod breaker;
mod changes;
mod config;
mod derivations;
mod error;
mod failure;
mod follower;
mod gate;
mod known;
mod openapi;
mod presets;
mod routes;
mod serve;
mod shared_cache;
mod sources;
mod state;
mod work;

use server::process::Service;
use server::settings::Process;

pub use app::Application;
pub use config::Settings;
pub use openapi::document;

/// The names of this process.
pub const PROCESS: Process = Process {
    name: "image-processor",
    env_prefix: "IMAGE_PROCESSOR",
    about: "Serves blurred, resized and otherwise transformed versions of the images in image-cache.",
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
