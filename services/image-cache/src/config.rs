//! The settings of image-cache.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use events::MqttSettings;
use server::http::HttpSettings;
use server::logs::LogSettings;
use server::memory::{MemoryLimit, MemorySize, Part};
use server::settings::{ByteSize, PixelCount, Wait, checked};
use storage::Quota;

use crate::blobs::BlobSettings;

/// What `auto` is.
const CACHE: Part = Part { percent: 6, max_bytes: 256 << 20 };

/// Every setting of image-cache; see `--help`.
#[derive(Args, Debug, Clone)]
pub struct Settings {
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1:3000", value_parser = checked::<SocketAddr>())]
    pub listen: SocketAddr,
    /// Folder for originals and the catalogue; created if missing
    #[arg(long, default_value = "./data/image-cache")]
    pub data_dir: PathBuf,
    /// Where originals are kept
    #[command(flatten)]
    pub blobs: BlobSettings,
    /// Memory for frequently requested originals; 0 disables the cache, and auto is 6 % of
    /// what the process may have, up to 256MiB
    #[arg(long, default_value = "auto", value_parser = checked::<MemorySize>())]
    pub memory_cache: MemorySize,
    /// Largest original to keep in memory; larger ones are streamed from disk
    #[arg(long, default_value = "4MiB", value_parser = checked::<ByteSize>())]
    pub max_cached_original: ByteSize,
    /// Maximum size of an upload
    #[arg(long, default_value = "64MiB", value_parser = checked::<ByteSize>())]
    pub max_upload: ByteSize,
    /// Maximum number of pixels of an uploaded image
    #[arg(long, default_value = "100MP", value_parser = checked::<PixelCount>())]
    pub max_pixels: PixelCount,
    /// Maximum number of concurrent uploads; further ones get 503
    #[arg(long, default_value = "256", value_parser = checked::<usize>())]
    pub max_concurrent_uploads: usize,
    /// How long an upload may stall before it is aborted
    #[arg(long, default_value = "15s", value_parser = checked::<Wait>())]
    pub upload_idle_timeout: Wait,
    /// Maximum total time of an upload
    #[arg(long, default_value = "10m", value_parser = checked::<Wait>())]
    pub upload_timeout: Wait,
    /// How long browsers and proxies may cache an image (max-age)
    #[arg(long, default_value = "1h", value_parser = checked::<Wait>())]
    pub max_age: Wait,
    /// How long to keep changes that no broker has accepted
    #[arg(long, default_value = "7days", value_parser = checked::<Wait>())]
    pub keep_events: Wait,
    /// Maximum number of clients listening to /events; further ones get 503
    #[arg(long, default_value = "256", value_parser = checked::<usize>())]
    pub max_listeners: usize,
    /// Most bytes of originals that one owner may store; unlimited unless set
    #[arg(long, value_parser = checked::<ByteSize>())]
    pub quota_bytes: Option<ByteSize>,
    /// Most images that one owner may store; unlimited unless set
    #[arg(long, value_parser = checked::<u64>())]
    pub quota_images: Option<u64>,
    /// MQTT broker
    #[command(flatten)]
    pub mqtt: MqttSettings,
    /// Limits of the HTTP server
    #[command(flatten)]
    pub http: HttpSettings,
    /// Logging
    #[command(flatten)]
    pub logs: LogSettings,
}

impl Settings {
    /// The memory in bytes for originals.
    pub(crate) fn memory(&self, limit: &MemoryLimit) -> u64 {
        self.memory_cache.bytes(limit, CACHE)
    }

    /// The most that one owner may store.
    pub(crate) fn quota(&self) -> Quota {
        Quota { bytes: self.quota_bytes.map(ByteSize::bytes), images: self.quota_images }
    }

    /// What `auto` comes to in this process, in a sentence.
    pub fn effective(&self) -> Vec<String> {
        let limit = MemoryLimit::of_process();
        vec![format!("image-cache: memory cache {} MiB, of {limit}", self.memory(&limit) >> 20)]
    }

    /// What is wrong with settings that only make sense together, each in a sentence.
    pub fn mistakes(&self) -> Vec<String> {
        let mut mistakes = self.mqtt.broker().err().unwrap_or_default();
        mistakes.extend(self.blobs.place().err().unwrap_or_default());
        mistakes.extend(self.http.mistakes(self.listen));
        mistakes
    }
}
