//! Originals as they are served: what is known of each, and their bytes, from memory
//! where they are small and hot, else streamed from the volume.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use actix_web::http::header::HeaderValue;
use bytes::Bytes;
use cache::Memory;
use domain::plan::Source;
use domain::{Change, ContentHash, Name};
use moka::sync::Cache;
use server::image_response::{ImageHeaders, LastModified, cache_control, disposition, entity_tag, part_of};
use server::metrics::Metrics;
use storage::{
    BlobReader, CompleteBlob, Condition, Deleted, DeletedAlbum, ImageRecord, ImageRef, Move, Storage,
    StorageError,
};
use turns::Turns;

/// How many images are remembered with their headers, at about 1 KiB each. One that is
/// asked for by its id and by its name counts twice.
const REMEMBERED_IMAGES: u64 = 20_000;

/// Originals over the storage, with memory in front. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Originals {
    storage: Storage,
    known: Cache<ImageRef, Arc<Original>>,
    /// Counts changes to what may be known. A look-up that began before a change must not
    /// remember what it found after it.
    changes: Arc<Mutex<u64>>,
    memory: Arc<Memory<ContentHash, Bytes>>,
    /// First readers of a blob take turns, so that a crowd asking for one cold image reads,
    /// or verifies, it once.
    turns: Arc<Turns>,
    max_cached_bytes: u64,
    cache_control: HeaderValue,
}

/// An image and the headers it is served with, as it was asked for.
pub(crate) struct Original {
    pub(crate) record: ImageRecord,
    etag: HeaderValue,
    last_modified: LastModified,
    disposition: HeaderValue,
    cache_control: HeaderValue,
}

impl Original {
    /// Under its id an image never changes; under a name there may be another one tomorrow.
    fn new(record: ImageRecord, asked: &ImageRef, for_ids: &HeaderValue) -> Self {
        let cache_control = match asked {
            ImageRef::Id(_) => for_ids.clone(),
            ImageRef::Named { .. } => HeaderValue::from_static("no-cache"),
        };
        Self {
            etag: entity_tag(record.hash),
            last_modified: LastModified::new(last_modified(&record, asked)),
            disposition: disposition(&record.name()),
            cache_control,
            record,
        }
    }

    pub(crate) fn headers(&self) -> ImageHeaders<'_> {
        ImageHeaders {
            content_type: self.record.source.media_type.as_str(),
            etag: &self.etag,
            last_modified: &self.last_modified,
            disposition: Some(&self.disposition),
            cache_control: &self.cache_control,
        }
    }
}

/// The bytes of an original, or of a part of it.
pub(crate) enum Content {
    Memory(Bytes),
    Volume(BlobReader),
}

/// What is not to be remembered after a change.
#[derive(Default)]
struct Stale {
    images: Vec<ImageRef>,
    all_images: bool,
    bytes: Vec<ContentHash>,
}

impl Originals {
    pub(crate) fn new(storage: Storage, memory_bytes: u64, max_cached_bytes: u64, max_age: Duration) -> Self {
        let memory = Arc::new(Memory::new(memory_bytes, Bytes::len));
        let largest = u64::try_from(memory.max_value_bytes()).unwrap_or(u64::MAX);
        Self {
            storage,
            known: Cache::new(REMEMBERED_IMAGES),
            changes: Arc::default(),
            max_cached_bytes: max_cached_bytes.min(largest),
            memory,
            turns: Arc::new(Turns::new()),
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
    pub(crate) async fn find(&self, which: &ImageRef) -> Result<Option<Arc<Original>>, StorageError> {
        if let Some(original) = self.known.get(which) {
            return Ok(Some(original));
        }
        let changes = *self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(record) = self.storage.image(which).await? else { return Ok(None) };
        let original = Arc::new(Original::new(record, which, &self.cache_control));
        let now = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        if *now == changes {
            self.known.insert(which.clone(), Arc::clone(&original));
        }
        Ok(Some(original))
    }

    /// Makes an upload an image.
    pub(crate) async fn commit(
        &self,
        blob: CompleteBlob,
        name: Name,
        album: Option<Name>,
        source: Source,
    ) -> Result<ImageRecord, StorageError> {
        let storage = self.storage.clone();
        let work = async move { storage.commit(blob, name, album, source).await };
        // Another image may have had the name until a moment ago, and whoever took it away
        // may not have come to forget it yet.
        let stale =
            |image: &ImageRecord| Stale { images: by_name(image).into_iter().collect(), ..Stale::default() };
        self.change("commit the upload", work, stale).await
    }

    /// Deletes an image; none if there is no such image.
    pub(crate) async fn delete(
        &self,
        which: ImageRef,
        only_if: Condition,
    ) -> Result<Option<Deleted>, StorageError> {
        let storage = self.storage.clone();
        let work = async move { storage.delete(which, only_if).await };
        let stale = |deleted: &Option<Deleted>| {
            let Some(deleted) = deleted else { return Stale::default() };
            let mut images = vec![ImageRef::Id(deleted.id)];
            if let Change::ImageDeleted { at, .. } = &deleted.change {
                images.extend(named(at.album.as_ref(), &at.name));
            }
            Stale { images, all_images: false, bytes: deleted.hash.into_iter().collect() }
        };
        self.change("delete the image", work, stale).await
    }

    /// Gives an image another name, another album, or both.
    pub(crate) async fn move_image(
        &self,
        which: ImageRef,
        to: Move,
        only_if: Condition,
    ) -> Result<Option<(ImageRecord, Option<Change>)>, StorageError> {
        let storage = self.storage.clone();
        let work = async move { storage.move_image(which, to, only_if).await };
        let stale = |moved: &Option<(ImageRecord, Option<Change>)>| match moved {
            Some((image, Some(Change::ImageMoved { from, .. }))) => {
                let mut images = vec![ImageRef::Id(image.id)];
                images.extend(named(from.album.as_ref(), &from.name));
                images.extend(by_name(image));
                Stale { images, ..Stale::default() }
            }
            Some(_) | None => Stale::default(),
        };
        self.change("move the image", work, stale).await
    }

    /// Gives an album another name.
    pub(crate) async fn rename_album(&self, from: Name, to: Name) -> Result<(), StorageError> {
        let storage = self.storage.clone();
        let work = async move { storage.rename_album(from, to).await };
        // All its images say the name.
        let stale = |(): &()| Stale { all_images: true, ..Stale::default() };
        self.change("rename the album", work, stale).await
    }

    /// Deletes an album with all its images.
    pub(crate) async fn delete_album(&self, name: Name) -> Result<(), StorageError> {
        let storage = self.storage.clone();
        let work = async move { storage.delete_album(name).await };
        let stale = |deleted: &DeletedAlbum| Stale {
            all_images: true,
            bytes: deleted.hashes.iter().copied().collect(),
            ..Stale::default()
        };
        self.change("delete the album", work, stale).await.map(drop)
    }

    /// Carries out a change and forgets what it made wrong.
    ///
    /// It goes on if the client goes away: a row that is gone must not be remembered.
    async fn change<T: Send + 'static>(
        &self,
        action: &'static str,
        work: impl Future<Output = Result<T, StorageError>> + Send + 'static,
        stale: impl FnOnce(&T) -> Stale + Send + 'static,
    ) -> Result<T, StorageError> {
        let this = self.clone();
        let task = tokio::spawn(async move {
            let result = work.await;
            let stale = match &result {
                Ok(done) => stale(done),
                Err(
                    StorageError::NoAlbum(_)
                    | StorageError::AlbumTaken(_)
                    | StorageError::NameTaken { .. }
                    | StorageError::NotAsExpected,
                ) => Stale::default(),
                // It may have failed after the catalogue was changed.
                Err(_) => Stale { all_images: true, ..Stale::default() },
            };
            let mut changes = this.changes.lock().unwrap_or_else(PoisonError::into_inner);
            *changes += 1;
            if stale.all_images {
                this.known.invalidate_all();
            }
            stale.images.iter().for_each(|image| this.known.invalidate(image));
            drop(changes);
            // By now nothing leads to them any more; there may be many.
            stale.bytes.iter().for_each(|hash| this.memory.remove(hash));
            result
        });
        task.await.unwrap_or(Err(StorageError::CutShort { action }))
    }

    /// The bytes of an original, verified, or of a part of it; none if it was deleted since
    /// it was found.
    pub(crate) async fn content(
        &self,
        original: &Original,
        part: Option<&Range<u64>>,
    ) -> Result<Option<Content>, StorageError> {
        match self.read(original, part).await {
            Err(error @ StorageError::DamagedBlob { .. }) => {
                // A deletion takes the row before the bytes, so bytes that are not there
                // are damage only while the row is.
                let row = self.storage.image(&ImageRef::Id(original.record.id)).await?;
                if row.is_some() { Err(error) } else { Ok(None) }
            }
            content => content.map(Some),
        }
    }

    async fn read(&self, original: &Original, part: Option<&Range<u64>>) -> Result<Content, StorageError> {
        let record = &original.record;
        if record.bytes > self.max_cached_bytes {
            let range = part.cloned().unwrap_or(0..record.bytes);
            let _turn = self.turns.take(&record.hash).await;
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
        let _turn = self.turns.take(&record.hash).await;
        if let Some(bytes) = self.memory.get(&record.hash) {
            return Ok(bytes);
        }
        let bytes = self.storage.read(record).await?;
        self.memory.insert(record.hash, bytes.clone());
        Ok(bytes)
    }
}

/// Since when the image is what is found under what was asked for.
pub(crate) fn last_modified(image: &ImageRecord, asked: &ImageRef) -> SystemTime {
    match asked {
        ImageRef::Id(_) => image.created,
        ImageRef::Named { .. } => image.placed,
    }
}

/// The image by its name, if it is in an album.
fn by_name(image: &ImageRecord) -> Option<ImageRef> {
    Some(ImageRef::Named { album: image.album.clone()?, name: image.file_name.clone() })
}

/// The same by the words of a change.
fn named(album: Option<&Name>, name: &str) -> Option<ImageRef> {
    Some(ImageRef::Named { album: album?.clone(), name: Name::parse(name).ok()? })
}
