//! Derived images and descriptions: found in memory or on the volume, or made, each once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix_web::http::header::HeaderValue;
use bytes::Bytes;
use cache::{Codec, Group, Key, MakeError, Outcome, Shelf, Tiered, Wanted};
use client::{Announced, Cause, ClientError};
use moka::sync::Cache;
use server::image_response::entity_tag;
use server::metrics::Metrics;
use server::rates::{Payer, Rate};
use server::request_id::RequestId;
use sha2::{Digest, Sha256};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout, timeout_at};

use crate::breaker::{Breaker, CallError};
use crate::failure::Failure;
use crate::gate::{Gate, GateError};
use crate::known::Known;
use crate::work::Work;

/// How many originals are remembered as impossible to process.
const REMEMBERED_FAILURES: u64 = 10_000;
/// How long. The same bytes fail the same way, but a release may bring a better decoder.
const REMEMBER_FAILURE: Duration = Duration::from_secs(600);

/// How long a stop waits for images that nobody waits for any more.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// A derived image, or a description.
#[derive(Clone)]
pub(crate) struct Derived {
    pub(crate) bytes: Bytes,
    pub(crate) etag: HeaderValue,
}

/// The identity of a derived image: equal keys, equal bytes.
#[derive(Clone, Copy)]
pub(crate) struct Identity {
    key: Key,
}

impl Identity {
    /// From the original's bytes, the work, and the version of the code that carries it out.
    pub(crate) fn of(original: &Known, work: &Work) -> Self {
        let mut digest = Sha256::new();
        digest.update(original.hash.as_bytes());
        digest.update(format!("{};version={}", work.text(), imaging::VERSION));
        let digest: [u8; 32] = digest.finalize().into();
        let mut variant = [0; 16];
        variant.copy_from_slice(digest.split_at(16).0);
        Self { key: Key { group: original.group, variant } }
    }

    /// The strong entity tag of the derived image.
    pub(crate) fn etag(&self) -> HeaderValue {
        entity_tag(format_args!("{:032x}", u128::from_be_bytes(self.key.variant)))
    }
}

/// Derived images and the way they are made.
pub(crate) struct Derivations {
    cache: Tiered<Derived, Failure>,
    failures: Cache<Key, Arc<Failure>>,
    maker: Arc<Maker>,
}

/// What making an image needs.
struct Maker {
    gate: Gate,
    breaker: Breaker,
    limits: MakeLimits,
    /// How many thousand pixels each payer may have worked on.
    rate: Option<Rate>,
    made: AtomicU64,
    panics: AtomicU64,
}

/// What making an image may cost.
#[derive(Clone, Copy)]
pub(crate) struct MakeLimits {
    pub(crate) max_source_bytes: u64,
    pub(crate) max_source_pixels: u64,
}

/// How much memory a making is given.
#[derive(Clone, Copy)]
enum Memory {
    /// What the original's own bytes ask for, which is mostly less than
    OfTheseBytes,
    /// what any original of its kind and size can.
    OfTheWorst,
}

/// One request for a derived image.
pub(crate) struct Order {
    pub(crate) identity: Identity,
    pub(crate) original: Arc<Known>,
    pub(crate) work: Work,
    /// When the request has to be answered.
    pub(crate) deadline: Instant,
    pub(crate) request_id: RequestId,
    /// Who pays if it has to be made.
    pub(crate) payer: Option<Payer>,
}

impl Derivations {
    /// Joins the parts.
    pub(crate) fn new(
        settings: cache::Settings,
        shelf: Option<Shelf>,
        gate: Gate,
        breaker: Breaker,
        limits: MakeLimits,
        rate: Option<Rate>,
    ) -> Self {
        let codec = Codec {
            weigh: |derived: &Derived| derived.bytes.len(),
            encode: |derived| (label(derived), derived.bytes.clone()),
            decode,
        };
        Self {
            cache: Tiered::new(settings, codec, shelf, Handle::current()),
            failures: Cache::builder()
                .max_capacity(REMEMBERED_FAILURES)
                .time_to_live(REMEMBER_FAILURE)
                .build(),
            maker: Arc::new(Maker {
                gate,
                breaker,
                limits,
                rate,
                made: AtomicU64::new(0),
                panics: AtomicU64::new(0),
            }),
        }
    }

    /// The derived image, if it is in memory.
    pub(crate) fn in_memory(&self, identity: Identity) -> Option<Derived> {
        self.cache.get(&identity.key)
    }

    /// The derived image from wherever it is, or made.
    pub(crate) async fn get(&self, order: Order) -> Result<(Derived, Outcome), Arc<Failure>> {
        let key = order.identity.key;
        if let Some(failure) = self.failures.get(&key) {
            return Err(failure);
        }
        let maker = Arc::clone(&self.maker);
        // Its log lines carry the id of the request that began it.
        let request_id = order.request_id.clone();
        let make = move |wanted| request_id.scope(async move { maker.make(order, wanted).await });
        match self.cache.get_or_make(key, make).await {
            Ok(found) => Ok(found),
            Err(MakeError::Failed(failure)) => {
                if failure.is_lasting() {
                    self.failures.insert(key, Arc::clone(&failure));
                }
                Err(failure)
            }
            Err(MakeError::Lost) => Err(Arc::new(Failure::Lost)),
        }
    }

    /// Drops everything that was made of one original; see [`Known::group`].
    pub(crate) async fn drop_group(&self, group: Group) {
        if let Err(error) = self.cache.remove_group(group).await {
            log::warn!("drop the derived images of a deleted original: {error}");
        }
    }

    /// Waits a little for what is being made and written, and lets go of the volume.
    pub(crate) async fn close(&self) {
        if timeout(CLOSE_TIMEOUT, self.cache.close()).await.is_err() {
            log::warn!("stop while images are still being made; they will be made again");
        }
    }

    /// Registers the metrics of processing and of the caches.
    pub(crate) fn describe(&self, metrics: &mut Metrics) {
        let maker = Arc::clone(&self.maker);
        metrics.counter("images_processed", "Derived images and descriptions computed", move || {
            maker.made.load(Ordering::Relaxed)
        });
        let maker = Arc::clone(&self.maker);
        metrics.counter("processing_panics", "Images whose processing panicked", move || {
            maker.panics.load(Ordering::Relaxed)
        });
        let maker = Arc::clone(&self.maker);
        metrics.counter(
            "images_over_rate",
            "Images not made because their caller had as many pixels made as it may",
            move || maker.rate.as_ref().map_or(0, Rate::refused),
        );
        let maker = Arc::clone(&self.maker);
        metrics.gauge("images_queued", "Images waiting to be processed", move || maker.gate.waiting() as u64);
        let maker = Arc::clone(&self.maker);
        metrics.gauge(
            "memory_taken_bytes",
            "Memory of images being processed, and of results that are cached, written or sent",
            move || maker.gate.taken_bytes(),
        );
        let cache = self.cache.clone();
        metrics.gauge("memory_cache_bytes", "Bytes in the memory cache", move || cache.stats().memory_bytes);
        let cache = self.cache.clone();
        metrics.gauge("disk_cache_bytes", "Bytes of derived images in the disk cache", move || {
            cache.stats().shelf.map_or(0, |shelf| shelf.bytes)
        });
        let cache = self.cache.clone();
        metrics.counter("disk_cache_hits", "Derived images served from the disk cache", move || {
            cache.stats().shelf.map_or(0, |shelf| shelf.hits)
        });
        let cache = self.cache.clone();
        metrics.counter(
            "disk_cache_corrupt_files",
            "Damaged files found in the disk cache and removed",
            move || cache.stats().shelf.map_or(0, |shelf| shelf.corrupt),
        );
    }
}

impl Maker {
    async fn make(&self, order: Order, wanted: Wanted) -> Result<Derived, Failure> {
        let MakeLimits { max_source_bytes, max_source_pixels } = self.limits;
        let (id, original) = (order.original.id, &order.original);
        let pixels = original.source.size.pixels();
        if pixels > max_source_pixels {
            return Err(imaging::Error::TooManyPixels { pixels, max_pixels: max_source_pixels }.into());
        }
        if original.bytes > max_source_bytes {
            return Err(Failure::TooLarge { bytes: original.bytes, max_bytes: max_source_bytes });
        }
        if let (Some(rate), Some(payer)) = (&self.rate, &order.payer) {
            let paid = rate.take(payer, order.work.kilopixels(original));
            paid.map_err(|too_fast| Failure::TooFast { payer: payer.clone(), too_fast })?;
        }
        let mut made = self.attempt(&order, &wanted, Memory::OfTheseBytes).await;
        if let Err(Failure::Imaging(imaging::Error::NeedsMemory { .. })) = made {
            // Its data need more than its header promised. The first attempt let go of all it had.
            made = self.attempt(&order, &wanted, Memory::OfTheWorst).await;
        }
        match made {
            Ok(bytes) => {
                self.made.fetch_add(1, Ordering::Relaxed);
                Ok(Derived { bytes, etag: order.identity.etag() })
            }
            Err(failure) => {
                if let Failure::Imaging(error @ imaging::Error::Panicked { .. }) = &failure {
                    self.panics.fetch_add(1, Ordering::Relaxed);
                    log::error!("image {id}: {error}");
                }
                Err(failure)
            }
        }
    }

    /// Waits for a place, fetches the original and does the work in so much memory.
    async fn attempt(&self, order: &Order, wanted: &Wanted, memory: Memory) -> Result<Bytes, Failure> {
        let (original, deadline) = (Arc::clone(&order.original), order.deadline);
        let work = order.work;
        // The permit is taken before the source is fetched, so that those who wait hold
        // no bytes. What any such original may need is more than there is, perhaps, and this
        // one needs less.
        let worst = original.bytes + work.memory_bytes(&original, None);
        let max_job_bytes = self.gate.max_job_bytes();
        if original.bytes >= max_job_bytes {
            return Err(GateError::OverBudget { bytes: worst, max_job_bytes }.into());
        }
        let most = worst.min(max_job_bytes);
        let mut permit = self.gate.enter(most, deadline).await?;
        let bytes = self.fetch(&original, deadline, &order.request_id).await?;
        let needed = original.bytes + work.memory_bytes(&original, Some(&bytes)).min(worst);
        if needed > most {
            return Err(GateError::OverBudget { bytes: needed, max_job_bytes }.into());
        }
        let job_bytes = match memory {
            Memory::OfTheseBytes => needed,
            Memory::OfTheWorst => most,
        };
        permit.shrink_to(job_bytes);
        let max_memory_bytes = job_bytes - original.bytes;

        let limits = imaging::Limits { max_pixels: self.limits.max_source_pixels, max_memory_bytes };
        let wanted = wanted.clone();
        let carry_out = move || {
            let proceed = || Instant::now() < deadline && wanted.is_wanted();
            let made = work.carry_out(&bytes, &original, &limits, &proceed)?;
            drop(bytes);
            // The place goes to the next. Of the memory the result keeps what it needs, until
            // it has been sent and written and is in no cache any more.
            let mut memory = permit.into_memory();
            memory.shrink_to(made.len() as u64);
            Ok(memory.hold(made))
        };
        match spawn_blocking(carry_out).await {
            Ok(Err(imaging::Error::Stopped)) => Err(Failure::TimedOut),
            Ok(made) => Ok(made?),
            Err(_) => Err(Failure::Lost),
        }
    }

    /// The original, whole and with the hash that its derived images are kept under.
    async fn fetch(
        &self,
        original: &Known,
        deadline: Instant,
        request_id: &RequestId,
    ) -> Result<Bytes, Failure> {
        let announced = Announced { bytes: original.bytes, sha256: original.hash };
        let traceparent = request_id.trace().text();
        let cause = Cause { request_id: request_id.as_str(), traceparent: Some(&traceparent) };
        let answer = self.breaker.client().original(original.id, &announced, cause);
        match timeout_at(deadline, self.breaker.call(answer)).await {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(CallError::Client(ClientError::NotFound))) => Err(Failure::Missing(original.id)),
            Ok(Err(error)) => {
                if let CallError::Client(ClientError::Mismatch { .. }) = error {
                    log::error!("image {}: {error}", original.id);
                }
                Err(Failure::Call(error))
            }
            Err(_) => Err(Failure::TimedOut),
        }
    }
}

/// What is kept beside the bytes on the volume: the entity tag.
fn label(derived: &Derived) -> Vec<u8> {
    derived.etag.as_bytes().to_vec()
}

fn decode(label: &[u8], bytes: Bytes) -> Option<Derived> {
    Some(Derived { bytes, etag: HeaderValue::from_bytes(label).ok()? })
}
