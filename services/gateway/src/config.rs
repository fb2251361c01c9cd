//! The settings of the gateway.

use std::net::SocketAddr;

use clap::Args;
use server::http::HttpSettings;
use server::logs::LogSettings;
use server::settings::{Wait, checked};

use crate::origin::{Named, Origin};

/// Every setting of the gateway; see `--help`.
#[derive(Args, Debug, Clone)]
pub struct Settings {
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1:8080", value_parser = checked::<SocketAddr>())]
    pub listen: SocketAddr,
    /// URL of image-cache
    #[arg(long, default_value = "http://127.0.0.1:3000", value_parser = checked::<Origin>())]
    pub cache_url: Origin,
    /// An image-processor and its name, which decides which images it gets; repeatable
    #[arg(long, default_value = "main=http://127.0.0.1:3001", value_parser = checked::<Named>(), value_delimiter = ',', value_name = "NAME=URL")]
    pub processor: Vec<Named>,
    /// Host name and port whose addresses are all image-processors, instead of --processor
    #[arg(long, value_name = "HOST:PORT")]
    pub processor_dns: Option<String>,
    /// Timeout for connecting to a service
    #[arg(long, default_value = "1s", value_parser = checked::<Wait>())]
    pub connect_timeout: Wait,
    /// Timeout for the first byte of an original, a list or other metadata
    #[arg(long, default_value = "10s", value_parser = checked::<Wait>())]
    pub read_timeout: Wait,
    /// Timeout for the first byte of a derived image
    #[arg(long, default_value = "32s", value_parser = checked::<Wait>())]
    pub derived_timeout: Wait,
    /// Timeout for the answer to a change, and to an upload once its body is sent
    #[arg(long, default_value = "60s", value_parser = checked::<Wait>())]
    pub change_timeout: Wait,
    /// Timeout for the next bytes of an answer
    #[arg(long, default_value = "10s", value_parser = checked::<Wait>())]
    pub idle_timeout: Wait,
    /// Timeout for the next bytes of an upload, from the client and to image-cache
    #[arg(long, default_value = "15s", value_parser = checked::<Wait>())]
    pub upload_idle_timeout: Wait,
    /// Maximum total time of an upload
    #[arg(long, default_value = "10m", value_parser = checked::<Wait>())]
    pub upload_timeout: Wait,
    /// Maximum number of connections to the services for everything but uploads and listeners
    #[arg(long, default_value = "1024", value_parser = checked::<usize>())]
    pub max_upstream_connections: usize,
    /// Maximum number of listeners to /events
    #[arg(long, default_value = "512", value_parser = checked::<usize>())]
    pub max_listeners: usize,
    /// Limits of the HTTP server
    #[command(flatten)]
    pub http: HttpSettings,
    /// Logging
    #[command(flatten)]
    pub logs: LogSettings,
}

impl Settings {
    /// What is wrong with settings that only make sense together, each in a sentence.
    pub fn mistakes(&self) -> Vec<String> {
        self.http.mistakes(self.listen)
    }
}
