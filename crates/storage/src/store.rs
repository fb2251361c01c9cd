//! The store: every operation on originals.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use domain::plan::Source;
use domain::{ContentHash, ImageId, Name};
use moka::sync::Cache;
use tokio::runtime::Handle;
use tokio::sync::{Mutex, MutexGuard};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::blobs::{Blobs, Stamp, hash_all};
use crate::catalogue::{Catalogue, ImageRecord, Page};
use crate::reader::{BlobReader, read_exactly};
use crate::reserve::Reserve;
use crate::staged::{CompleteBlob, StagedBlob, run};
use crate::{OpenError, StorageError, sweep};

/// How many blobs are remembered as verified, at about 150 bytes each.
const REMEMBERED_VERDICTS: u64 = 200_000;
/// Operations on one blob take turns by the first byte of its hash.
const TURNS: usize = 256;

/// Originals on a volume. Cheap to clone; all clones are one store.
#[derive(Clone)]
pub struct Storage {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) blobs: Blobs,
    pub(crate) catalogue: Catalogue,
    /// What verifying a blob has shown, as long as its file is the same.
    verdicts: Cache<ContentHash, (Stamp, Verdict)>,
    /// Publishing a blob with its row, and deleting a row with its blob, must not
    /// interleave for the same bytes: the blob would be gone under the new row.
    turns: Vec<Mutex<()>>,
    reserve: Reserve,
    /// Changes under way. They run where `open` was called, so that neither a client nor
    /// a worker thread that goes away can stop one half-way.
    tasks: TaskTracker,
    runtime: Handle,
    sweeper: Mutex<Option<JoinHandle<()>>>,
    lock: File,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Sound,
    Damaged,
}

impl Storage {
    /// Opens a data folder, making it if need be, and sweeps what a crash left behind.
    ///
    /// # Errors
    ///
    /// When another process uses the folder, or it cannot be read or written. A damaged
    /// blob or row is none.
    pub async fn open(data: &Path) -> Result<Self, OpenError> {
        let folder = data.to_owned();
        let prepared = spawn_blocking(move || prepare(&folder)).await;
        let (blobs, lock) = match prepared {
            Ok(prepared) => prepared?,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        };
        let path = data.join("catalogue.db");
        let catalogue = match Catalogue::open(&path).await {
            // On a full volume SQLite has no room for its log, unless it is given some.
            Err(_) if give_up_reserve(data).await => Catalogue::open(&path).await?,
            catalogue => catalogue?,
        };
        let inner = Arc::new(Inner {
            blobs,
            catalogue,
            verdicts: Cache::new(REMEMBERED_VERDICTS),
            turns: std::iter::repeat_with(Mutex::default).take(TURNS).collect(),
            reserve: Reserve::in_folder(data),
            tasks: TaskTracker::new(),
            runtime: Handle::current(),
            sweeper: Mutex::new(None),
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

    /// Makes an upload an image, for good: when this returns, the bytes, the image and
    /// its event survive a crash. It goes on even if the caller stops waiting.
    ///
    /// # Errors
    ///
    /// Those of the volume and the catalogue; nothing is stored then.
    pub async fn commit(
        &self,
        blob: CompleteBlob,
        file_name: Name,
        source: Source,
    ) -> Result<ImageRecord, StorageError> {
        let inner = Arc::clone(&self.inner);
        let task = self.inner.tasks.spawn_on(
            async move {
                let image = ImageRecord {
                    id: ImageId::from_uuid(Uuid::now_v7()),
                    file_name,
                    source,
                    bytes: blob.bytes(),
                    hash: blob.hash(),
                    created: now(),
                };
                let blob = blob.sync().await?;
                let _turn = inner.turn(&image.hash).await;
                let stored = match inner.publish(blob).await {
                    Ok(()) => inner.catalogue.insert(&image).await,
                    Err(error) => Err(error),
                };
                if let Err(error) = stored {
                    inner.take_back(&image.hash).await;
                    return Err(error);
                }
                Ok(image)
            },
            &self.inner.runtime,
        );
        task.await.unwrap_or(Err(StorageError::CutShort { action: "commit the upload" }))
    }

    /// One image; none if there is no such image.
    ///
    /// # Errors
    ///
    /// When the catalogue cannot be read, or the row is damaged.
    pub async fn image(&self, id: ImageId) -> Result<Option<ImageRecord>, StorageError> {
        self.inner.catalogue.find(id).await
    }

    /// Up to `limit` images, newest first, of those older than `before`.
    ///
    /// # Errors
    ///
    /// When the catalogue cannot be read.
    pub async fn images(&self, limit: u32, before: Option<ImageId>) -> Result<Page, StorageError> {
        self.inner.catalogue.page(limit, before).await
    }

    /// Deletes an image, and its bytes unless another image has equal ones. Returns the
    /// name it was stored under; none if there is no such image.
    ///
    /// # Errors
    ///
    /// When the catalogue cannot be written; the image is still there then.
    pub async fn delete(&self, id: ImageId) -> Result<Option<String>, StorageError> {
        let inner = Arc::clone(&self.inner);
        let task = self.inner.tasks.spawn_on(
            async move {
                let Some(text) = inner.catalogue.blob_of(id).await? else { return Ok(None) };
                let hash: Option<ContentHash> = text.parse().ok();
                let _turn = match &hash {
                    Some(hash) => Some(inner.turn(hash).await),
                    None => None,
                };
                let deleted = match inner.catalogue.delete(id, now()).await {
                    // On a full volume the deletion that would make room needs some itself.
                    Err(StorageError::Full) => {
                        let reserve = inner.reserve.clone();
                        run("give up the reserve", inner.reserve.path(), move || reserve.release()).await?;
                        inner.catalogue.delete(id, now()).await?
                    }
                    deleted => deleted?,
                };
                let Some(deleted) = deleted else { return Ok(None) };
                if let Some(hash) = deleted.orphan {
                    inner.remove_blob(hash).await;
                }
                let reserve = inner.reserve.clone();
                // Not waited for: it matters only the next time.
                spawn_blocking(move || reserve.fill());
                Ok(Some(deleted.stored_name))
            },
            &self.inner.runtime,
        );
        task.await.unwrap_or(Err(StorageError::CutShort { action: "delete the image" }))
    }

    /// All bytes of an image, verified.
    ///
    /// # Errors
    ///
    /// When the blob is damaged or missing, or the volume fails.
    pub async fn read(&self, image: &ImageRecord) -> Result<Bytes, StorageError> {
        let (inner, hash, bytes) = (Arc::clone(&self.inner), image.hash, image.bytes);
        on_blob(move || {
            let (mut file, stamp) = inner.open_blob(hash, bytes)?;
            inner.refuse_known_damage(hash, stamp)?;
            let content = read_exactly(&mut file, stamp.bytes).map_err(inner.failed(hash))?;
            if !inner.is_known_sound(hash, stamp) {
                let actual = hash_all(content.as_ref()).map_err(inner.failed(hash))?;
                inner.judge(hash, stamp, actual)?;
            }
            Ok(content)
        })
        .await
    }

    /// A range of an image's bytes, verified as a whole before the first is given.
    ///
    /// # Errors
    ///
    /// As [`Storage::read`].
    pub async fn stream(&self, image: &ImageRecord, range: Range<u64>) -> Result<BlobReader, StorageError> {
        let (inner, hash, bytes) = (Arc::clone(&self.inner), image.hash, image.bytes);
        let file = on_blob(move || {
            let (file, stamp) = inner.open_blob(hash, bytes)?;
            inner.refuse_known_damage(hash, stamp)?;
            if !inner.is_known_sound(hash, stamp) {
                let actual = hash_all(&file).map_err(inner.failed(hash))?;
                inner.judge(hash, stamp, actual)?;
                io::Seek::rewind(&mut &file).map_err(inner.failed(hash))?;
            }
            Ok(file)
        })
        .await?;
        Ok(BlobReader::start(file, range, hash))
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
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
        self.inner.catalogue.close().await;
        if let Err(error) = self.inner.lock.unlock() {
            log::warn!("unlock the data folder: {error}");
        }
    }
}

impl Inner {
    /// Waits until no other operation works on blobs with the same first byte.
    pub(crate) async fn turn(&self, hash: &ContentHash) -> Option<MutexGuard<'_, ()>> {
        let [first, ..] = hash.as_bytes();
        match self.turns.get(usize::from(*first)) {
            Some(turn) => Some(turn.lock().await),
            None => None,
        }
    }

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

    /// Removes a blob whose row could not be written, unless another image has its bytes.
    async fn take_back(self: &Arc<Self>, hash: &ContentHash) {
        if let Ok(false) = self.catalogue.names(&hash.to_string()).await {
            self.remove_blob(*hash).await;
        }
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

    fn open_blob(&self, hash: ContentHash, bytes: u64) -> Result<(File, Stamp), StorageError> {
        let (file, stamp) = match self.blobs.open_blob(&hash) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StorageError::DamagedBlob { hash, reason: "the file is missing" });
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(StorageError::DamagedBlob { hash, reason: "it is not a regular file" });
            }
            opened => opened.map_err(self.failed(hash))?,
        };
        if stamp.bytes != bytes {
            return Err(StorageError::DamagedBlob { hash, reason: "the file has the wrong length" });
        }
        Ok((file, stamp))
    }

    fn is_known_sound(&self, hash: ContentHash, stamp: Stamp) -> bool {
        self.verdicts.get(&hash) == Some((stamp, Verdict::Sound))
    }

    /// A file that was found damaged is not hashed again for every request.
    fn refuse_known_damage(&self, hash: ContentHash, stamp: Stamp) -> Result<(), StorageError> {
        if self.verdicts.get(&hash) == Some((stamp, Verdict::Damaged)) {
            return Err(wrong_hash(hash));
        }
        Ok(())
    }

    fn judge(&self, hash: ContentHash, stamp: Stamp, actual: ContentHash) -> Result<(), StorageError> {
        let verdict = if actual == hash { Verdict::Sound } else { Verdict::Damaged };
        self.verdicts.insert(hash, (stamp, verdict));
        if verdict == Verdict::Sound { Ok(()) } else { Err(wrong_hash(hash)) }
    }

    fn failed(&self, hash: ContentHash) -> impl FnOnce(io::Error) -> StorageError + use<> {
        let path = self.blobs.path_of(&hash);
        move |error| StorageError::io("read the blob", &path)(error)
    }
}

/// Runs one reading operation on a thread that may block.
async fn on_blob<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StorageError> + Send + 'static,
) -> Result<T, StorageError> {
    spawn_blocking(work).await.unwrap_or(Err(StorageError::CutShort { action: "read the blob" }))
}

fn wrong_hash(hash: ContentHash) -> StorageError {
    StorageError::DamagedBlob { hash, reason: "its bytes do not match its hash" }
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
fn now() -> SystemTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let millis = u64::try_from(since.as_millis()).unwrap_or_default();
    UNIX_EPOCH + Duration::from_millis(millis)
}
