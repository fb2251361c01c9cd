//! Originals as they are served: what is known of each, and their bytes, from memory
//! where they are small and hot, else streamed from the volume.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::http::header::HeaderValue;
use bytes::Bytes;
use cache::Memory;
use domain::{ContentHash, ImageId};
use moka::sync::Cache;
use server::image_response::{ImageHeaders, LastModified, cache_control, disposition, entity_tag, part_of};
use server::metrics::Metrics;
use storage::{BlobReader, ImageRecord, Storage, StorageError};
use tokio::sync::{Mutex as AsyncMutex, MutexGuard};

/// How many images are remembered with their headers, at about 1 KiB each.
const REMEMBERED_IMAGES: u64 = 20_000;
/// First readers of a blob take turns by the first byte of its hash, so that a crowd
/// asking for one cold image reads, or verifies, it once.
const TURNS: usize = 64;

/// Originals over the storage, with memory in front. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Originals {
    storage: Storage,
    known: Cache<ImageId, Arc<Original>>,
    /// Counts deletions. A look-up that began before a deletion must not remember what
    /// it found after it.
    deletions: Arc<Mutex<u64>>,
    memory: Arc<Memory<ContentHash, Bytes>>,
    turns: Arc<Vec<AsyncMutex<()>>>,
    max_cached_bytes: u64,
    cache_control: HeaderValue,
}

/// An image and the headers it is served with.
pub(crate) struct Original {
    pub(crate) record: ImageRecord,
    etag: HeaderValue,
    last_modified: LastModified,
    disposition: HeaderValue,
    cache_control: HeaderValue,
}

impl Original {
    fn new(record: ImageRecord, cache_control: HeaderValue) -> Self {
        Self {
            etag: entity_tag(record.hash),
            last_modified: LastModified::new(record.created),
            disposition: disposition(&record.stored_name()),
            cache_control,
            record,
        }
    }

    pub(crate) fn headers(&self) -> ImageHeaders<'_> {
        ImageHeaders {
            media_type: self.record.source.media_type,
            etag: &self.etag,
            last_modified: &self.last_modified,
            disposition: &self.disposition,
            cache_control: &self.cache_control,
        }
    }
}

/// The bytes of an original, or of a part of it.
pub(crate) enum Content {
    Memory(Bytes),
    Volume(BlobReader),
}

impl Originals {
    pub(crate) fn new(storage: Storage, memory_bytes: u64, max_cached_bytes: u64, max_age: Duration) -> Self {
        let memory = Arc::new(Memory::new(memory_bytes, Bytes::len));
        let largest = u64::try_from(memory.max_value_bytes()).unwrap_or(u64::MAX);
        Self {
            storage,
            known: Cache::new(REMEMBERED_IMAGES),
            deletions: Arc::default(),
            max_cached_bytes: max_cached_bytes.min(largest),
            memory,
            turns: Arc::new(std::iter::repeat_with(AsyncMutex::default).take(TURNS).collect()),
            cache_control: cache_control(max_age),
        }
    }

    pub(crate) fn storage(&self) -> &Storage {
        &self.storage
    }

    /// Adds what there is to say of the memory cache.
    pub(crate) fn describe(&self, metrics: &mut Metrics) {
        let memory = Arc::clone(&self.memory);
        metrics.gauge("memory_cache_bytes", "Bytes of originals in memory", move || memory.bytes());
        let memory = Arc::clone(&self.memory);
        metrics.counter("memory_cache_evictions", "Originals that gave way to others", move || {
            memory.evictions()
        });
    }

    /// One image; none if there is no such image.
    pub(crate) async fn find(&self, id: ImageId) -> Result<Option<Arc<Original>>, StorageError> {
        if let Some(original) = self.known.get(&id) {
            return Ok(Some(original));
        }
        let deletions = *self.deletions.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(record) = self.storage.image(id).await? else { return Ok(None) };
        let original = Arc::new(Original::new(record, self.cache_control.clone()));
        let now = self.deletions.lock().unwrap_or_else(PoisonError::into_inner);
        if *now == deletions {
            self.known.insert(id, Arc::clone(&original));
        }
        Ok(Some(original))
    }

    /// Deletes an image; returns its stored name, or none if there is no such image.
    ///
    /// It goes on if the client goes away: a row that is gone must not be remembered.
    pub(crate) async fn delete(&self, id: ImageId) -> Result<Option<String>, StorageError> {
        let this = self.clone();
        let task = tokio::spawn(async move {
            let hash = this.known.get(&id).map(|original| original.record.hash);
            let deleted = this.storage.delete(id).await;
            // Also when it failed: it may have failed after the catalogue was changed.
            let mut deletions = this.deletions.lock().unwrap_or_else(PoisonError::into_inner);
            *deletions += 1;
            this.known.invalidate(&id);
            if let Some(hash) = hash {
                this.memory.remove(&hash);
            }
            deleted
        });
        task.await.unwrap_or(Err(StorageError::CutShort { action: "delete the image" }))
    }

    /// The bytes of an original, verified, or of a part of it.
    pub(crate) async fn content(
        &self,
        original: &Original,
        part: Option<&Range<u64>>,
    ) -> Result<Content, StorageError> {
        let record = &original.record;
        if record.bytes > self.max_cached_bytes {
            let range = part.cloned().unwrap_or(0..record.bytes);
            let _turn = self.turn(record.hash).await;
            return self.storage.stream(record, range).await.map(Content::Volume);
        }
        let whole = match self.memory.get(&record.hash) {
            Some(bytes) => bytes,
            None => self.load(record).await?,
        };
        Ok(Content::Memory(match part {
            None => whole,
            Some(part) => part_of(&whole, part),
        }))
    }

    async fn load(&self, record: &ImageRecord) -> Result<Bytes, StorageError> {
        let _turn = self.turn(record.hash).await;
        if let Some(bytes) = self.memory.get(&record.hash) {
            return Ok(bytes);
        }
        let bytes = self.storage.read(record).await?;
        self.memory.insert(record.hash, bytes.clone());
        Ok(bytes)
    }

    async fn turn(&self, hash: ContentHash) -> Option<MutexGuard<'_, ()>> {
        let [first, ..] = hash.as_bytes();
        match self.turns.get(usize::from(*first) % TURNS) {
            Some(turn) => Some(turn.lock().await),
            None => None,
        }
    }
}
