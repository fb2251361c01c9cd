//! Whether the database is sound, and keeping its log short.

use std::sync::{Mutex, PoisonError};

use super::Sqlite;
use crate::StorageError;

/// What is known to be wrong with the file.
#[derive(Debug, Default)]
pub(super) struct Damage(Mutex<Option<String>>);

impl Damage {
    pub(super) fn note(&self, reason: String) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.is_none() {
            log::error!(
                "the catalogue is damaged: {reason}; what can be read is served. Stop, keep a copy of the \
                 data folder, and put back a backup of catalogue.db"
            );
            *known = Some(reason);
        }
    }

    fn known(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Sqlite {
    /// Looks at every page; what is wrong is remembered. Fails if anything is.
    pub(crate) async fn examine(&self) -> Result<(), StorageError> {
        // Five faults at most, which are enough to tell.
        let examine = sqlx::query_scalar::<_, String>("PRAGMA quick_check(5)");
        let examined = examine.fetch_all(&self.readers).await;
        let faults = match examined {
            Ok(faults) if faults == ["ok"] => return Ok(()),
            Ok(faults) => faults.join("; "),
            Err(error) => return Err(StorageError::catalogue("examine every page")(error)),
        };
        self.damage.note(faults.clone());
        Err(StorageError::DamagedCatalogue { reason: faults })
    }

    /// Fails if the database does not answer, or is known to be damaged.
    pub(crate) async fn check(&self) -> Result<(), StorageError> {
        if let Some(reason) = self.damage.known() {
            return Err(StorageError::DamagedCatalogue { reason });
        }
        sqlx::query("SELECT 1")
            // Not of the writer, which a large change may have for a while.
            .execute(&self.readers)
            .await
            .map(drop)
            .map_err(StorageError::catalogue("ask for a sign of life"))
    }

    /// Writes what is in the log into the file, and empties the log. What is only in the log
    /// hangs by one thread: the first damaged byte in it costs all changes behind.
    pub(crate) async fn settle(&self) -> Result<(), StorageError> {
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
            .execute(&self.writer)
            .await
            .map(drop)
            .map_err(StorageError::catalogue("empty the log"))
    }

    /// Looks at how an operation ended: after some errors a connection is not to be used
    /// again, and some say that the file is damaged.
    pub(crate) fn noted<T>(&self, result: Result<T, StorageError>) -> Result<T, StorageError> {
        match &result {
            Err(StorageError::Locked | StorageError::ReadOnly) => self.distrust.of_all(),
            Err(StorageError::Catalogue { source, .. }) => match primary_code(source) {
                // SQLITE_CORRUPT and SQLITE_NOTADB.
                Some(11 | 26) => {
                    self.distrust.of_all();
                    self.damage.note(source.to_string());
                }
                // SQLITE_IOERR, SQLITE_CANTOPEN and SQLITE_PROTOCOL.
                Some(10 | 14 | 15) => self.distrust.of_all(),
                Some(_) | None => {}
            },
            Err(_) | Ok(_) => {}
        }
        result
    }
}

/// SQLite's code of an error, without what it says besides.
pub(crate) fn primary_code(error: &sqlx::Error) -> Option<u32> {
    let code: u32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}
