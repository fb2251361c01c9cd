//! The catalogue: which images there are, in SQLite.

mod images;
mod outbox;

use std::path::Path;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::OpenError;

pub use images::{ImageRecord, Page};

/// How long a statement waits for a connection or a lock.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
const READERS: u32 = 4;

/// The database: one connection that writes, several that read.
///
/// One writer is what SQLite allows; a pool of one makes others wait in line for it
/// instead of failing with `SQLITE_BUSY`.
#[derive(Debug, Clone)]
pub(crate) struct Catalogue {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl Catalogue {
    /// Opens the database, making it or bringing it to this version if need be.
    pub(crate) async fn open(path: &Path) -> Result<Self, OpenError> {
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
        let writer = pool(1).connect_with(options.clone()).await.map_err(failed)?;
        sqlx::migrate!()
            .run(&writer)
            .await
            .map_err(|source| OpenError::Migration { path: path.to_owned(), source })?;
        let readers = pool(READERS).connect_lazy_with(options.pragma("query_only", "ON"));
        Ok(Self { writer, readers })
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
        Ok(Self { writer: readers.clone(), readers })
    }

    /// Waits for running statements and closes the files.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}
