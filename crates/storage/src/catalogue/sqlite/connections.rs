//! The connections to the database file: one that writes, several that read.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, Error, SqlitePool};
use tokio::task::spawn_blocking;

/// How long a statement waits for a reader, or for another process's lock.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a change waits for its turn. Each takes an fsync, and as many may wait as
/// there are uploads at once.
const WRITER_TIMEOUT: Duration = Duration::from_secs(60);
const READERS: u32 = 4;

/// When a connection last failed in a way that may be the connection's own. Older ones are
/// not used again. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Distrust {
    since: Arc<Mutex<Option<Instant>>>,
}

impl Distrust {
    /// All connections that there are now are to be replaced.
    pub(super) fn of_all(&self) {
        *self.since.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether a connection of this age is still to be used.
    fn spares(&self, age: Duration) -> bool {
        let since = *self.since.lock().unwrap_or_else(PoisonError::into_inner);
        since.is_none_or(|since| age < since.elapsed())
    }
}

/// One writer is what SQLite allows; a pool of one makes others wait in line for it instead
/// of failing with `SQLITE_BUSY`.
pub(super) async fn writer(path: &Path, distrust: &Distrust) -> Result<SqlitePool, Error> {
    pool(1, distrust).acquire_timeout(WRITER_TIMEOUT).connect_with(options(path)).await
}

/// The connections that read.
pub(super) fn readers(path: &Path, distrust: &Distrust) -> SqlitePool {
    pool(READERS, distrust).connect_lazy_with(options(path).pragma("query_only", "ON"))
}

/// One connection that reads, beside a process that may be writing.
pub(super) async fn reader(path: &Path) -> Result<SqlitePool, Error> {
    let options = existing(path).pragma("query_only", "ON");
    SqlitePoolOptions::new().max_connections(1).connect_with(options).await
}

/// Connections that read on a volume where nothing can be written, and nobody else does.
pub(super) async fn readers_of_read_only(path: &Path) -> Result<SqlitePool, Error> {
    let pool = || SqlitePoolOptions::new().max_connections(READERS).acquire_timeout(ACQUIRE_TIMEOUT);
    let beside = pool().connect_with(existing(path).read_only(true)).await?;
    let Err(error) = sqlx::query("SELECT 1 FROM sqlite_master").execute(&beside).await else {
        return Ok(beside);
    };
    // SQLite lacks the index of the log and cannot make it. Without a log there is nothing to
    // miss; with one, to leave it out would be to lose changes without a word.
    let log = path.with_extension("db-wal");
    let log_bytes =
        spawn_blocking(move || fs::metadata(log).map_or(0, |meta| meta.len())).await.unwrap_or(u64::MAX);
    if log_bytes > 0 {
        return Err(error);
    }
    pool().connect_with(existing(path).read_only(true).immutable(true)).await
}

fn existing(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(path).busy_timeout(ACQUIRE_TIMEOUT)
}

fn options(path: &Path) -> SqliteConnectOptions {
    existing(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // NORMAL would lose the last commits in a power cut.
        .synchronous(SqliteSynchronous::Full)
}

fn pool(connections: u32, distrust: &Distrust) -> SqlitePoolOptions {
    let distrust = distrust.clone();
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        // SQLite ends a transaction by itself when the volume is full, but sqlx goes on
        // counting it as open and refuses every further one on that connection.
        .before_acquire(move |connection, meta| {
            let usable = !connection.is_in_transaction() && distrust.spares(meta.age);
            Box::pin(async move { Ok(usable) })
        })
}
