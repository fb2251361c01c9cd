//! The store: opening it, changing it, closing it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::runtime::Handle;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use turns::Turns;

use crate::blobs::Blobs;
use crate::catalogue::Catalogue;
use crate::lock::FolderLock;
use crate::sweep::Sweep;
use crate::{OpenError, Outbox, StorageError};

/// Where a store is, and what it keeps.
#[derive(Debug, Clone)]
pub struct StorageSettings {
    /// The folder of the blobs and of the catalogue.
    pub data_dir: PathBuf,
    /// How long events are kept that were not published.
    pub keep_events: Duration,
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
    sweeper: Mutex<Option<JoinHandle<()>>>,
    /// Changes whenever something may have changed.
    changes: watch::Sender<u64>,
    /// Long work in the background ends early once the store is closed.
    pub(crate) closing: CancellationToken,
    lock: FolderLock,
}

impl Storage {
    /// Opens a store, making it if need be, and sweeps what a crash left behind. A damaged
    /// blob or row is no error.
    pub async fn open(settings: StorageSettings) -> Result<Self, OpenError> {
        let StorageSettings { data_dir, keep_events } = settings;
        let lock = FolderLock::take(&data_dir).await?;
        let blobs = Blobs::open(&data_dir).await?;
        let catalogue = Catalogue::open(&data_dir, keep_events, blobs.any().await?).await?;
        let turns = Arc::new(Turns::new());
        // Looking at every blob must not hold up the start. It is safe beside uploads,
        // since it takes the blob's turn before it removes one.
        let sweep = Sweep { blobs: blobs.clone(), catalogue: catalogue.clone(), turns: Arc::clone(&turns) };
        let sweeper = tokio::spawn(sweep.orphans());
        let inner = Inner {
            blobs,
            catalogue,
            turns,
            tasks: TaskTracker::new(),
            runtime: Handle::current(),
            sweeper: Mutex::new(Some(sweeper)),
            changes: watch::Sender::new(0),
            closing: CancellationToken::new(),
            lock,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The events of all changes.
    pub fn outbox(&self) -> Outbox {
        Outbox::new(self.inner.catalogue.clone(), self.inner.changes.subscribe())
    }

    /// Whether the catalogue answers and blobs can be written.
    pub async fn check(&self) -> Result<(), StorageError> {
        self.inner.catalogue.check().await?;
        self.inner.blobs.stage().await.map(drop)
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
        self.inner.lock.release();
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(sweeper) = self.sweeper.get_mut() {
            sweeper.abort();
        }
    }
}

impl Inner {
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
}

/// The time to the millisecond, as the catalogue keeps it.
pub(crate) fn now() -> SystemTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let millis = u64::try_from(since.as_millis()).unwrap_or_default();
    UNIX_EPOCH + Duration::from_millis(millis)
}
