//! The catalogue: which images and albums there are and what changed, in SQLite.

mod albums;
mod images;
mod outbox;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use domain::Change;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, Sqlite, SqlitePool, Transaction};

use crate::{OpenError, StorageError};

pub use albums::{Move, NamePage};
pub use images::{Condition, Deleted, ImageRecord, ImageRef, Page};
pub use outbox::{Backlog, Recorded};

/// How long a statement waits for a reader, or for another process's lock.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a change waits for its turn. Each takes an fsync, and as many may wait as
/// there are uploads at once.
const WRITER_TIMEOUT: Duration = Duration::from_secs(60);
const READERS: u32 = 4;
/// The beginning of the year 10000, in milliseconds since 1970.
const YEAR_10000_MS: u64 = 253_402_300_800_000;

/// The database: one connection that writes, several that read.
///
/// One writer is what SQLite allows; a pool of one makes others wait in line for it
/// instead of failing with `SQLITE_BUSY`.
#[derive(Debug, Clone)]
pub(crate) struct Catalogue {
    writer: SqlitePool,
    readers: SqlitePool,
    keep_events: Duration,
    /// Events that grew too old before they were published.
    pub(crate) expired: Arc<AtomicU64>,
}

impl Catalogue {
    /// Opens the database, making it or bringing it to this version if need be.
    pub(crate) async fn open(path: &Path, keep_events: Duration) -> Result<Self, OpenError> {
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
        Ok(Self { writer, readers, keep_events, expired: Arc::default() })
    }

    /// Opens an existing database for reading, beside a process that may be writing to it.
    pub(crate) async fn open_for_reading(path: &Path) -> Result<Self, OpenError> {
        let failed = |source| OpenError::Catalogue { path: path.to_owned(), source };
        let options = SqliteConnectOptions::new()
            .filename(path)
            .pragma("query_only", "ON")
            .busy_timeout(ACQUIRE_TIMEOUT);
        let readers =
            SqlitePoolOptions::new().max_connections(1).connect_with(options).await.map_err(failed)?;
        let current = sqlx::query("SELECT 1 FROM sqlite_master WHERE name = 'placed_images'");
        if current.fetch_optional(&readers).await.map_err(failed)?.is_none() {
            return Err(OpenError::OlderVersion { path: path.to_owned() });
        }
        Ok(Self { writer: readers.clone(), readers, keep_events: Duration::MAX, expired: Arc::default() })
    }

    /// Begins reading of what is all of one moment. Two statements by themselves could have
    /// a change in between, and tell of an album that never was as they say.
    async fn begin_reading(
        &self,
        action: &'static str,
    ) -> Result<Transaction<'static, Sqlite>, StorageError> {
        self.readers.begin().await.map_err(StorageError::catalogue(action))
    }

    /// Begins a change.
    async fn begin(&self, action: &'static str) -> Result<Transaction<'static, Sqlite>, StorageError> {
        self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(StorageError::catalogue(action))
    }

    /// Adds the events of a change to its transaction.
    async fn record(
        &self,
        transaction: &mut Transaction<'_, Sqlite>,
        changes: &[Change],
        now: SystemTime,
    ) -> Result<(), sqlx::Error> {
        let expired = outbox::add(transaction, changes, now, self.keep_events).await?;
        self.expired.fetch_add(expired, Ordering::Relaxed);
        Ok(())
    }

    /// Waits for running statements and closes the files.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// The time of a number of milliseconds since 1970; none past the year 9999, which
/// cannot be written as an HTTP date.
fn instant(millis: i64) -> Option<SystemTime> {
    let millis = u64::try_from(millis).ok().filter(|millis| *millis < YEAR_10000_MS)?;
    Some(UNIX_EPOCH + Duration::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use domain::plan::Source;
    use domain::{ContentHash, ImageId, MediaType, Name, Orientation, Size};
    use uuid::Uuid;

    use super::*;

    fn image() -> ImageRecord {
        ImageRecord {
            id: ImageId::from_uuid(Uuid::now_v7()),
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
        let catalogue = Catalogue::open(&folder.path().join("catalogue.db"), Duration::MAX).await.unwrap();
        // No page more than there are: to SQLite the same as a full volume.
        sqlx::query("PRAGMA max_page_count = 1").execute(&catalogue.writer).await.unwrap();
        let error = loop {
            if let Err(error) = catalogue.insert(&image()).await {
                break error;
            }
        };
        assert!(matches!(error, StorageError::Full), "{error:?}");
        let image = image();
        let always: Condition = Arc::new(|_| true);
        catalogue.insert(&image).await.unwrap();
        assert!(
            catalogue
                .delete(&ImageRef::Id(image.id), &always, SystemTime::UNIX_EPOCH)
                .await
                .unwrap()
                .is_some()
        );
    }
}
