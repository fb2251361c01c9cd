//! The settings of image-cache.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use events::MqttSettings;
use server::http::HttpSettings;
use server::logs::LogSettings;
use server::settings::{ByteSize, PixelCount, Wait, checked};

/// Every setting of image-cache; see `--help`.
#[derive(Args, Debug, Clone)]
pub struct Settings {
    /// The address to listen at
    #[arg(long, default_value = "127.0.0.1:3000", value_parser = checked::<SocketAddr>())]
    pub listen: SocketAddr,
    /// The folder for originals and the catalogue; made if it is not there
    #[arg(long, default_value = "./data/image-cache")]
    pub data_dir: PathBuf,
    /// Memory for originals that are asked for often; 0 switches the cache off
    #[arg(long, default_value = "256MiB", value_parser = checked::<ByteSize>())]
    pub memory_cache: ByteSize,
    /// The largest original that is kept in memory; larger ones are streamed from the volume
    #[arg(long, default_value = "4MiB", value_parser = checked::<ByteSize>())]
    pub max_cached_original: ByteSize,
    /// The largest upload
    #[arg(long, default_value = "64MiB", value_parser = checked::<ByteSize>())]
    pub max_upload: ByteSize,
    /// The most pixels of an upload
    #[arg(long, default_value = "100MP", value_parser = checked::<PixelCount>())]
    pub max_pixels: PixelCount,
    /// Uploads that are taken at once; a further one gets 503
    #[arg(long, default_value = "256", value_parser = checked::<usize>())]
    pub max_concurrent_uploads: usize,
    /// How long an upload may make no progress
    #[arg(long, default_value = "15s", value_parser = checked::<Wait>())]
    pub upload_idle_timeout: Wait,
    /// How long an upload may take altogether
    #[arg(long, default_value = "10m", value_parser = checked::<Wait>())]
    pub upload_timeout: Wait,
    /// How long browsers and proxies may use an image without asking again
    #[arg(long, default_value = "1h", value_parser = checked::<Wait>())]
    pub max_age: Wait,
    /// How long changes are kept that no broker has taken
    #[arg(long, default_value = "7days", value_parser = checked::<Wait>())]
    pub keep_events: Wait,
    /// Clients that listen to /events at once; a further one gets 503
    #[arg(long, default_value = "256", value_parser = checked::<usize>())]
    pub max_listeners: usize,
    /// The MQTT broker
    #[command(flatten)]
    pub mqtt: MqttSettings,
    /// The limits of the HTTP server
    #[command(flatten)]
    pub http: HttpSettings,
    /// What is logged, and how
    #[command(flatten)]
    pub logs: LogSettings,
}

impl Settings {
    /// What is wrong with settings that only make sense together, each in a sentence.
    pub fn mistakes(&self) -> Vec<String> {
        let mut mistakes = self.mqtt.broker().err().unwrap_or_default();
        mistakes.extend(self.http.auth.mistakes(&[self.listen]));
        mistakes
    }
}
