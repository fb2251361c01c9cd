//! Rows, and what is asked on a connection by itself or within a transaction.

use std::fmt::Display;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use access::{AlbumAcl, MAX_READERS};
use domain::plan::Source;
use domain::{ContentHash, ImageId, MediaType, Name, Orientation, Owner, Size, Visibility};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::StorageError;
use crate::catalogue::{AlbumRef, ImageRecord, ImageRef};

/// The beginning of the year 10000, in milliseconds since 1970.
const YEAR_10000_MS: u64 = 253_402_300_800_000;

/// The id of an album's row, and what the right to the album depends on.
pub(super) async fn find_album(
    connection: &mut SqliteConnection,
    album: &AlbumRef,
    action: &'static str,
) -> Result<(i64, Arc<AlbumAcl>), StorageError> {
    let row = sqlx::query(
        "SELECT id AS album_id, public_id AS album_public_id, visibility AS album_visibility, \
         readers AS album_readers, link_epoch AS album_link_epoch \
         FROM albums WHERE owner = $1 AND name = $2",
    )
    .bind(album.owner.as_str())
    .bind(album.name.as_str())
    .fetch_optional(connection)
    .await
    .map_err(StorageError::catalogue(action))?
    .ok_or_else(|| StorageError::NoAlbum(album.name.clone()))?;
    let id = row.try_get("album_id").map_err(StorageError::catalogue(action))?;
    let acl = read_album_acl(&row).ok_or_else(|| StorageError::DamagedCatalogue {
        reason: format!("the row of album `{}` makes no sense", album.name),
    })?;
    Ok((id, Arc::new(acl)))
}

/// What the right to an album depends on; none if the row is in no album, or its album has no
/// id that can be read. What is damaged in it opens nothing.
fn read_album_acl(row: &SqliteRow) -> Option<AlbumAcl> {
    let text = |column| row.try_get::<Option<String>, _>(column).ok().flatten().unwrap_or_default();
    Some(AlbumAcl {
        id: text("album_public_id").parse().ok()?,
        visibility: text("album_visibility").parse().unwrap_or(Visibility::Private),
        readers: read_readers(&text("album_readers")),
        // Links to an album whose number cannot be read are of no epoch.
        link_epoch: row.try_get::<u32, _>("album_link_epoch").unwrap_or(u32::MAX),
    })
}

fn read_readers(text: &str) -> Vec<Owner> {
    if text.is_empty() {
        return Vec::new();
    }
    let readers: Vec<String> = serde_json::from_str(text).unwrap_or_default();
    readers.iter().filter_map(|reader| Owner::parse(reader).ok()).take(MAX_READERS).collect()
}

/// The readers of an album as they are stored.
pub(super) fn written_readers(readers: &[Owner]) -> String {
    if readers.is_empty() {
        return String::new();
    }
    let readers: Vec<&str> = readers.iter().map(Owner::as_str).collect();
    // Texts can always be written.
    serde_json::to_string(&readers).unwrap_or_default()
}

/// The row of an image. An album that is named must exist.
pub(super) async fn find_row(
    connection: &mut SqliteConnection,
    which: &ImageRef,
    action: &'static str,
) -> Result<Option<SqliteRow>, StorageError> {
    let query = match which {
        ImageRef::Id(id) => sqlx::query("SELECT * FROM placed_images WHERE id = $1").bind(id.to_string()),
        ImageRef::Named { album, name } => {
            let (album, _) = find_album(connection, album, action).await?;
            sqlx::query("SELECT * FROM placed_images WHERE album_id = $1 AND file_name = $2")
                .bind(album)
                .bind(name.as_str())
        }
    };
    query.fetch_optional(connection).await.map_err(StorageError::catalogue(action))
}

/// Reads the row of an image, trusting nothing in it.
pub(super) fn read_image(row: &SqliteRow) -> Result<ImageRecord, String> {
    let text = |column| row.try_get::<String, _>(column).map_err(|error| error.to_string());
    let number = |column| row.try_get::<i64, _>(column).map_err(|error| error.to_string());
    let side = |column| u32::try_from(number(column)?).map_err(|error| format!("{column}: {error}"));
    let wrong = |column: &str, error: &dyn Display| format!("{column}: {error}");

    let id: ImageId = text("id")?.parse().map_err(|error| wrong("id", &error))?;
    let owner = Owner::parse_stored(&text("owner")?).map_err(|error| wrong("owner", &error))?;
    let file_name = Name::parse(&text("file_name")?).map_err(|error| wrong("file_name", &error))?;
    let media_type: MediaType = text("media_type")?.parse().map_err(|error| wrong("media_type", &error))?;
    let size = Size::new(side("width")?, side("height")?).ok_or("width or height is zero")?;
    let orientation = u16::try_from(number("orientation")?).ok().and_then(Orientation::from_exif);
    let orientation = orientation.ok_or("orientation is not one of 1 to 8")?;
    let frames = side("frames")?;
    let bytes = u64::try_from(number("bytes")?).map_err(|error| wrong("bytes", &error))?;
    let hash: ContentHash = text("sha256")?.parse().map_err(|error| wrong("sha256", &error))?;
    let created = instant(number("created_ms")?).ok_or("created_ms is out of range")?;
    // These are the album's too, whose damage is not to cost all its images: such an image
    // is in no album, since the beginning.
    let album: Option<String> = row.try_get("album").ok().flatten();
    let album = album.and_then(|album| Name::parse(&album).ok());
    let placed = number("placed_ms").ok().and_then(instant).unwrap_or(created);
    let source = Source { media_type, size, orientation, frames };
    let visibility = text("visibility")?.parse().map_err(|error| wrong("visibility", &error))?;
    let link_epoch = side("link_epoch")?;
    let album_acl = read_album_acl(row).map(Arc::new);
    Ok(ImageRecord {
        id,
        owner,
        file_name,
        source,
        bytes,
        hash,
        created,
        album,
        placed,
        visibility,
        link_epoch,
        album_acl,
    })
}

/// The error for a row that was found and makes no sense.
pub(super) fn damaged(which: &ImageRef, reason: String) -> StorageError {
    let image = match which {
        ImageRef::Id(id) => id.to_string(),
        ImageRef::Named { album, name } => format!("{name} of album {}", album.name),
    };
    StorageError::DamagedRow { image, reason }
}

/// Sets apart the violation of a unique index.
pub(super) fn taken(
    error: sqlx::Error,
    action: &'static str,
    taken: impl FnOnce() -> StorageError,
) -> StorageError {
    if error.as_database_error().is_some_and(|error| error.is_unique_violation()) {
        taken()
    } else {
        StorageError::catalogue(action)(error)
    }
}

pub(super) fn name_taken(image: &ImageRecord) -> StorageError {
    StorageError::NameTaken { album: image.album.clone(), name: image.file_name.clone() }
}

/// Milliseconds since 1970.
pub(super) fn millis(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The time of a number of milliseconds since 1970; none past the year 9999, which
/// cannot be written as an HTTP date.
pub(super) fn instant(millis: i64) -> Option<SystemTime> {
    let millis = u64::try_from(millis).ok().filter(|millis| *millis < YEAR_10000_MS)?;
    Some(UNIX_EPOCH + Duration::from_millis(millis))
}
