//! The settings of image-processor.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{ArgAction, Args};
use client::BaseUrl;
use server::http::HttpSettings;
use server::logs::LogSettings;
use server::settings::{ByteSize, PixelCount, Wait, checked};

/// Every setting of image-processor; see `--help`.
#[derive(Args, Debug, Clone)]
pub struct Settings {
    /// The address to listen at
    #[arg(long, default_value = "127.0.0.1:3001", value_parser = checked::<SocketAddr>())]
    pub listen: SocketAddr,
    /// The folder for derived images; it may be lost at any time
    #[arg(long, default_value = "./data/image-processor")]
    pub data_dir: PathBuf,
    /// Where image-cache is
    #[arg(long, default_value = "http://127.0.0.1:3000", value_parser = checked::<BaseUrl>())]
    pub cache_url: BaseUrl,
    /// Memory for derived images; 0 switches this cache off
    #[arg(long, default_value = "256MiB", value_parser = checked::<ByteSize>())]
    pub memory_cache: ByteSize,
    /// Disk space for derived images; 0 switches this cache off
    #[arg(long, default_value = "4GiB", value_parser = checked::<ByteSize>())]
    pub disk_cache: ByteSize,
    /// The most pixels of an original that is processed
    #[arg(long, default_value = "100MP", value_parser = checked::<PixelCount>())]
    pub max_pixels: PixelCount,
    /// The largest original that is fetched
    #[arg(long, default_value = "64MiB", value_parser = checked::<ByteSize>())]
    pub max_source: ByteSize,
    /// The most pixels of a result
    #[arg(long, default_value = "50MP", value_parser = checked::<PixelCount>())]
    pub max_output_pixels: PixelCount,
    /// Images that are made at once; 0 is one for each core
    #[arg(long, default_value = "0", value_parser = checked::<usize>())]
    pub workers: usize,
    /// Images that may wait to be made; a further one gets 503
    #[arg(long, default_value = "64", value_parser = checked::<usize>())]
    pub max_queue: usize,
    /// Memory for originals and pixels of all images being made
    #[arg(long, default_value = "1GiB", value_parser = checked::<ByteSize>())]
    pub memory_budget: ByteSize,
    /// How long a request may take altogether
    #[arg(long, default_value = "30s", value_parser = checked::<Wait>())]
    pub request_timeout: Wait,
    /// How long image-cache may take for a connection
    #[arg(long, default_value = "1s", value_parser = checked::<Wait>())]
    pub connect_timeout: Wait,
    /// How long image-cache may take for what it knows of an image, and for its next bytes
    #[arg(long, default_value = "5s", value_parser = checked::<Wait>())]
    pub read_timeout: Wait,
    /// How long it is believed that an original still exists, without asking again
    #[arg(long, default_value = "1s", value_parser = checked::<Wait>())]
    pub recheck: Wait,
    /// Whether to listen to image-cache's events, and drop what was made of a deleted original at once
    #[arg(long, default_value = "true", value_parser = checked::<bool>(), action = ArgAction::Set, value_name = "true|false")]
    pub follow_events: bool,
    /// How long browsers and proxies may use an image without asking again
    #[arg(long, default_value = "1h", value_parser = checked::<Wait>())]
    pub max_age: Wait,
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
        self.http.auth.mistakes(&[self.listen])
    }
}
