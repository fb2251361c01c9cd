//! Rows of albums, and where images are in them.

use std::time::SystemTime;

use domain::{Change, ContentHash, ImageId, Name, Place};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::Catalogue;
use super::images::{Condition, ImageRecord, ImageRef, millis, read};
use crate::StorageError;

/// A page of names, in the order of their bytes.
#[derive(Debug, PartialEq, Eq)]
pub struct NamePage {
    /// The names.
    pub names: Vec<Name>,
    /// Whether there are more behind the last.
    pub more: bool,
}

/// Where an image is to go.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Move {
    /// Its new name; none to keep the old one.
    pub name: Option<Name>,
    /// Its new album, or none for no album; outer none to stay where it is.
    pub album: Option<Option<Name>>,
}

/// An image that went with its album.
pub(crate) struct Gone {
    pub(crate) id: ImageId,
    pub(crate) hash: Option<ContentHash>,
}

impl Catalogue {
    /// Creates an album.
    pub(crate) async fn create_album(&self, name: &Name, now: SystemTime) -> Result<(), StorageError> {
        let action = "create an album";
        let failed = |error| StorageError::catalogue(action)(error);
        let mut transaction = self.begin(action).await?;
        sqlx::query("INSERT INTO albums (name, named_ms) VALUES ($1, $2)")
            .bind(name.as_str())
            .bind(millis(now))
            .execute(&mut *transaction)
            .await
            .map_err(|error| taken(error, action, || StorageError::AlbumTaken(name.clone())))?;
        let change = Change::AlbumCreated { album: name.clone() };
        self.record(&mut transaction, &[change], now).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)
    }

    /// Gives an album another name.
    pub(crate) async fn rename_album(
        &self,
        from: &Name,
        to: &Name,
        now: SystemTime,
    ) -> Result<(), StorageError> {
        let action = "rename an album";
        let failed = |error| StorageError::catalogue(action)(error);
        let mut transaction = self.begin(action).await?;
        let id = album_id(&mut transaction, from, action).await?;
        if from == to {
            return Ok(());
        }
        sqlx::query("UPDATE albums SET name = $1, named_ms = $2 WHERE id = $3")
            .bind(to.as_str())
            .bind(millis(now))
            .bind(id)
            .execute(&mut *transaction)
            .await
            .map_err(|error| taken(error, action, || StorageError::AlbumTaken(to.clone())))?;
        let change = Change::AlbumRenamed { from: from.clone(), to: to.clone() };
        self.record(&mut transaction, &[change], now).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)
    }

    /// Deletes an album with all its images.
    pub(crate) async fn delete_album(&self, name: &Name, now: SystemTime) -> Result<Vec<Gone>, StorageError> {
        let action = "delete an album";
        let failed = |error| StorageError::catalogue(action)(error);
        let mut transaction = self.begin(action).await?;
        let album = album_id(&mut transaction, name, action).await?;
        let rows = sqlx::query("DELETE FROM images WHERE album_id = $1 RETURNING id, file_name, sha256")
            .bind(album)
            .fetch_all(&mut *transaction)
            .await
            .map_err(failed)?;
        let mut gone = Vec::with_capacity(rows.len());
        let mut changes = Vec::with_capacity(rows.len() + 1);
        for row in &rows {
            let text = |column| row.try_get::<String, _>(column).unwrap_or_default();
            // A row with an unreadable id was never served; nobody has to be told.
            let Ok(id) = text("id").parse::<ImageId>() else { continue };
            let at = Place { album: Some(name.clone()), name: text("file_name") };
            changes.push(Change::ImageDeleted { image: id, at, with_album: true });
            gone.push(Gone { id, hash: text("sha256").parse().ok() });
        }
        changes.push(Change::AlbumDeleted { album: name.clone() });
        sqlx::query("DELETE FROM albums WHERE id = $1")
            .bind(album)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        self.record(&mut transaction, &changes, now).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(gone)
    }

    /// Up to `limit` names of albums behind `after`.
    pub(crate) async fn albums(&self, limit: u32, after: Option<&Name>) -> Result<NamePage, StorageError> {
        let names = sqlx::query_scalar("SELECT name FROM albums WHERE name > $1 ORDER BY name LIMIT $2")
            .bind(after.map_or("", Name::as_str))
            .bind(i64::from(limit) + 1)
            .fetch_all(&self.readers)
            .await
            .map_err(StorageError::catalogue("list albums"))?;
        Ok(page(names, limit))
    }

    /// Up to `limit` names of an album's images behind `after`.
    pub(crate) async fn album_images(
        &self,
        album: &Name,
        limit: u32,
        after: Option<&Name>,
    ) -> Result<NamePage, StorageError> {
        let action = "list the images of an album";
        let mut reader = self.begin_reading(action).await?;
        let id = album_id(&mut reader, album, action).await?;
        let names = sqlx::query_scalar(
            "SELECT file_name FROM images WHERE album_id = $1 AND file_name > $2 ORDER BY file_name LIMIT $3",
        )
        .bind(id)
        .bind(after.map_or("", Name::as_str))
        .bind(i64::from(limit) + 1)
        .fetch_all(&mut *reader)
        .await
        .map_err(StorageError::catalogue(action))?;
        Ok(page(names, limit))
    }

    /// Fails if there is no such album.
    pub(crate) async fn expect_album(&self, name: &Name) -> Result<(), StorageError> {
        let action = "find an album";
        let mut reader = self.readers.acquire().await.map_err(StorageError::catalogue(action))?;
        album_id(&mut reader, name, action).await.map(drop)
    }

    /// Gives an image another name, another album, or both. Returns the image and the
    /// change, if anything did change; none if there is no such image.
    pub(crate) async fn move_image(
        &self,
        which: &ImageRef,
        to: &Move,
        only_if: &Condition,
        now: SystemTime,
    ) -> Result<Option<(ImageRecord, Option<Change>)>, StorageError> {
        let action = "move an image";
        let failed = |error| StorageError::catalogue(action)(error);
        let mut transaction = self.begin(action).await?;
        let Some(row) = find_row(&mut transaction, which, action).await? else { return Ok(None) };
        let before = read(&row).map_err(|reason| damaged(which, reason))?;
        if !only_if(&before) {
            return Err(StorageError::NotAsExpected);
        }
        let mut image = before.clone();
        image.file_name = to.name.clone().unwrap_or(image.file_name);
        image.album = to.album.clone().unwrap_or(image.album);
        let album = match &image.album {
            Some(album) => Some(album_id(&mut transaction, album, action).await?),
            None => None,
        };
        if (&before.album, &before.file_name) == (&image.album, &image.file_name) {
            return Ok(Some((before, None)));
        }
        image.placed = now.max(image.created);
        sqlx::query("UPDATE images SET file_name = $1, album_id = $2, placed_ms = $3 WHERE id = $4")
            .bind(image.file_name.as_str())
            .bind(album)
            .bind(millis(now))
            .bind(image.id.to_string())
            .execute(&mut *transaction)
            .await
            .map_err(|error| taken(error, action, || name_taken(&image)))?;
        let change = Change::ImageMoved { image: image.id, from: before.place(), to: image.place() };
        self.record(&mut transaction, std::slice::from_ref(&change), now).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(Some((image, Some(change))))
    }
}

/// The id of an album.
pub(super) async fn album_id(
    connection: &mut SqliteConnection,
    name: &Name,
    action: &'static str,
) -> Result<i64, StorageError> {
    sqlx::query_scalar("SELECT id FROM albums WHERE name = $1")
        .bind(name.as_str())
        .fetch_optional(connection)
        .await
        .map_err(StorageError::catalogue(action))?
        .ok_or_else(|| StorageError::NoAlbum(name.clone()))
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
            let album = album_id(connection, album, action).await?;
            sqlx::query("SELECT * FROM placed_images WHERE album_id = $1 AND file_name = $2")
                .bind(album)
                .bind(name.as_str())
        }
    };
    query.fetch_optional(connection).await.map_err(StorageError::catalogue(action))
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

fn page(names: Vec<String>, limit: u32) -> NamePage {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = names.len() > limit;
    // A name that breaks the rules cannot be asked for either, so it is left out.
    let names = names.iter().take(limit).filter_map(|name| Name::parse(name).ok()).collect();
    NamePage { names, more }
}

/// The error for a row that was found and makes no sense.
pub(super) fn damaged(which: &ImageRef, reason: String) -> StorageError {
    let image = match which {
        ImageRef::Id(id) => id.to_string(),
        ImageRef::Named { album, name } => format!("{name} of album {album}"),
    };
    StorageError::DamagedRow { image, reason }
}
