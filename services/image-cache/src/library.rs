//! The library: every operation on originals and albums, asked for by a caller, with
//! memory in front of the storage.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use access::{Acl, Action, Caller, permit};
use bytes::Bytes;
use cache::Memory;
use domain::plan::Source;
use domain::{Change, ContentHash, ImageId, Name, Owner, Visibility};
use moka::sync::Cache;
use server::image_response::Keeping;
use server::metrics::Metrics;
use server::query::OwnerAsked;
use storage::{
    AlbumRef, AlbumUpdate, Changed, CompleteBlob, Condition, ImageRecord, ImageRef, ImageUpdate, NamePage,
    NewImage, OnceOnly, Outbox, Page, StagedBlob, Storage, StorageError,
};
use turns::Turns;

use crate::error::Error;
use crate::original::Original;
use crate::rights::{is_listed_whole, listed, permitted, refused_album};
use crate::stale::{Stale, stale};

/// How many images are remembered with their headers, at about 1 KiB each. One that is
/// asked for by its id and by its name counts twice.
const REMEMBERED_IMAGES: u64 = 20_000;

/// Originals and albums over the storage, with memory in front. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Library {
    pub(crate) storage: Storage,
    known: Cache<ImageRef, Arc<Original>>,
    /// Counts changes to what may be known. A look-up that began before a change must not
    /// remember what it found after it.
    changes: Arc<Mutex<u64>>,
    pub(crate) memory: Arc<Memory<ContentHash, Bytes>>,
    /// First readers of a blob take turns, so that a crowd asking for one cold image reads,
    /// or verifies, it once.
    pub(crate) turns: Arc<Turns>,
    pub(crate) max_cached_bytes: u64,
    /// Which caches may keep what is served.
    pub(crate) keeping: Keeping,
    /// Whether everyone may do everything, so that nothing is told of who may what.
    pub(crate) is_open: bool,
}

/// What an upload is to become.
pub(crate) struct Upload {
    pub(crate) name: Name,
    /// Where it goes, if into an album; whose it is then too.
    pub(crate) album: Option<AlbumRef>,
    pub(crate) source: Source,
    pub(crate) visibility: Visibility,
    /// The link that it came by, if that is for one upload.
    pub(crate) once: Option<OnceOnly>,
}

impl Library {
    pub(crate) fn new(
        storage: Storage,
        memory_bytes: u64,
        max_cached_bytes: u64,
        max_age: Duration,
        is_open: bool,
    ) -> Self {
        let memory = Arc::new(Memory::new(memory_bytes, Bytes::len));
        let largest = u64::try_from(memory.max_value_bytes()).unwrap_or(u64::MAX);
        Self {
            storage,
            known: Cache::new(REMEMBERED_IMAGES),
            changes: Arc::default(),
            max_cached_bytes: max_cached_bytes.min(largest),
            memory,
            turns: Arc::new(Turns::new()),
            keeping: Keeping::new(max_age, is_open),
            is_open,
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

    /// One image, to do something to it.
    ///
    /// # Errors
    ///
    /// If the caller may not do it: the very error of a missing image, if they may not even
    /// know of this one.
    pub(crate) async fn find(
        &self,
        caller: &Caller,
        action: Action,
        which: &ImageRef,
    ) -> Result<Arc<Original>, Error> {
        let found = match self.look_up(which).await {
            Err(StorageError::NoAlbum(_)) => None,
            found => found?,
        };
        match (permit(caller, action, found.as_ref().map(|original| &original.acl)), found) {
            (Ok(()), Some(original)) => Ok(original),
            (Ok(()), None) => Err(StorageError::NoImage(which.clone()).into()),
            (Err(refusal), found) => Err(self.refused(caller, refusal, found.is_some(), which).await),
        }
    }

    /// Whether there is such an image; asked by whoever may add it.
    pub(crate) async fn exists(&self, which: &ImageRef) -> Result<bool, StorageError> {
        Ok(self.look_up(which).await?.is_some())
    }

    async fn look_up(&self, which: &ImageRef) -> Result<Option<Arc<Original>>, StorageError> {
        if let Some(original) = self.known.get(which) {
            return Ok(Some(original));
        }
        let changes = *self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(record) = self.storage.image(which).await? else { return Ok(None) };
        let record = self.corrected(record).await;
        let original = Arc::new(Original::new(record, which));
        let now = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        if *now == changes {
            self.known.insert(which.clone(), Arc::clone(&original));
        }
        Ok(Some(original))
    }

    /// Up to `limit` images of those that are asked for and the caller may see, newest first,
    /// of those older than `before`.
    pub(crate) async fn images(
        &self,
        caller: &Caller,
        asked: OwnerAsked,
        limit: u32,
        before: Option<ImageId>,
    ) -> Result<Page, Error> {
        Ok(self.storage.images(&listed(caller, asked)?, limit, before).await?)
    }

    /// Begins an upload.
    pub(crate) async fn stage(&self) -> Result<StagedBlob, StorageError> {
        self.storage.stage().await
    }

    /// Makes an upload an image: of the album's owner, or else of the caller's.
    pub(crate) async fn commit(
        &self,
        caller: &Caller,
        blob: CompleteBlob,
        upload: Upload,
    ) -> Result<Changed<ImageRecord>, Error> {
        let Upload { name, album, source, visibility, once } = upload;
        let (owner, album) = match album {
            Some(AlbumRef { owner, name }) => (owner, Some(name)),
            None => (caller.owner().clone(), None),
        };
        let new = NewImage { owner, file_name: name, album, source, visibility, once };
        let storage = self.storage.clone();
        Ok(self.change("commit the upload", async move { storage.commit(blob, new).await }).await?)
    }

    /// Deletes an image.
    pub(crate) async fn delete(
        &self,
        caller: &Caller,
        which: ImageRef,
        only_if: Condition,
    ) -> Result<Changed, Error> {
        // Who may do everything may also delete what is damaged.
        if *caller != Caller::Operator {
            self.find(caller, Action::Delete, &which).await?;
        }
        let only_if = permitted(caller, Action::Delete, &which, only_if);
        let storage = self.storage.clone();
        Ok(self.change("delete the image", async move { storage.delete(which, only_if).await }).await?)
    }

    /// Gives an image another name or album, or others the right to see it. `action` is what
    /// the caller needs the right to.
    pub(crate) async fn update_image(
        &self,
        caller: &Caller,
        action: Action,
        which: ImageRef,
        to: ImageUpdate,
        only_if: Condition,
    ) -> Result<Changed<ImageRecord>, Error> {
        if *caller != Caller::Operator {
            let original = self.find(caller, action, &which).await?;
            match &to.album {
                Some(Some(name)) => {
                    let album = AlbumRef { owner: original.record.owner.clone(), name: name.clone() };
                    self.expect_album(caller, Action::Add, &album).await?;
                }
                Some(None) => permit(caller, Action::Create, Some(&Acl::default()))?,
                None => {}
            }
        }
        let only_if = permitted(caller, action, &which, only_if);
        let storage = self.storage.clone();
        let change = async move { storage.update_image(which, to, only_if).await };
        Ok(self.change("change the image", change).await?)
    }

    /// Up to `limit` names behind `after` of the albums that are asked for and that the caller
    /// may see.
    pub(crate) async fn albums(
        &self,
        caller: &Caller,
        asked: OwnerAsked,
        limit: u32,
        after: Option<&Name>,
    ) -> Result<NamePage, Error> {
        Ok(self.storage.albums(&listed(caller, asked)?, limit, after).await?)
    }

    /// Up to `limit` names of those of an album's images that the caller may see, behind
    /// `after`.
    pub(crate) async fn album_images(
        &self,
        caller: &Caller,
        album: &AlbumRef,
        limit: u32,
        after: Option<&Name>,
    ) -> Result<NamePage, Error> {
        let public_only = *caller != Caller::Operator && {
            let acl = self.expect_album(caller, Action::List, album).await?;
            !is_listed_whole(caller, &acl)
        };
        Ok(self.storage.album_images(album, public_only, limit, after).await?)
    }

    /// What the right to an album depends on. Fails if there is no such album, or none to
    /// which the caller may do this.
    pub(crate) async fn expect_album(
        &self,
        caller: &Caller,
        action: Action,
        album: &AlbumRef,
    ) -> Result<Acl, Error> {
        let acl = self.storage.album(album).await?;
        match (permit(caller, action, acl.as_ref()), acl) {
            (Ok(()), Some(acl)) => Ok(acl),
            (Ok(()), None) => Err(StorageError::NoAlbum(album.name.clone()).into()),
            (Err(refusal), _) => Err(refused_album(refusal, album)),
        }
    }

    /// Creates an album.
    pub(crate) async fn create_album(
        &self,
        caller: &Caller,
        album: AlbumRef,
        visibility: Visibility,
    ) -> Result<Changed, Error> {
        let action = if album.owner == *caller.owner() { Action::Create } else { Action::Administer };
        permit(caller, action, Some(&Acl::default()))?;
        let storage = self.storage.clone();
        let change = async move { storage.create_album(album, visibility).await };
        Ok(self.change("create the album", change).await?)
    }

    /// Gives an album another name, or others the right to see it. `action` is what the caller
    /// needs the right to.
    pub(crate) async fn update_album(
        &self,
        caller: &Caller,
        action: Action,
        album: AlbumRef,
        to: AlbumUpdate,
    ) -> Result<Changed, Error> {
        if *caller != Caller::Operator {
            self.expect_album(caller, action, &album).await?;
        }
        let storage = self.storage.clone();
        let change = async move { storage.update_album(album, to).await };
        Ok(self.change("change the album", change).await?)
    }

    /// Deletes an album with all its images.
    pub(crate) async fn delete_album(&self, caller: &Caller, album: AlbumRef) -> Result<Changed, Error> {
        if *caller != Caller::Operator {
            self.expect_album(caller, Action::Delete, &album).await?;
        }
        let storage = self.storage.clone();
        Ok(self.change("delete the album", async move { storage.delete_album(album).await }).await?)
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
                    | StorageError::NotAsExpected
                    | StorageError::OverQuota(_)
                    | StorageError::LinkUsed
                    | StorageError::Refused(_),
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
}
