//! The store: opening it, changing it, closing it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::runtime::Handle;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use turns::Turns;

use crate::belonging;
use crate::blobs::{Blobs, BlobsIn};
use crate::catalogue::{Catalogue, Quota};
use crate::lock::FolderLock;
use crate::sweep::Sweep;
use crate::{OpenError, Outbox, StorageError};

/// How long nothing must have changed for the catalogue's log to be emptied, and how long it
/// waits for that at most.
const QUIET: Duration = Duration::from_millis(250);
const SETTLE_AT_LATEST: Duration = Duration::from_secs(2);
/// How long a successful try to write is good for.
const CHECK_LASTS: Duration = Duration::from_secs(1);

/// Where a store is, and what it keeps.
#[derive(Debug, Clone)]
pub struct StorageSettings {
    /// The folder of the catalogue, of what is staged, and of the blobs if they are in no bucket.
    pub data_dir: PathBuf,
    /// Where the blobs are.
    pub blobs: BlobsIn,
    /// How long events are kept that were not published.
    pub keep_events: Duration,
    /// The most that one owner may store.
    pub quota: Quota,
}

/// Originals, their albums, and what changed. Cheap to clone; all clones are one store.
#[derive(Clone)]
pub struct Storage {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) blobs: Blobs,
    pub(crate) catalogue: Catalogue,
    /// Publishing a blob with its row, and deleting a row with its blob, must not
    /// interleave for the same bytes: the blob would be gone under the new row.
    pub(crate) turns: Arc<Turns>,
    /// Changes under way. They run where `open` was called, so that neither a client nor
    /// a worker thread that goes away can stop one half-way.
    pub(crate) tasks: TaskTracker,
    pub(crate) runtime: Handle,
    /// Work that goes on as long as the store is open.
    tending: Mutex<Vec<JoinHandle<()>>>,
    read_only: bool,
    pub(crate) quota: Quota,
    /// Until when writing need not be tried again.
    good_until: Mutex<Option<Instant>>,
    /// Changes whenever something may have changed.
    changes: watch::Sender<u64>,
    /// Long work in the background ends early once the store is closed.
    pub(crate) closing: CancellationToken,
    lock: FolderLock,
}

impl Storage {
    /// Opens a store, making it if need be, and sweeps what a crash left behind. A damaged
    /// blob or row is no error, and a volume that cannot be written is none: the store then
    /// only reads.
    pub async fn open(settings: StorageSettings) -> Result<Self, OpenError> {
        let StorageSettings { data_dir, blobs: place, keep_events, quota } = settings;
        let lock = match FolderLock::take(&data_dir).await {
            Err(OpenError::Io { source, .. }) if source.kind() == ErrorKind::ReadOnlyFilesystem => {
                return Self::open_read_only(&data_dir, &place).await;
            }
            taken => taken?,
        };
        let blobs = Blobs::open(&data_dir, &place).await?;
        let catalogue = Catalogue::open(&data_dir, keep_events, blobs.any().await?).await?;
        belonging::settle(&blobs, &catalogue).await?;
        let inner = Inner::new(blobs, catalogue, lock, false, quota);
        let sweep = Sweep {
            blobs: inner.blobs.clone(),
            catalogue: inner.catalogue.clone(),
            turns: Arc::clone(&inner.turns),
        };
        // Looking at every blob must not hold up the start. It is safe beside uploads,
        // since it takes the blob's turn before it removes one.
        let tending = [
            tokio::spawn(sweep.orphans()),
            tokio::spawn(settle(inner.catalogue.clone(), inner.changes.subscribe())),
        ];
        *inner.tending.lock().await = tending.into();
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Opens an existing store to read from it alone, as on a volume where nothing can be
    /// written and nobody else does.
    pub async fn open_read_only(data_dir: &Path, place: &BlobsIn) -> Result<Self, OpenError> {
        let catalogue = Catalogue::open_read_only(data_dir).await?;
        let blobs = Blobs::existing(data_dir, place)?;
        belonging::expect(&blobs, &catalogue).await?;
        log::error!("{} cannot be written; images are served, and nothing is taken", data_dir.display());
        let inner = Inner::new(blobs, catalogue, FolderLock::none(), true, Quota::default());
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The events of all changes.
    pub fn outbox(&self) -> Outbox {
        Outbox::new(self.inner.catalogue.clone(), self.inner.changes.subscribe())
    }

    /// Whether the catalogue answers and is sound as far as is known, and a blob could be
    /// stored durably now. What was found is good for a second.
    pub async fn check(&self) -> Result<(), StorageError> {
        self.inner.catalogue.check().await?;
        self.inner.expect_writable()?;
        let mut good_until = self.inner.good_until.lock().await;
        if good_until.is_some_and(|until| Instant::now() < until) {
            return Ok(());
        }
        self.inner.blobs.check().await?;
        *good_until = Some(Instant::now() + CHECK_LASTS);
        Ok(())
    }

    /// Waits for changes under way, closes the catalogue and lets go of the folder.
    /// Nothing can be done with the store afterwards.
    pub async fn close(&self) {
        for task in self.inner.tending.lock().await.drain(..) {
            task.abort();
            // It ends at its next wait; what it has done is done.
            let _ = task.await;
        }
        self.inner.closing.cancel();
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
        self.inner.catalogue.close().await;
        self.inner.lock.release();
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.tending.get_mut().iter().for_each(JoinHandle::abort);
    }
}

impl Inner {
    fn new(blobs: Blobs, catalogue: Catalogue, lock: FolderLock, read_only: bool, quota: Quota) -> Self {
        Self {
            blobs,
            catalogue,
            turns: Arc::new(Turns::new()),
            tasks: TaskTracker::new(),
            runtime: Handle::current(),
            tending: Mutex::default(),
            read_only,
            quota,
            good_until: Mutex::default(),
            changes: watch::Sender::new(0),
            closing: CancellationToken::new(),
            lock,
        }
    }

    /// Fails in a store that was opened to read alone.
    pub(crate) fn expect_writable(&self) -> Result<(), StorageError> {
        if self.read_only { Err(StorageError::ReadOnly) } else { Ok(()) }
    }

    /// Carries out a change to its end, even if the caller stops waiting, and tells those
    /// who wait for events.
    pub(crate) async fn change<T: Send + 'static>(
        self: &Arc<Self>,
        action: &'static str,
        work: impl Future<Output = Result<T, StorageError>> + Send + 'static,
    ) -> Result<T, StorageError> {
        self.expect_writable()?;
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
}

/// Empties the catalogue's log whenever nothing has changed for a moment, and now and then
/// while much does.
async fn settle(catalogue: Catalogue, mut changes: watch::Receiver<u64>) {
    while changes.changed().await.is_ok() {
        let latest = Instant::now() + SETTLE_AT_LATEST;
        while timeout_at(latest.min(Instant::now() + QUIET), changes.changed())
            .await
            .is_ok_and(|changed| changed.is_ok())
        {}
        if let Err(error) = catalogue.settle().await {
            log::warn!("{error}; it is tried again after the next change");
        }
    }
}

/// The time to the millisecond, as the catalogue keeps it.
pub(crate) fn now() -> SystemTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let millis = u64::try_from(since.as_millis()).unwrap_or_default();
    UNIX_EPOCH + Duration::from_millis(millis)
}
