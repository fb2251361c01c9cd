//! The library: every operation on originals and albums, asked for by a caller, with
//! memory in front of the storage.

use std::io::Cursor;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use access::{Acl, Action, Caller, Verdict, may};
use actix_web::http::header::HeaderValue;
use bytes::Bytes;
use cache::Memory;
use domain::plan::Source;
use domain::{Change, ContentHash, ImageId, MediaType, Name, Orientation, Owner};
use moka::sync::Cache;
use server::image_response::{KeptBy, cache_control, part_of};
use server::metrics::Metrics;
use storage::{
    AlbumRef, Changed, CompleteBlob, Condition, ImageRecord, ImageRef, Move, NamePage, NewImage, Outbox,
    Page, StagedBlob, Storage, StorageError,
};
use turns::Turns;

use crate::original::{Content, Original};
use crate::stale::{Stale, stale};

/// How many images are remembered with their headers, at about 1 KiB each. One that is
/// asked for by its id and by its name counts twice.
const REMEMBERED_IMAGES: u64 = 20_000;

/// What a probe reads of an original at the most.
const HEADER_BYTES: u64 = 256 << 10;

/// Originals and albums over the storage, with memory in front. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Library {
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

/// What an upload is to become.
pub(crate) struct Upload {
    pub(crate) name: Name,
    pub(crate) album: Option<Name>,
    pub(crate) source: Source,
}

impl Library {
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
            cache_control: cache_control(KeptBy::AnyCache, max_age),
        }
    }

    /// Registers the memory cache's metrics.
    pub(crate) fn describe(&self, metrics: &mut Metrics) {
        let memory = Arc::clone(&self.memory);
        metrics.gauge("memory_cache_bytes", "Bytes in the memory cache", move || memory.bytes());
        let memory = Arc::clone(&self.memory);
        metrics.counter("memory_cache_evictions", "Originals evicted from the memory cache", move || {
            memory.evictions()
        });
    }

    /// Whether the storage works.
    pub(crate) async fn check(&self) -> Result<(), StorageError> {
        self.storage.check().await
    }

    /// One image, to do something to it; none if there is no such image, or none that the
    /// caller may know of.
    pub(crate) async fn find(
        &self,
        caller: &Caller,
        action: Action,
        which: &ImageRef,
    ) -> Result<Option<Arc<Original>>, StorageError> {
        let found = self.look_up(which).await?;
        Ok(found.filter(|original| allows(caller, action, &original.acl)))
    }

    async fn look_up(&self, which: &ImageRef) -> Result<Option<Arc<Original>>, StorageError> {
        if let Some(original) = self.known.get(which) {
            return Ok(Some(original));
        }
        let changes = *self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(record) = self.storage.image(which).await? else { return Ok(None) };
        let record = self.corrected(record).await;
        let original = Arc::new(Original::new(record, which, &self.cache_control));
        let now = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        if *now == changes {
            self.known.insert(which.clone(), Arc::clone(&original));
        }
        Ok(Some(original))
    }

    /// The record of an image with what is really in its bytes. Earlier versions did not know
    /// how an AVIF is turned and cut.
    async fn corrected(&self, record: ImageRecord) -> ImageRecord {
        let is_suspect =
            record.source.media_type == MediaType::Avif && record.source.orientation == Orientation::UPRIGHT;
        if !is_suspect {
            return record;
        }
        match self.beginning(&record).await.map(|bytes| imaging::probe(Cursor::new(bytes))) {
            Ok(Ok(source)) => ImageRecord { source, ..record },
            // What cannot be read says so when it is asked for.
            Ok(Err(_)) | Err(_) => record,
        }
    }

    /// The first bytes of an original, as many as its header may have.
    async fn beginning(&self, record: &ImageRecord) -> Result<Vec<u8>, StorageError> {
        let mut reader = self.storage.stream(record, 0..record.bytes.min(HEADER_BYTES)).await?;
        let mut bytes = Vec::new();
        while let Some(chunk) = reader.next().await {
            bytes.extend_from_slice(&chunk?);
        }
        Ok(bytes)
    }

    /// Up to `limit` of the caller's images, newest first, of those older than `before`.
    pub(crate) async fn images(
        &self,
        caller: &Caller,
        limit: u32,
        before: Option<ImageId>,
    ) -> Result<Page, StorageError> {
        self.storage.images(caller.owner(), limit, before).await
    }

    /// Begins an upload.
    pub(crate) async fn stage(&self) -> Result<StagedBlob, StorageError> {
        self.storage.stage().await
    }

    /// Makes an upload an image of the caller's.
    pub(crate) async fn commit(
        &self,
        caller: &Caller,
        blob: CompleteBlob,
        upload: Upload,
    ) -> Result<Changed<ImageRecord>, StorageError> {
        let Upload { name, album, source } = upload;
        if let Some(album) = &album {
            expect_right(caller, Action::Add, &self.album(caller, album.clone()))?;
        }
        let new = NewImage { owner: caller.owner().clone(), file_name: name, album, source };
        let storage = self.storage.clone();
        self.change("commit the upload", async move { storage.commit(blob, new).await }).await
    }

    /// Deletes an image.
    pub(crate) async fn delete(
        &self,
        caller: &Caller,
        which: ImageRef,
        only_if: Condition,
    ) -> Result<Changed, StorageError> {
        let only_if = permitted(caller, Action::Delete, &which, only_if);
        let storage = self.storage.clone();
        self.change("delete the image", async move { storage.delete(which, only_if).await }).await
    }

    /// Gives an image another name, another album, or both.
    pub(crate) async fn move_image(
        &self,
        caller: &Caller,
        which: ImageRef,
        to: Move,
        only_if: Condition,
    ) -> Result<Changed<ImageRecord>, StorageError> {
        let only_if = permitted(caller, Action::Change, &which, only_if);
        let storage = self.storage.clone();
        self.change("move the image", async move { storage.move_image(which, to, only_if).await }).await
    }

    /// The album that the caller means by a name.
    pub(crate) fn album(&self, caller: &Caller, name: Name) -> AlbumRef {
        AlbumRef { owner: caller.owner().clone(), name }
    }

    /// Up to `limit` names of the caller's albums behind `after`.
    pub(crate) async fn albums(
        &self,
        caller: &Caller,
        limit: u32,
        after: Option<&Name>,
    ) -> Result<NamePage, StorageError> {
        self.storage.albums(caller.owner(), limit, after).await
    }

    /// Up to `limit` names of an album's images behind `after`.
    pub(crate) async fn album_images(
        &self,
        caller: &Caller,
        album: &AlbumRef,
        limit: u32,
        after: Option<&Name>,
    ) -> Result<NamePage, StorageError> {
        expect_right(caller, Action::List, album)?;
        self.storage.album_images(album, limit, after).await
    }

    /// Fails if there is no such album, or none that the caller may add images to.
    pub(crate) async fn expect_album(&self, caller: &Caller, album: &AlbumRef) -> Result<(), StorageError> {
        expect_right(caller, Action::Add, album)?;
        self.storage.expect_album(album).await
    }

    /// Creates an album.
    pub(crate) async fn create_album(
        &self,
        caller: &Caller,
        album: AlbumRef,
    ) -> Result<Changed, StorageError> {
        expect_right(caller, Action::Add, &album)?;
        let storage = self.storage.clone();
        self.change("create the album", async move { storage.create_album(album).await }).await
    }

    /// Gives an album another name.
    pub(crate) async fn rename_album(
        &self,
        caller: &Caller,
        album: AlbumRef,
        to: Name,
    ) -> Result<Changed, StorageError> {
        expect_right(caller, Action::Change, &album)?;
        let storage = self.storage.clone();
        self.change("rename the album", async move { storage.rename_album(album, to).await }).await
    }

    /// Deletes an album with all its images.
    pub(crate) async fn delete_album(
        &self,
        caller: &Caller,
        album: AlbumRef,
    ) -> Result<Changed, StorageError> {
        expect_right(caller, Action::Delete, &album)?;
        let storage = self.storage.clone();
        self.change("delete the album", async move { storage.delete_album(album).await }).await
    }

    /// The events of all changes.
    pub(crate) fn outbox(&self) -> Outbox {
        self.storage.outbox()
    }

    /// Carries out a change and forgets what it invalidates.
    ///
    /// It goes on if the client goes away: a row that is gone must not be remembered.
    async fn change<T: Send + 'static>(
        &self,
        action: &'static str,
        work: impl Future<Output = Result<Changed<T>, StorageError>> + Send + 'static,
    ) -> Result<Changed<T>, StorageError> {
        let this = self.clone();
        let task = tokio::spawn(async move {
            let result = work.await;
            match &result {
                Ok(changed) => this.forget(&changed.owner, &changed.changes),
                Err(
                    StorageError::NoAlbum(_)
                    | StorageError::NoImage(_)
                    | StorageError::AlbumTaken(_)
                    | StorageError::NameTaken { .. }
                    | StorageError::NotAsExpected,
                ) => {}
                // It may have failed after the catalogue was changed.
                Err(_) => this.forget_all(),
            }
            result
        });
        task.await.unwrap_or(Err(StorageError::CutShort { action }))
    }

    /// Forgets what changes of an owner's things invalidate.
    fn forget(&self, owner: &Owner, changes: &[Change]) {
        let mut count = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        *count += 1;
        let mut unused = Vec::new();
        for change in changes {
            match stale(owner, change) {
                Stale::All => self.known.invalidate_all(),
                Stale::Images(images) => {
                    let known: Vec<_> = images.iter().filter_map(|image| self.known.remove(image)).collect();
                    if matches!(change, Change::ImageDeleted { .. }) {
                        unused.extend(known.iter().map(|original| original.record.hash));
                    }
                }
            }
        }
        drop(count);
        // By now nothing leads to these bytes any more; there may be many.
        unused.iter().for_each(|hash| self.memory.remove(hash));
    }

    fn forget_all(&self) {
        let mut count = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        *count += 1;
        self.known.invalidate_all();
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

fn allows(caller: &Caller, action: Action, acl: &Acl) -> bool {
    match may(caller, action, acl) {
        Verdict::Yes => true,
        Verdict::No | Verdict::Hidden => false,
    }
}

/// Fails as if there were no such album, if the caller may not do this to it.
fn expect_right(caller: &Caller, action: Action, album: &AlbumRef) -> Result<(), StorageError> {
    if allows(caller, action, &Acl::of(album.owner.clone())) {
        Ok(())
    } else {
        Err(StorageError::NoAlbum(album.name.clone()))
    }
}

/// The condition, and before it the right: both are asked of the image as it is in the
/// transaction that changes it.
fn permitted(caller: &Caller, action: Action, which: &ImageRef, only_if: Condition) -> Condition {
    let (caller, which) = (caller.clone(), which.clone());
    Arc::new(move |image| {
        if !allows(&caller, action, &Acl::of(image.owner.clone())) {
            return Err(StorageError::NoImage(which.clone()));
        }
        only_if(image)
    })
}
