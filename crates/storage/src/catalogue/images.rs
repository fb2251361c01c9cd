//! Rows of images.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use domain::plan::Source;
use domain::{ContentHash, ImageId, MediaType, Name, Orientation, Size};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::Catalogue;
use super::outbox::{self, Kind};
use crate::StorageError;

/// The beginning of the year 10000, in milliseconds since 1970.
const YEAR_10000_MS: u64 = 253_402_300_800_000;

/// What the catalogue knows of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRecord {
    /// The id.
    pub id: ImageId,
    /// The client's name of the file.
    pub file_name: Name,
    /// Type, size and orientation, read from the bytes.
    pub source: Source,
    /// The length in bytes.
    pub bytes: u64,
    /// The SHA-256, which names the blob.
    pub hash: ContentHash,
    /// When the upload was complete.
    pub created: SystemTime,
}

impl ImageRecord {
    /// The stored name, `<stem>-<id>.<extension>`.
    pub fn stored_name(&self) -> String {
        format!("{}-{}.{}", self.file_name.stem(), self.id, self.source.media_type.extension())
    }
}

/// A page of images, newest first.
#[derive(Debug)]
pub struct Page {
    /// The images.
    pub images: Vec<ImageRecord>,
    /// The rows that make no sense, and why.
    pub damaged: Vec<String>,
    /// The last id looked at, if there are more.
    pub next: Option<ImageId>,
}

/// The parts of a row that are needed to delete even a damaged one.
pub(crate) struct Deleted {
    /// The blob that no image names any more, if that is so.
    pub(crate) orphan: Option<ContentHash>,
    /// The name that the image was stored under.
    pub(crate) stored_name: String,
}

impl Catalogue {
    /// Adds an image and its event.
    pub(crate) async fn insert(&self, image: &ImageRecord) -> Result<(), StorageError> {
        let action = "add an image";
        let source = image.source;
        let mut transaction =
            self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(StorageError::catalogue(action))?;
        let insert = sqlx::query(
            "INSERT INTO images (id, file_name, media_type, width, height, orientation, bytes, sha256, created_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        );
        insert
            .bind(image.id.to_string())
            .bind(image.file_name.as_str())
            .bind(source.media_type.as_str())
            .bind(i64::from(source.size.width()))
            .bind(i64::from(source.size.height()))
            .bind(i64::from(source.orientation.exif()))
            .bind(i64::try_from(image.bytes).unwrap_or(i64::MAX))
            .bind(image.hash.to_string())
            .bind(millis(image.created))
            .execute(&mut *transaction)
            .await
            .map_err(StorageError::catalogue(action))?;
        outbox::add(&mut transaction, Kind::Added, image.id, &image.stored_name(), image.created)
            .await
            .map_err(StorageError::catalogue(action))?;
        transaction.commit().await.map_err(StorageError::catalogue(action))
    }

    /// One image.
    pub(crate) async fn find(&self, id: ImageId) -> Result<Option<ImageRecord>, StorageError> {
        let row = sqlx::query(
            "SELECT id, file_name, media_type, width, height, orientation, bytes, sha256, created_ms \
             FROM images WHERE id = $1",
        )
        .bind(id.to_string())
        .fetch_optional(&self.readers)
        .await
        .map_err(StorageError::catalogue("find an image"))?;
        row.map(|row| read(&row).map_err(|reason| StorageError::DamagedRow { id, reason })).transpose()
    }

    /// Up to `limit` images that are older than `before`.
    pub(crate) async fn page(&self, limit: u32, before: Option<ImageId>) -> Result<Page, StorageError> {
        // `~` sorts behind every id.
        let before = before.map_or_else(|| "~".to_owned(), |id| id.to_string());
        let mut rows = sqlx::query(
            "SELECT id, file_name, media_type, width, height, orientation, bytes, sha256, created_ms \
             FROM images WHERE id < $1 ORDER BY id DESC LIMIT $2",
        )
        .bind(before)
        .bind(i64::from(limit) + 1)
        .fetch_all(&self.readers)
        .await
        .map_err(StorageError::catalogue("list images"))?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        // A row whose id is damaged cannot say where the next page begins; the row before it can.
        let id = |row: &SqliteRow| row.try_get::<String, _>("id").ok()?.parse().ok();
        let next = if more { rows.iter().rev().find_map(id) } else { None };
        let (mut images, mut damaged) = (Vec::with_capacity(rows.len()), Vec::new());
        for row in &rows {
            match read(row) {
                Ok(image) => images.push(image),
                Err(reason) => {
                    let id: String = row.try_get("id").unwrap_or_default();
                    log::error!("leave the damaged row of image {id} out of the list: {reason}");
                    damaged.push(format!("image {id}: {reason}"));
                }
            }
        }
        Ok(Page { images, damaged, next })
    }

    /// The blob of an image, even where the rest of its row is damaged.
    pub(crate) async fn blob_of(&self, id: ImageId) -> Result<Option<String>, StorageError> {
        sqlx::query_scalar("SELECT sha256 FROM images WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.readers)
            .await
            .map_err(StorageError::catalogue("find an image"))
    }

    /// Deletes an image and adds the event. None if there is no such image.
    pub(crate) async fn delete(&self, id: ImageId, now: SystemTime) -> Result<Option<Deleted>, StorageError> {
        let action = "delete an image";
        let mut transaction =
            self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(StorageError::catalogue(action))?;
        let row = sqlx::query(
            "DELETE FROM images WHERE id = $1 \
             RETURNING id, file_name, media_type, width, height, orientation, bytes, sha256, created_ms",
        )
        .bind(id.to_string())
        .fetch_optional(&mut *transaction)
        .await
        .map_err(StorageError::catalogue(action))?;
        let Some(row) = row else { return Ok(None) };
        let stored_name = read(&row).map_or_else(|_| id.to_string(), |image| image.stored_name());
        let hash: Option<String> = row.try_get("sha256").ok();
        outbox::add(&mut transaction, Kind::Deleted, id, &stored_name, now)
            .await
            .map_err(StorageError::catalogue(action))?;
        let others: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM images WHERE sha256 = $1")
            .bind(&hash)
            .fetch_one(&mut *transaction)
            .await
            .map_err(StorageError::catalogue(action))?;
        transaction.commit().await.map_err(StorageError::catalogue(action))?;
        let orphan = hash.filter(|_| others == 0).and_then(|hash| hash.parse().ok());
        Ok(Some(Deleted { orphan, stored_name }))
    }

    /// Whether some image names the blob.
    pub(crate) async fn names(&self, hash: &str) -> Result<bool, StorageError> {
        let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM images WHERE sha256 = $1")
            .bind(hash)
            .fetch_one(&self.readers)
            .await
            .map_err(StorageError::catalogue("look for a blob's images"))?;
        Ok(count > 0)
    }

    /// Whether every row names its blob by a proper hash.
    pub(crate) async fn hashes_are_sound(&self) -> Result<bool, StorageError> {
        let odd: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM images WHERE length(sha256) <> 64 OR sha256 GLOB '*[^0-9a-f]*'",
        )
        .fetch_one(&self.readers)
        .await
        .map_err(StorageError::catalogue("look for damaged rows"))?;
        Ok(odd == 0)
    }

    /// Asks the database for a sign of life.
    pub(crate) async fn check(&self) -> Result<(), StorageError> {
        sqlx::query("SELECT 1")
            .execute(&self.writer)
            .await
            .map(drop)
            .map_err(StorageError::catalogue("ask for a sign of life"))
    }
}

/// Reads a row, trusting nothing in it.
fn read(row: &SqliteRow) -> Result<ImageRecord, String> {
    let text = |column| row.try_get::<String, _>(column).map_err(|error| error.to_string());
    let number = |column| row.try_get::<i64, _>(column).map_err(|error| error.to_string());
    let side = |column| u32::try_from(number(column)?).map_err(|error| format!("{column}: {error}"));
    let wrong = |column: &str, error: &dyn std::fmt::Display| format!("{column}: {error}");

    let id: ImageId = text("id")?.parse().map_err(|error| wrong("id", &error))?;
    let file_name = Name::parse(&text("file_name")?).map_err(|error| wrong("file_name", &error))?;
    let media_type: MediaType = text("media_type")?.parse().map_err(|error| wrong("media_type", &error))?;
    let size = Size::new(side("width")?, side("height")?).ok_or("width or height is zero")?;
    let orientation = u16::try_from(number("orientation")?).ok().and_then(Orientation::from_exif);
    let orientation = orientation.ok_or("orientation is not one of 1 to 8")?;
    let bytes = u64::try_from(number("bytes")?).map_err(|error| wrong("bytes", &error))?;
    let hash: ContentHash = text("sha256")?.parse().map_err(|error| wrong("sha256", &error))?;
    // Past the year 9999 a time cannot be written as an HTTP date.
    let created = u64::try_from(number("created_ms")?).ok().filter(|ms| *ms < YEAR_10000_MS);
    let created = UNIX_EPOCH + Duration::from_millis(created.ok_or("created_ms is out of range")?);
    Ok(ImageRecord { id, file_name, source: Source { media_type, size, orientation }, bytes, hash, created })
}

/// Milliseconds since 1970.
pub(super) fn millis(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
