//! The settings of image-processor.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{ArgAction, Args};
use client::BaseUrl;
use server::http::HttpSettings;
use server::logs::LogSettings;
use server::memory::{MemoryLimit, MemorySize, Part};
use server::rates::Rate;
use server::settings::{ByteSize, PixelCount, Wait, checked};

use crate::presets::Presets;
use crate::shared_cache::SharedCacheUrl;

/// What `auto` is. All parts of both services together are a third of the limit: as much
/// again is what is not counted, connections, threads, files on their way, and the rest is room.
const BUDGET: Part = Part { percent: 22, max_bytes: 1 << 30 };
const CACHE: Part = Part { percent: 6, max_bytes: 256 << 20 };

/// Every setting of image-processor; see `--help`.
#[derive(Args, Debug, Clone)]
pub struct Settings {
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1:3001", value_parser = checked::<SocketAddr>())]
    pub listen: SocketAddr,
    /// Folder for derived images; safe to delete, since they can be computed again
    #[arg(long, default_value = "./data/image-processor")]
    pub data_dir: PathBuf,
    /// URL of image-cache
    #[arg(long, default_value = "http://127.0.0.1:3000", value_parser = checked::<BaseUrl>())]
    pub cache_url: BaseUrl,
    /// Memory for derived images; 0 disables this cache, and auto is 6 % of what the process
    /// may have, up to 256MiB
    #[arg(long, default_value = "auto", value_parser = checked::<MemorySize>())]
    pub memory_cache: MemorySize,
    /// Disk space for derived images; 0 disables this cache
    #[arg(long, default_value = "4GiB", value_parser = checked::<ByteSize>())]
    pub disk_cache: ByteSize,
    /// Maximum number of pixels of an original
    #[arg(long, default_value = "100MP", value_parser = checked::<PixelCount>())]
    pub max_pixels: PixelCount,
    /// Maximum size of an original
    #[arg(long, default_value = "64MiB", value_parser = checked::<ByteSize>())]
    pub max_source: ByteSize,
    /// Maximum number of pixels of a derived image
    #[arg(long, default_value = "50MP", value_parser = checked::<PixelCount>())]
    pub max_output_pixels: PixelCount,
    /// Number of images to process in parallel; 0 means one per core
    #[arg(long, default_value = "0", value_parser = checked::<usize>())]
    pub workers: usize,
    /// Maximum number of images waiting to be processed; further ones get 503
    #[arg(long, default_value = "64", value_parser = checked::<usize>())]
    pub max_queue: usize,
    /// Memory for originals and pixels of all images being processed; auto is 22 % of what
    /// the process may have, up to 1GiB
    #[arg(long, default_value = "auto", value_parser = checked::<MemorySize>())]
    pub memory_budget: MemorySize,
    /// Maximum total time of a request
    #[arg(long, default_value = "30s", value_parser = checked::<Wait>())]
    pub request_timeout: Wait,
    /// Timeout for connecting to image-cache
    #[arg(long, default_value = "1s", value_parser = checked::<Wait>())]
    pub connect_timeout: Wait,
    /// Timeout for metadata from image-cache, and for the next bytes of an original
    #[arg(long, default_value = "5s", value_parser = checked::<Wait>())]
    pub read_timeout: Wait,
    /// How long to trust that an original still exists before asking image-cache again
    #[arg(long, default_value = "1s", value_parser = checked::<Wait>())]
    pub recheck: Wait,
    /// Follow image-cache's events, to drop derived images as soon as their original is deleted
    #[arg(long, default_value = "true", value_parser = checked::<bool>(), action = ArgAction::Set, value_name = "true|false")]
    pub follow_events: bool,
    /// How long browsers and proxies may cache an image (max-age)
    #[arg(long, default_value = "1h", value_parser = checked::<Wait>())]
    pub max_age: Wait,
    /// Redis or Valkey server whose memory image-processors share, besides the disk cache of each, such as redis://127.0.0.1:6379
    #[arg(long, value_name = "URL", value_parser = checked::<SharedCacheUrl>())]
    pub shared_cache: Option<SharedCacheUrl>,
    /// File with the password of the shared cache
    #[arg(long, value_name = "FILE")]
    pub shared_cache_password_file: Option<PathBuf>,
    /// File (TOML) with options under names, such as card = "width=300&height=200", which `preset=card` stands for
    #[arg(long, value_name = "FILE")]
    pub presets_file: Option<PathBuf>,
    /// Refuse all options but presets
    #[arg(long, default_value = "false", value_parser = checked::<bool>(), action = ArgAction::Set, value_name = "true|false")]
    pub presets_only: bool,
    /// Maximum number of pixels per minute that images are made from or have, whichever is more, for one caller, or for one address where nobody shows a credential; what is cached is free, and further ones get 429
    #[arg(long, value_name = "PIXELS", value_parser = checked::<PixelCount>())]
    pub max_pixel_rate: Option<PixelCount>,
    /// Limits of the HTTP server
    #[command(flatten)]
    pub http: HttpSettings,
    /// Logging
    #[command(flatten)]
    pub logs: LogSettings,
}

impl Settings {
    /// How many thousand pixels each caller may have worked on.
    pub(crate) fn pixel_rate(&self) -> Option<Rate> {
        let kilopixels = self.max_pixel_rate?.pixels().div_ceil(1000);
        Some(Rate::per_minute(
            u32::try_from(kilopixels).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MAX),
        ))
    }

    /// The presets; or everything that is wrong with them.
    pub(crate) fn presets(&self) -> Result<Presets, Vec<String>> {
        Presets::read(self.presets_file.as_deref(), self.presets_only)
    }

    /// The memory in bytes for images being processed, and for derived images.
    pub(crate) fn memory(&self, limit: &MemoryLimit) -> (u64, u64) {
        (self.memory_budget.bytes(limit, BUDGET), self.memory_cache.bytes(limit, CACHE))
    }

    /// What `auto` comes to in this process, in a sentence.
    pub fn effective(&self) -> Vec<String> {
        let limit = MemoryLimit::of_process();
        let (budget, cache) = self.memory(&limit);
        let (budget, cache) = (budget >> 20, cache >> 20);
        vec![format!("image-processor: memory budget {budget} MiB, memory cache {cache} MiB, of {limit}")]
    }

    /// What is wrong with settings that only make sense together, each in a sentence.
    pub fn mistakes(&self) -> Vec<String> {
        let mut mistakes = self.http.mistakes(self.listen);
        mistakes.extend(self.presets().err().unwrap_or_default());
        if self.shared_cache_password_file.is_some() && self.shared_cache.is_none() {
            mistakes.push("--shared-cache-password-file needs --shared-cache".to_owned());
        }
        if !self.http.auth.is_open() && self.http.auth.has_no_service_key() {
            mistakes.push(
                "--service-key-file must be set where keys are: image-cache tells only services who may see what"
                    .to_owned(),
            );
        }
        mistakes
    }
}
