//! Albums.

use std::time::SystemTime;

use domain::{Change, ContentHash, ImageId, Name, Owner, Place};
use sqlx::Row;

use super::Sqlite;
use super::rows::{album_id, millis, taken};
use crate::StorageError;
use crate::catalogue::{AlbumRef, Changed, Deleted, NamePage};

impl Sqlite {
    pub(crate) async fn create_album(
        &self,
        album: &AlbumRef,
        now: SystemTime,
    ) -> Result<Changed, StorageError> {
        let action = "create an album";
        let failed = |error| StorageError::catalogue(action)(error);
        let mut transaction = self.begin(action).await?;
        sqlx::query("INSERT INTO albums (owner, name, named_ms) VALUES ($1, $2, $3)")
            .bind(album.owner.as_str())
            .bind(album.name.as_str())
            .bind(millis(now))
            .execute(&mut *transaction)
            .await
            .map_err(|error| taken(error, action, || StorageError::AlbumTaken(album.name.clone())))?;
        let changes = vec![Change::AlbumCreated { album: album.name.clone() }];
        self.record(&mut transaction, &album.owner, &changes, now).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(Changed { owner: album.owner.clone(), changes, value: () })
    }

    pub(crate) async fn rename_album(
        &self,
        album: &AlbumRef,
        to: &Name,
        now: SystemTime,
    ) -> Result<Changed, StorageError> {
        let action = "rename an album";
        let failed = |error| StorageError::catalogue(action)(error);
        let changes = vec![Change::AlbumRenamed { from: album.name.clone(), to: to.clone() }];
        let mut transaction = self.begin(action).await?;
        let id = album_id(&mut transaction, album, action).await?;
        if album.name != *to {
            sqlx::query("UPDATE albums SET name = $1, named_ms = $2 WHERE id = $3")
                .bind(to.as_str())
                .bind(millis(now))
                .bind(id)
                .execute(&mut *transaction)
                .await
                .map_err(|error| taken(error, action, || StorageError::AlbumTaken(to.clone())))?;
            self.record(&mut transaction, &album.owner, &changes, now).await.map_err(failed)?;
            transaction.commit().await.map_err(failed)?;
        }
        Ok(Changed { owner: album.owner.clone(), changes, value: () })
    }

    pub(crate) async fn delete_album(
        &self,
        album: &AlbumRef,
        now: SystemTime,
    ) -> Result<Deleted, StorageError> {
        self.making_room(self.try_to_delete_album(album, now), self.try_to_delete_album(album, now)).await
    }

    async fn try_to_delete_album(&self, album: &AlbumRef, now: SystemTime) -> Result<Deleted, StorageError> {
        let action = "delete an album";
        let failed = |error| StorageError::catalogue(action)(error);
        let mut transaction = self.begin(action).await?;
        let id = album_id(&mut transaction, album, action).await?;
        let rows = sqlx::query("DELETE FROM images WHERE album_id = $1 RETURNING id, file_name, sha256")
            .bind(id)
            .fetch_all(&mut *transaction)
            .await
            .map_err(failed)?;
        let mut blobs = Vec::with_capacity(rows.len());
        let mut changes = Vec::with_capacity(rows.len() + 1);
        for row in &rows {
            let text = |column| row.try_get::<String, _>(column).unwrap_or_default();
            // A row with an unreadable id was never served; nobody has to be told.
            let Ok(image) = text("id").parse::<ImageId>() else { continue };
            let at = Place { album: Some(album.name.clone()), name: text("file_name") };
            changes.push(Change::ImageDeleted { image, at, with_album: true });
            blobs.extend(text("sha256").parse::<ContentHash>().ok());
        }
        changes.push(Change::AlbumDeleted { album: album.name.clone() });
        sqlx::query("DELETE FROM albums WHERE id = $1")
            .bind(id)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        self.record(&mut transaction, &album.owner, &changes, now).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(Deleted { owner: album.owner.clone(), changes, blobs })
    }

    pub(crate) async fn albums(
        &self,
        owner: &Owner,
        limit: u32,
        after: Option<&Name>,
    ) -> Result<NamePage, StorageError> {
        let names = sqlx::query_scalar(
            "SELECT name FROM albums WHERE owner = $1 AND name > $2 ORDER BY name LIMIT $3",
        )
        .bind(owner.as_str())
        .bind(after.map_or("", Name::as_str))
        .bind(i64::from(limit) + 1)
        .fetch_all(&self.readers)
        .await
        .map_err(StorageError::catalogue("list albums"))?;
        Ok(page(names, limit))
    }

    pub(crate) async fn album_images(
        &self,
        album: &AlbumRef,
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

    pub(crate) async fn expect_album(&self, album: &AlbumRef) -> Result<(), StorageError> {
        let action = "find an album";
        let mut reader = self.readers.acquire().await.map_err(StorageError::catalogue(action))?;
        album_id(&mut reader, album, action).await.map(drop)
    }
}

fn page(names: Vec<String>, limit: u32) -> NamePage {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = names.len() > limit;
    // A name that breaks the rules cannot be asked for either, so it is left out.
    let names = names.iter().take(limit).filter_map(|name| Name::parse(name).ok()).collect();
    NamePage { names, more }
}
