//! Rows of images.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use domain::plan::Source;
use domain::{Change, ContentHash, ImageId, MediaType, Name, Orientation, Place, Size};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::albums::{album_id, damaged, find_row, name_taken, taken};
use super::{Catalogue, instant};
use crate::StorageError;

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
    /// The album it is in, if it is in one.
    pub album: Option<Name>,
    /// Since when it has its present name and album, and the album its name.
    pub placed: SystemTime,
}

impl ImageRecord {
    /// The name: in an album the file name, which is unique there, else
    /// `<stem>-<id>.<extension>`.
    pub fn name(&self) -> String {
        match &self.album {
            Some(_) => self.file_name.as_str().to_owned(),
            None => format!("{}-{}.{}", self.file_name.stem(), self.id, self.source.media_type.extension()),
        }
    }

    /// Where it is and what it is called there.
    pub fn place(&self) -> Place {
        Place { album: self.album.clone(), name: self.name() }
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

/// What must be true of an image for it to be changed.
pub type Condition = Arc<dyn Fn(&ImageRecord) -> bool + Send + Sync>;

/// Which image is meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ImageRef {
    /// The one with this id.
    Id(ImageId),
    /// The one with this name in this album.
    Named {
        /// The album.
        album: Name,
        /// The image's name in it.
        name: Name,
    },
}

/// An image that was deleted.
#[derive(Debug)]
pub struct Deleted {
    /// Its id.
    pub id: ImageId,
    /// The blob that it named; none if its row was damaged.
    pub hash: Option<ContentHash>,
    /// What is told of it.
    pub change: Change,
}

impl Catalogue {
    /// Adds an image and its event.
    pub(crate) async fn insert(&self, image: &ImageRecord) -> Result<(), StorageError> {
        let action = "add an image";
        let failed = |error| StorageError::catalogue(action)(error);
        let source = image.source;
        let mut transaction = self.begin(action).await?;
        let album = match &image.album {
            Some(album) => Some(album_id(&mut transaction, album, action).await?),
            None => None,
        };
        sqlx::query(
            "INSERT INTO images \
             (id, file_name, media_type, width, height, orientation, bytes, sha256, created_ms, album_id) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(image.id.to_string())
        .bind(image.file_name.as_str())
        .bind(source.media_type.as_str())
        .bind(i64::from(source.size.width()))
        .bind(i64::from(source.size.height()))
        .bind(i64::from(source.orientation.exif()))
        .bind(i64::try_from(image.bytes).unwrap_or(i64::MAX))
        .bind(image.hash.to_string())
        .bind(millis(image.created))
        .bind(album)
        .execute(&mut *transaction)
        .await
        .map_err(|error| taken(error, action, || name_taken(image)))?;
        let change = Change::ImageAdded { image: image.id, at: image.place() };
        self.record(&mut transaction, &[change], image.created).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)
    }

    /// One image. An album that is named must exist.
    pub(crate) async fn find(&self, which: &ImageRef) -> Result<Option<ImageRecord>, StorageError> {
        let action = "find an image";
        let row = match which {
            ImageRef::Id(_) => {
                let mut reader = self.readers.acquire().await.map_err(StorageError::catalogue(action))?;
                find_row(&mut reader, which, action).await?
            }
            // Two statements, which must see one moment.
            ImageRef::Named { .. } => {
                let mut reader = self.begin_reading(action).await?;
                find_row(&mut reader, which, action).await?
            }
        };
        row.map(|row| read(&row).map_err(|reason| damaged(which, reason))).transpose()
    }

    /// Up to `limit` images that are older than `before`.
    pub(crate) async fn page(&self, limit: u32, before: Option<ImageId>) -> Result<Page, StorageError> {
        // `~` sorts behind every id.
        let before = before.map_or_else(|| "~".to_owned(), |id| id.to_string());
        let mut rows = sqlx::query("SELECT * FROM placed_images WHERE id < $1 ORDER BY id DESC LIMIT $2")
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

    /// Deletes an image, even one whose row is damaged, and adds the event. None if there
    /// is no such image.
    pub(crate) async fn delete(
        &self,
        which: &ImageRef,
        only_if: &Condition,
        now: SystemTime,
    ) -> Result<Option<Deleted>, StorageError> {
        let action = "delete an image";
        let failed = |error| StorageError::catalogue(action)(error);
        let mut transaction = self.begin(action).await?;
        let Some(row) = find_row(&mut transaction, which, action).await? else { return Ok(None) };
        let text = |column| row.try_get::<String, _>(column).unwrap_or_default();
        let id: ImageId = text("id").parse().map_err(|error| damaged(which, format!("id: {error}")))?;
        let at = match read(&row) {
            Ok(image) if !only_if(&image) => return Err(StorageError::NotAsExpected),
            Ok(image) => image.place(),
            Err(_) => Place { album: Name::parse(&text("album")).ok(), name: id.to_string() },
        };
        sqlx::query("DELETE FROM images WHERE id = $1")
            .bind(id.to_string())
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        let change = Change::ImageDeleted { image: id, at, with_album: false };
        self.record(&mut transaction, std::slice::from_ref(&change), now).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(Some(Deleted { id, hash: text("sha256").parse().ok(), change }))
    }

    /// Whether some image names the blob.
    pub(crate) async fn names(&self, hash: &str) -> Result<bool, StorageError> {
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM images WHERE sha256 = $1)")
            .bind(hash)
            .fetch_one(&self.readers)
            .await
            .map_err(StorageError::catalogue("look for a blob's images"))
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
            // Not of the writer, which a large change may have for a while.
            .execute(&self.readers)
            .await
            .map(drop)
            .map_err(StorageError::catalogue("ask for a sign of life"))
    }
}

/// Reads a row, trusting nothing in it.
pub(super) fn read(row: &SqliteRow) -> Result<ImageRecord, String> {
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
    let created = instant(number("created_ms")?).ok_or("created_ms is out of range")?;
    let placed = instant(number("placed_ms")?).ok_or("placed_ms is out of range")?;
    let album: Option<String> = row.try_get("album").map_err(|error| error.to_string())?;
    let album = match album {
        Some(album) => Some(Name::parse(&album).map_err(|error| wrong("album", &error))?),
        None => None,
    };
    let source = Source { media_type, size, orientation, frames: 1 };
    Ok(ImageRecord { id, file_name, source, bytes, hash, created, album, placed })
}

/// Milliseconds since 1970.
pub(super) fn millis(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
