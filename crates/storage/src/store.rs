//! The store: every operation on originals.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use domain::plan::Source;
use domain::{ContentHash, ImageId, Name};
use moka::sync::Cache;
use tokio::runtime::Handle;
use tokio::sync::{Mutex, watch};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use turns::Turns;
use uuid::Uuid;

use crate::blobs::{Blobs, Stamp};
use crate::catalogue::{Catalogue, ImageRecord, ImageRef, Page};
use crate::reserve::Reserve;
use crate::staged::{CompleteBlob, StagedBlob, run};
use crate::verified::Verdict;
use crate::{OpenError, StorageError, sweep};

/// How many blobs are remembered as verified, at about 150 bytes each.
const REMEMBERED_VERDICTS: u64 = 200_000;

/// Originals on a volume. Cheap to clone; all clones are one store.
#[derive(Clone)]
pub struct Storage {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) blobs: Blobs,
    pub(crate) catalogue: Catalogue,
    /// What verifying a blob has shown, as long as its file is the same.
    pub(crate) verdicts: Cache<ContentHash, (Stamp, Verdict)>,
    /// Publishing a blob with its row, and deleting a row with its blob, must not
    /// interleave for the same bytes: the blob would be gone under the new row.
    pub(crate) turns: Turns,
    pub(crate) reserve: Reserve,
    /// Changes under way. They run where `open` was called, so that neither a client nor
    /// a worker thread that goes away can stop one half-way.
    pub(crate) tasks: TaskTracker,
    pub(crate) runtime: Handle,
    sweeper: Mutex<Option<JoinHandle<()>>>,
    /// Changes whenever something may have changed.
    pub(crate) changes: watch::Sender<u64>,
    /// Long work in the background ends early once the store is closed.
    pub(crate) closing: CancellationToken,
    lock: File,
}

impl Storage {
    /// Opens a data folder, making it if need be, and sweeps what a crash left behind.
    /// Events that were not published are kept for `keep_events`.
    ///
    /// # Errors
    ///
    /// When another process uses the folder, or it cannot be read or written. A damaged
    /// blob or row is none.
    pub async fn open(data: &Path, keep_events: Duration) -> Result<Self, OpenError> {
        let folder = data.to_owned();
        let prepared = spawn_blocking(move || prepare(&folder)).await;
        let (blobs, lock) = match prepared {
            Ok(prepared) => prepared?,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        };
        let path = data.join("catalogue.db");
        let catalogue = match Catalogue::open(&path, keep_events).await {
            // On a full volume SQLite has no room for its log, unless it is given some.
            Err(_) if give_up_reserve(data).await => Catalogue::open(&path, keep_events).await?,
            catalogue => catalogue?,
        };
        let inner = Arc::new(Inner {
            blobs,
            catalogue,
            verdicts: Cache::new(REMEMBERED_VERDICTS),
            turns: Turns::new(),
            reserve: Reserve::in_folder(data),
            tasks: TaskTracker::new(),
            runtime: Handle::current(),
            sweeper: Mutex::new(None),
            changes: watch::Sender::new(0),
            closing: CancellationToken::new(),
            lock,
        });
        // Only now: the catalogue needs the last free bytes more.
        let reserve = inner.reserve.clone();
        spawn_blocking(move || reserve.fill());
        // Looking at every blob must not hold up the start. It is safe beside uploads,
        // since it takes the blob's turn before it removes one.
        let sweeper = tokio::spawn(sweep::orphans(Arc::downgrade(&inner)));
        *inner.sweeper.lock().await = Some(sweeper);
        Ok(Self { inner })
    }

    /// Begins an upload.
    ///
    /// # Errors
    ///
    /// When the staged file cannot be made.
    pub async fn stage(&self) -> Result<StagedBlob, StorageError> {
        StagedBlob::create(self.inner.blobs.staging()).await
    }

    /// Makes an upload an image, in an album or in none, for good: when this returns, the
    /// bytes, the image and its event survive a crash. It goes on even if the caller stops
    /// waiting.
    ///
    /// # Errors
    ///
    /// Those of the volume and the catalogue; no such album, or the name is taken in it.
    /// Nothing is stored then.
    pub async fn commit(
        &self,
        blob: CompleteBlob,
        file_name: Name,
        album: Option<Name>,
        source: Source,
    ) -> Result<ImageRecord, StorageError> {
        let inner = Arc::clone(&self.inner);
        self.inner
            .change("commit the upload", async move {
                let created = now();
                let image = ImageRecord {
                    id: ImageId::from_uuid(Uuid::now_v7()),
                    file_name,
                    source,
                    bytes: blob.bytes(),
                    hash: blob.hash(),
                    created,
                    album,
                    placed: created,
                };
                let blob = blob.sync().await?;
                let _turn = inner.turns.take(&image.hash).await;
                let stored = match inner.publish(blob).await {
                    Ok(()) => inner.catalogue.insert(&image).await,
                    Err(error) => Err(error),
                };
                if let Err(error) = stored {
                    inner.remove_unless_named(image.hash).await;
                    return Err(error);
                }
                Ok(image)
            })
            .await
    }

    /// One image; none if there is no such image.
    ///
    /// # Errors
    ///
    /// When there is no such album, the catalogue cannot be read, or the row is damaged.
    pub async fn image(&self, which: &ImageRef) -> Result<Option<ImageRecord>, StorageError> {
        self.inner.catalogue.find(which).await
    }

    /// Up to `limit` images, newest first, of those older than `before`.
    ///
    /// # Errors
    ///
    /// When the catalogue cannot be read.
    pub async fn images(&self, limit: u32, before: Option<ImageId>) -> Result<Page, StorageError> {
        self.inner.catalogue.page(limit, before).await
    }

    /// Whether the catalogue answers and the volume can be written.
    ///
    /// # Errors
    ///
    /// What is wrong.
    pub async fn check(&self) -> Result<(), StorageError> {
        self.inner.catalogue.check().await?;
        self.stage().await.map(drop)
    }

    /// Waits for changes under way, closes the catalogue and lets go of the folder.
    /// Nothing can be done with the store afterwards.
    pub async fn close(&self) {
        if let Some(sweeper) = self.inner.sweeper.lock().await.take() {
            sweeper.abort();
            // It ends at its next wait; what it has swept is swept.
            let _ = sweeper.await;
        }
        self.inner.closing.cancel();
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
        self.inner.catalogue.close().await;
        if let Err(error) = self.inner.lock.unlock() {
            log::warn!("unlock the data folder: {error}");
        }
    }
}

impl Inner {
    async fn publish(self: &Arc<Self>, blob: CompleteBlob) -> Result<(), StorageError> {
        let this = Arc::clone(self);
        let path = self.blobs.path_of(&blob.hash());
        run("publish the blob", &path, move || this.blobs.publish(blob.path(), &blob.hash())).await
    }

    /// A blob that cannot be removed stays until the next start sweeps it.
    pub(crate) async fn remove_blob(self: &Arc<Self>, hash: ContentHash) {
        let this = Arc::clone(self);
        let path = self.blobs.path_of(&hash);
        if let Err(error) = run("remove the blob", &path, move || this.blobs.remove(&hash)).await {
            log::warn!("{error}; it is left for the next start");
        }
        self.verdicts.invalidate(&hash);
    }

    /// Removes a blob that has lost an image, unless another image has its bytes. It must
    /// be this blob's turn: an upload of the same bytes is then through or not begun.
    pub(crate) async fn remove_unless_named(self: &Arc<Self>, hash: ContentHash) {
        if let Ok(false) = self.catalogue.names(&hash.to_string()).await {
            self.remove_blob(hash).await;
        }
    }

    /// Carries out a change to its end, even if the caller stops waiting, and tells those
    /// who wait for events.
    pub(crate) async fn change<T: Send + 'static>(
        self: &Arc<Self>,
        action: &'static str,
        work: impl Future<Output = Result<T, StorageError>> + Send + 'static,
    ) -> Result<T, StorageError> {
        let this = Arc::clone(self);
        let task = self.tasks.spawn_on(
            async move {
                let result = work.await;
                // Where it is not sure what happened, those who wait look again by themselves.
                if result.is_ok() {
                    this.changes.send_modify(|count| *count += 1);
                }
                result
            },
            &self.runtime,
        );
        task.await.unwrap_or(Err(StorageError::CutShort { action }))
    }

    pub(crate) async fn put_aside(self: &Arc<Self>, hash: ContentHash) -> Result<(), StorageError> {
        let this = Arc::clone(self);
        let path = self.blobs.path_of(&hash);
        run("put the blob aside", &path, move || this.blobs.put_aside(&hash)).await
    }

    pub(crate) async fn purge_orphans(self: &Arc<Self>, keep: Duration) -> Result<u32, StorageError> {
        let this = Arc::clone(self);
        run("purge", Path::new("orphans"), move || this.blobs.purge_orphans(keep)).await
    }
}

/// Whether there was a reserve and it is given up now.
async fn give_up_reserve(data: &Path) -> bool {
    let reserve = Reserve::in_folder(data);
    spawn_blocking(move || reserve.path().exists() && reserve.release().is_ok()).await.unwrap_or(false)
}

/// The blocking part of opening: folders, lock, staged files.
fn prepare(data: &Path) -> Result<(Blobs, File), OpenError> {
    fs::create_dir_all(data).map_err(OpenError::io("make the data folder", data))?;
    let path = data.join("lock");
    let lock =
        OpenOptions::new().create(true).append(true).open(&path).map_err(OpenError::io("open", &path))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(OpenError::InUse { path: data.to_owned() }),
        Err(TryLockError::Error(error)) => return Err(OpenError::io("lock", &path)(error)),
    }
    if !data.join("catalogue.db").exists() && Blobs::any_in(data).map_err(OpenError::io("read", data))? {
        return Err(OpenError::CatalogueMissing { path: data.to_owned() });
    }
    let blobs = Blobs::open(data).map_err(OpenError::io("prepare the folders in", data))?;
    Ok((blobs, lock))
}

/// The time to the millisecond, as the catalogue keeps it.
pub(crate) fn now() -> SystemTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let millis = u64::try_from(since.as_millis()).unwrap_or_default();
    UNIX_EPOCH + Duration::from_millis(millis)
}
