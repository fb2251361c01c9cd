//! What is known of originals, asked of image-cache at most once a second for each.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use actix_web::http::header::HeaderValue;
use api::ImageInfo;
use bytes::Bytes;
use cache::{Key, Volume};
use client::{ClientError, ImageCacheClient};
use domain::plan::{Format, Source};
use domain::{ContentHash, ImageId};
use moka::sync::Cache;
use server::image_response::{LastModified, disposition};
use sha2::{Digest, Sha256};
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use turns::Turns;

/// How many originals are remembered, at about 2 KiB each.
const REMEMBERED: u64 = 20_000;
/// How many ids are remembered as not there.
const REMEMBERED_MISSING: u64 = 10_000;
/// How long a re-check may take for a request that can be answered without it.
const PATIENCE: Duration = Duration::from_millis(500);
/// The label of a record on the volume; another one is of another version.
const RECORD: &[u8] = b"source 1";

/// What is known of originals.
pub(crate) struct Sources {
    client: ImageCacheClient,
    known: Cache<ImageId, Arc<Known>>,
    missing: Cache<ImageId, ()>,
    /// Look-ups of one original take turns, so that a crowd asks once.
    turns: Turns,
    /// Records that outlive a restart, so that derived images can be served stale when
    /// image-cache is away just then.
    records: Option<Arc<Volume>>,
    recheck: Duration,
    clock: Instant,
    /// Until when image-cache is taken to be away, on `clock`, in milliseconds.
    away_until_ms: AtomicU64,
}

/// An original that exists, or did when it was last asked for.
pub(crate) struct Known {
    pub(crate) id: ImageId,
    name: String,
    pub(crate) hash: ContentHash,
    pub(crate) bytes: u64,
    pub(crate) source: Source,
    pub(crate) last_modified: LastModified,
    dispositions: [HeaderValue; 4],
    checked_ms: AtomicU64,
}

impl Known {
    /// Under what name a result in this format is saved.
    pub(crate) fn disposition(&self, format: Format) -> &HeaderValue {
        let [jpeg, png, webp, avif] = &self.dispositions;
        match format {
            Format::Jpeg => jpeg,
            Format::Png => png,
            Format::Webp => webp,
            Format::Avif => avif,
        }
    }

    fn new(info: &ImageInfo, checked_ms: u64) -> Option<Self> {
        let stem = info.name.rsplit_once('.').map_or(info.name.as_str(), |(stem, _)| stem).to_owned();
        let named = |format: Format| disposition(&format!("{stem}.{}", format.media_type().extension()));
        Some(Self {
            id: info.id,
            name: info.name.clone(),
            hash: info.sha256,
            bytes: info.bytes,
            source: info.source()?,
            last_modified: LastModified::new(info.created),
            dispositions: [Format::Jpeg, Format::Png, Format::Webp, Format::Avif].map(named),
            checked_ms: AtomicU64::new(checked_ms),
        })
    }
}

/// An original, and how sure it is that it still exists.
pub(crate) struct Found {
    pub(crate) original: Arc<Known>,
    /// image-cache could not be asked; the original existed when last it could.
    pub(crate) stale: bool,
}

/// Why nothing is known of an original.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SourceError {
    #[error("no image has the id {id}")]
    Missing {
        id: ImageId,
        /// The bytes it had, if it was known: its derived images are to be dropped.
        hash: Option<ContentHash>,
    },
    #[error("image-cache cannot be reached")]
    Away,
    #[error(transparent)]
    Client(#[from] ClientError),
}

impl Sources {
    pub(crate) fn new(client: ImageCacheClient, records: Option<Volume>, recheck: Duration) -> Self {
        Self {
            client,
            known: Cache::new(REMEMBERED),
            missing: Cache::builder().max_capacity(REMEMBERED_MISSING).time_to_live(recheck).build(),
            turns: Turns::new(),
            records: records.map(Arc::new),
            recheck,
            clock: Instant::now(),
            away_until_ms: AtomicU64::new(0),
        }
    }

    /// Finds an original. Asks image-cache if that was not done within the last second.
    pub(crate) async fn find(&self, id: ImageId, request_id: &str) -> Result<Found, SourceError> {
        if let Some(found) = self.fresh(id) {
            return Ok(found);
        }
        let _turn = self.turns.take(&id).await;
        if let Some(found) = self.fresh(id) {
            return Ok(found);
        }
        if self.missing.contains_key(&id) {
            return Err(SourceError::Missing { id, hash: None });
        }
        if self.is_away() {
            return self.stale(id).await.ok_or(SourceError::Away);
        }
        // What is learnt was true when it was asked, not when the answer came.
        let asked_ms = self.now_ms();
        let answer = self.client.info(id, request_id);
        let (found, reason) = match self.stale(id).await {
            None => match answer.await {
                Ok(info) => return self.learn(&info, asked_ms),
                Err(ClientError::NotFound(_)) => return Err(self.forget(id).await),
                Err(error) => {
                    if is_away(&error) {
                        self.note_away();
                    }
                    return Err(error.into());
                }
            },
            // Who can be served stale does not wait for long.
            Some(found) => match timeout(PATIENCE, answer).await {
                Ok(Ok(info)) => return self.learn(&info, asked_ms),
                Ok(Err(ClientError::NotFound(_))) => return Err(self.forget(id).await),
                Ok(Err(error)) => {
                    if is_away(&error) {
                        self.note_away();
                    }
                    (found, error.to_string())
                }
                Err(_) => {
                    self.note_away();
                    (found, format!("image-cache did not answer within {PATIENCE:?}"))
                }
            },
        };
        log::warn!("serve stale: {reason}");
        Ok(found)
    }

    /// For a while nobody else waits for image-cache.
    fn note_away(&self) {
        self.away_until_ms.store(self.now_ms() + millis(self.recheck), Ordering::Relaxed);
    }

    /// The original is gone: what was learnt of it elsewhere than by a look-up.
    pub(crate) async fn forget(&self, id: ImageId) -> SourceError {
        let known = match self.known.get(&id) {
            Some(known) => Some(known),
            None => self.stored(id).await,
        };
        self.known.invalidate(&id);
        self.missing.insert(id, ());
        if let (Some(records), Some(_)) = (self.records.clone(), &known) {
            // Not waited for: the id is known to be missing from here on.
            spawn_blocking(move || records.remove(&record_key(id)));
        }
        SourceError::Missing { id, hash: known.map(|known| known.hash) }
    }

    /// The original, if image-cache was asked within the last second.
    pub(crate) fn fresh(&self, id: ImageId) -> Option<Found> {
        let original = self.known.get(&id)?;
        let age = self.now_ms().saturating_sub(original.checked_ms.load(Ordering::Relaxed));
        (age < millis(self.recheck)).then_some(Found { original, stale: false })
    }

    async fn stale(&self, id: ImageId) -> Option<Found> {
        let original = match self.known.get(&id) {
            Some(known) => known,
            None => self.stored(id).await?,
        };
        Some(Found { original, stale: true })
    }

    fn learn(&self, info: &ImageInfo, asked_ms: u64) -> Result<Found, SourceError> {
        // It was deleted since it was asked for, and ids are never used again.
        if self.missing.contains_key(&info.id) {
            return Err(SourceError::Missing { id: info.id, hash: Some(info.sha256) });
        }
        // All but the name of an image is as it was.
        if let Some(original) = self.known.get(&info.id).filter(|known| known.name == info.name) {
            original.checked_ms.store(asked_ms, Ordering::Relaxed);
            return Ok(Found { original, stale: false });
        }
        let known = Known::new(info, asked_ms).ok_or_else(|| ClientError::Unreadable {
            reason: "width, height or orientation is out of range".to_owned(),
        })?;
        let original = Arc::new(known);
        self.known.insert(info.id, Arc::clone(&original));
        self.store(info);
        Ok(Found { original, stale: false })
    }

    /// Keeps a record on the volume. Not waited for: it only matters after a restart.
    fn store(&self, info: &ImageInfo) {
        let Some(records) = self.records.clone() else { return };
        let (key, body) = (record_key(info.id), serde_json::to_vec(info));
        spawn_blocking(move || {
            let Ok(body) = body else { return };
            if let Err(error) = records.put(&key, RECORD, &Bytes::from(body)) {
                log::warn!("keep the record of an original: {error}");
            }
        });
    }

    /// Lets go of the records.
    pub(crate) fn close(&self) {
        if let Some(records) = &self.records {
            records.release();
        }
    }

    /// What an earlier run knew.
    async fn stored(&self, id: ImageId) -> Option<Arc<Known>> {
        let records = self.records.clone()?;
        let entry = spawn_blocking(move || records.get(&record_key(id))).await.ok()??;
        if entry.label != RECORD {
            return None;
        }
        let info: ImageInfo = serde_json::from_slice(&entry.body).ok()?;
        // It was checked at a time that this clock does not know.
        Known::new(&info, 0).map(Arc::new)
    }

    fn is_away(&self) -> bool {
        self.now_ms() < self.away_until_ms.load(Ordering::Relaxed)
    }

    fn now_ms(&self) -> u64 {
        // An entry that was checked at 0 is due at once.
        millis(self.clock.elapsed() + self.recheck)
    }
}

/// Whether image-cache as a whole is in trouble, and not just this one image.
fn is_away(error: &ClientError) -> bool {
    match error {
        ClientError::Unreachable(_) | ClientError::TimedOut(_) => true,
        ClientError::Refused { status, .. } => matches!(status.as_u16(), 502..=504),
        ClientError::NotFound(_) | ClientError::Unreadable { .. } | ClientError::TooLarge { .. } => false,
    }
}

fn record_key(id: ImageId) -> Key {
    Key { group: Sha256::digest(id.as_bytes()).into(), variant: [0; 16] }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
