//! The catalogue in an SQLite file.

mod albums;
mod bucket;
mod connections;
mod health;
mod images;
mod keys;
mod outbox;
mod reserve;
mod rows;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use domain::{Change, Owner};
use sqlx::{SqlitePool, Transaction};
use tokio::task::spawn_blocking;

use crate::{OpenError, StorageError};
use connections::Distrust;
use health::Damage;
use reserve::Reserve;

pub(crate) use health::primary_code;

/// The name of the database file in the data folder.
const FILE: &str = "catalogue.db";

/// The database: one connection that writes, several that read.
#[derive(Debug, Clone)]
pub(crate) struct Sqlite {
    writer: SqlitePool,
    readers: SqlitePool,
    keep_events: Duration,
    /// Events that grew too old before they were published.
    expired: Arc<AtomicU64>,
    reserve: Reserve,
    distrust: Distrust,
    damage: Arc<Damage>,
}

impl Sqlite {
    /// Opens the database in a data folder, or makes it. A folder that has blobs must have
    /// had one before.
    pub(crate) async fn open(data: &Path, keep_events: Duration, any_blobs: bool) -> Result<Self, OpenError> {
        let path = data.join(FILE);
        if any_blobs && !has_images(&path).await {
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
        let distrust = Distrust::default();
        let writer = connections::writer(path, &distrust)
            .await
            .map_err(|source| OpenError::Catalogue { path: path.to_owned(), source })?;
        sqlx::migrate!()
            .run(&writer)
            .await
            .map_err(|source| OpenError::Migration { path: path.to_owned(), source })?;
        let readers = connections::readers(path, &distrust);
        Ok(Self { distrust, ..Self::over(writer, readers, keep_events, reserve) })
    }

    fn over(writer: SqlitePool, readers: SqlitePool, keep_events: Duration, reserve: Reserve) -> Self {
        Self {
            writer,
            readers,
            keep_events,
            expired: Arc::default(),
            reserve,
            distrust: Distrust::default(),
            damage: Arc::default(),
        }
    }

    /// Opens an existing database for reading, beside a process that may be writing to it.
    pub(crate) async fn open_for_reading(data: &Path) -> Result<Self, OpenError> {
        let path = data.join(FILE);
        let readers = connections::reader(&path)
            .await
            .map_err(|source| OpenError::Catalogue { path: path.clone(), source })?;
        Self::over_readers(data, readers).await
    }

    /// Opens an existing database on a volume where nothing can be written.
    pub(crate) async fn open_read_only(data: &Path) -> Result<Self, OpenError> {
        let path = data.join(FILE);
        let readers = connections::readers_of_read_only(&path)
            .await
            .map_err(|source| OpenError::Catalogue { path: path.clone(), source })?;
        Self::over_readers(data, readers).await
    }

    async fn over_readers(data: &Path, readers: SqlitePool) -> Result<Self, OpenError> {
        let path = data.join(FILE);
        let current = sqlx::query("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'bucket'");
        match current.fetch_optional(&readers).await {
            Ok(Some(_)) => {}
            Ok(None) => return Err(OpenError::OlderVersion { path }),
            Err(source) => return Err(OpenError::Catalogue { path, source }),
        }
        Ok(Self::over(readers.clone(), readers, Duration::MAX, Reserve::in_folder(data)))
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

    pub(crate) fn expired_events(&self) -> u64 {
        self.expired.load(Ordering::Relaxed)
    }

    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Whether there is a database with a table of images. An empty file, which SQLite takes for
/// a new database, is none.
async fn has_images(path: &Path) -> bool {
    let Ok(reader) = connections::reader(path).await else { return false };
    let table = sqlx::query("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'images'");
    let found = table.fetch_optional(&reader).await;
    reader.close().await;
    // A damaged one is one.
    !matches!(found, Ok(None))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use domain::plan::Source;
    use domain::{ContentHash, ImageId, MediaType, Name, Orientation, Size, Visibility};
    use uuid::Uuid;

    use super::*;
    use crate::catalogue::{Condition, ImageRecord, ImageRef, Quota};

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
            visibility: Visibility::Private,
            link_epoch: 0,
            album_acl: None,
        }
    }

    #[tokio::test]
    async fn writing_goes_on_once_a_full_volume_has_room_again() {
        let folder = tempfile::tempdir().unwrap();
        let catalogue = Sqlite::open(folder.path(), Duration::MAX, false).await.unwrap();
        // No page more than there are: to SQLite the same as a full volume.
        sqlx::query("PRAGMA max_page_count = 1").execute(&catalogue.writer).await.unwrap();
        let error = loop {
            if let Err(error) = catalogue.insert(image(), Quota::default(), None).await {
                break error;
            }
        };
        assert!(matches!(error, StorageError::Full), "{error:?}");
        sqlx::query("PRAGMA max_page_count = 1000000").execute(&catalogue.writer).await.unwrap();
        let image = image();
        let always: Condition = Arc::new(|_| Ok(()));
        catalogue.insert(image.clone(), Quota::default(), None).await.unwrap();
        let id = ImageRef::Id(image.id);
        catalogue.delete(&id, &always, SystemTime::UNIX_EPOCH).await.unwrap();
        assert_eq!(catalogue.find(&id).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_connection_that_met_a_lock_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let catalogue = Sqlite::open(folder.path(), Duration::MAX, false).await.unwrap();
        sqlx::query("CREATE TEMP TABLE mark (x)").execute(&catalogue.writer).await.unwrap();
        sqlx::query("PRAGMA busy_timeout = 1").execute(&catalogue.writer).await.unwrap();
        let other = connections::writer(&folder.path().join(FILE), &Distrust::default()).await.unwrap();
        let holding = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
        let error = catalogue.noted(catalogue.insert(image(), Quota::default(), None).await).unwrap_err();
        assert!(matches!(error, StorageError::Locked), "{error:?}");
        holding.rollback().await.unwrap();
        catalogue.noted(catalogue.insert(image(), Quota::default(), None).await).unwrap();
        let mark = sqlx::query("SELECT * FROM mark").execute(&catalogue.writer).await;
        assert!(mark.is_err(), "it is the same connection");
    }
}
