//! The catalogue in an SQLite file.

mod albums;
mod images;
mod outbox;
mod reserve;
mod rows;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use domain::{Change, Owner};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, SqlitePool, Transaction};
use tokio::task::spawn_blocking;

use crate::{OpenError, StorageError};
use reserve::Reserve;

/// The name of the database file in the data folder.
const FILE: &str = "catalogue.db";

/// How long a statement waits for a reader, or for another process's lock.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a change waits for its turn. Each takes an fsync, and as many may wait as
/// there are uploads at once.
const WRITER_TIMEOUT: Duration = Duration::from_secs(60);
const READERS: u32 = 4;

/// The database: one connection that writes, several that read.
///
/// One writer is what SQLite allows; a pool of one makes others wait in line for it
/// instead of failing with `SQLITE_BUSY`.
#[derive(Debug, Clone)]
pub(crate) struct Sqlite {
    writer: SqlitePool,
    readers: SqlitePool,
    keep_events: Duration,
    /// Events that grew too old before they were published.
    expired: Arc<AtomicU64>,
    reserve: Reserve,
}

impl Sqlite {
    /// Opens the database in a data folder, or makes it. A folder that has blobs must have
    /// had one before.
    pub(crate) async fn open(data: &Path, keep_events: Duration, any_blobs: bool) -> Result<Self, OpenError> {
        let path = data.join(FILE);
        let exists = path.clone();
        let exists = spawn_blocking(move || exists.exists()).await.unwrap_or(false);
        if any_blobs && !exists {
            return Err(OpenError::CatalogueMissing { path: data.to_owned() });
        }
        let reserve = Reserve::in_folder(data);
        let opened = match Self::open_file(&path, keep_events, reserve.clone()).await {
            // On a full volume SQLite has no room for its log, unless it is given some.
            Err(_) if reserve.clone().given_up().await => {
                Self::open_file(&path, keep_events, reserve.clone()).await?
            }
            opened => opened?,
        };
        // Only now: the database needs the last free bytes more.
        spawn_blocking(move || reserve.fill());
        Ok(opened)
    }

    async fn open_file(path: &Path, keep_events: Duration, reserve: Reserve) -> Result<Self, OpenError> {
        let failed = |source| OpenError::Catalogue { path: path.to_owned(), source };
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // NORMAL would lose the last commits in a power cut.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(ACQUIRE_TIMEOUT);
        let pool = |connections| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .idle_timeout(None)
        };
        // SQLite ends a transaction by itself when the volume is full, but sqlx goes on
        // counting it as open and refuses every further one on that connection.
        let writer = pool(1)
            .acquire_timeout(WRITER_TIMEOUT)
            .before_acquire(|connection, _| {
                let usable = !connection.is_in_transaction();
                Box::pin(async move { Ok(usable) })
            })
            .connect_with(options.clone())
            .await
            .map_err(failed)?;
        sqlx::migrate!()
            .run(&writer)
            .await
            .map_err(|source| OpenError::Migration { path: path.to_owned(), source })?;
        let readers = pool(READERS).connect_lazy_with(options.pragma("query_only", "ON"));
        Ok(Self { writer, readers, keep_events, expired: Arc::default(), reserve })
    }

    /// Opens an existing database for reading, beside a process that may be writing to it.
    pub(crate) async fn open_for_reading(data: &Path) -> Result<Self, OpenError> {
        let path = data.join(FILE);
        let failed = |source| OpenError::Catalogue { path: path.clone(), source };
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .pragma("query_only", "ON")
            .busy_timeout(ACQUIRE_TIMEOUT);
        let readers =
            SqlitePoolOptions::new().max_connections(1).connect_with(options).await.map_err(failed)?;
        let current = sqlx::query("SELECT 1 FROM pragma_table_info('placed_images') WHERE name = 'owner'");
        if current.fetch_optional(&readers).await.map_err(failed)?.is_none() {
            return Err(OpenError::OlderVersion { path });
        }
        Ok(Self {
            writer: readers.clone(),
            readers,
            keep_events: Duration::MAX,
            expired: Arc::default(),
            reserve: Reserve::in_folder(data),
        })
    }

    /// Begins reading of what is all of one moment. Two statements by themselves could have
    /// a change in between, and tell of an album that never was as they say.
    async fn begin_reading(
        &self,
        action: &'static str,
    ) -> Result<Transaction<'static, sqlx::Sqlite>, StorageError> {
        self.readers.begin().await.map_err(StorageError::catalogue(action))
    }

    /// Begins a change.
    async fn begin(&self, action: &'static str) -> Result<Transaction<'static, sqlx::Sqlite>, StorageError> {
        self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(StorageError::catalogue(action))
    }

    /// Adds the events of a change to its transaction.
    async fn record(
        &self,
        transaction: &mut Transaction<'_, sqlx::Sqlite>,
        owner: &Owner,
        changes: &[Change],
        now: SystemTime,
    ) -> Result<(), sqlx::Error> {
        let expired = outbox::add(transaction, owner, changes, now, self.keep_events).await?;
        self.expired.fetch_add(expired, Ordering::Relaxed);
        Ok(())
    }

    /// Carries out a deletion. On a full volume the deletion that would make room needs
    /// some itself, which the reserve gives before it is tried again.
    async fn making_room<T>(
        &self,
        delete: impl Future<Output = Result<T, StorageError>>,
        again: impl Future<Output = Result<T, StorageError>>,
    ) -> Result<T, StorageError> {
        let deleted = match delete.await {
            Err(StorageError::Full) => {
                self.reserve.clone().given_up().await;
                again.await
            }
            deleted => deleted,
        };
        let reserve = self.reserve.clone();
        // Not waited for: it matters only the next time.
        spawn_blocking(move || reserve.fill());
        deleted
    }

    pub(crate) async fn check(&self) -> Result<(), StorageError> {
        sqlx::query("SELECT 1")
            // Not of the writer, which a large change may have for a while.
            .execute(&self.readers)
            .await
            .map(drop)
            .map_err(StorageError::catalogue("ask for a sign of life"))
    }

    pub(crate) fn expired_events(&self) -> u64 {
        self.expired.load(Ordering::Relaxed)
    }

    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use domain::plan::Source;
    use domain::{ContentHash, ImageId, MediaType, Name, Orientation, Size};
    use uuid::Uuid;

    use super::*;
    use crate::catalogue::{Condition, ImageRecord, ImageRef};

    fn image() -> ImageRecord {
        ImageRecord {
            id: ImageId::from_uuid(Uuid::now_v7()),
            owner: Owner::NOBODY,
            file_name: Name::parse(&"n".repeat(200)).unwrap(),
            source: Source {
                media_type: MediaType::Jpeg,
                size: Size::new(3, 2).unwrap(),
                orientation: Orientation::UPRIGHT,
                frames: 1,
            },
            bytes: 6,
            hash: ContentHash::from_bytes([7; 32]),
            created: SystemTime::UNIX_EPOCH,
            album: None,
            placed: SystemTime::UNIX_EPOCH,
        }
    }

    #[tokio::test]
    async fn writing_goes_on_once_a_full_volume_has_room_again() {
        let folder = tempfile::tempdir().unwrap();
        let catalogue = Sqlite::open(folder.path(), Duration::MAX, false).await.unwrap();
        // No page more than there are: to SQLite the same as a full volume.
        sqlx::query("PRAGMA max_page_count = 1").execute(&catalogue.writer).await.unwrap();
        let error = loop {
            if let Err(error) = catalogue.insert(image()).await {
                break error;
            }
        };
        assert!(matches!(error, StorageError::Full), "{error:?}");
        let image = image();
        let always: Condition = Arc::new(|_| Ok(()));
        catalogue.insert(image.clone()).await.unwrap();
        let id = ImageRef::Id(image.id);
        catalogue.delete(&id, &always, SystemTime::UNIX_EPOCH).await.unwrap();
        assert_eq!(catalogue.find(&id).await.unwrap(), None);
    }
}
