//! Albums.

use std::time::SystemTime;

use access::Acl;
use domain::{AlbumId, Change, ContentHash, ImageId, Name, Place, Visibility};
use sqlx::{AssertSqlSafe, Row};
use uuid::Uuid;

use super::Sqlite;
use super::rows::{find_album, millis, taken, written_readers};
use crate::StorageError;
use crate::catalogue::{AlbumRef, AlbumUpdate, Changed, Deleted, Listed, NamePage};

impl Sqlite {
    pub(crate) async fn create_album(
        &self,
        album: &AlbumRef,
        visibility: Visibility,
        now: SystemTime,
    ) -> Result<Changed, StorageError> {
        let action = "create an album";
        let failed = |error| StorageError::catalogue(action)(error);
        let mut transaction = self.begin(action).await?;
        sqlx::query(
            "INSERT INTO albums (owner, name, named_ms, visibility, public_id) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(album.owner.as_str())
        .bind(album.name.as_str())
        .bind(millis(now))
        .bind(visibility.as_str())
        .bind(AlbumId::from_uuid(Uuid::new_v4()).to_string())
        .execute(&mut *transaction)
        .await
        .map_err(|error| taken(error, action, || StorageError::AlbumTaken(album.name.clone())))?;
        let changes = vec![Change::AlbumCreated { album: album.name.clone() }];
        self.record(&mut transaction, &album.owner, &changes, now).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(Changed { owner: album.owner.clone(), changes, value: () })
    }

    pub(crate) async fn update_album(
        &self,
        album: &AlbumRef,
        to: &AlbumUpdate,
        now: SystemTime,
    ) -> Result<Changed, StorageError> {
        let action = "change an album";
        let failed = |error| StorageError::catalogue(action)(error);
        let mut transaction = self.begin(action).await?;
        let (id, acl) = find_album(&mut transaction, album, action).await?;
        let mut told = Vec::new();
        let mut changes = Vec::new();
        if let Some(name) = &to.name {
            let change = Change::AlbumRenamed { from: album.name.clone(), to: name.clone() };
            if album.name != *name {
                sqlx::query("UPDATE albums SET name = $1, named_ms = $2 WHERE id = $3")
                    .bind(name.as_str())
                    .bind(millis(now))
                    .bind(id)
                    .execute(&mut *transaction)
                    .await
                    .map_err(|error| taken(error, action, || StorageError::AlbumTaken(name.clone())))?;
                told.push(change.clone());
            }
            changes.push(change);
        }
        if to.visibility.is_some() || to.readers.is_some() || to.revoke_links {
            let name = to.name.clone().unwrap_or_else(|| album.name.clone());
            let change = Change::AlbumShared { album: name };
            let visibility = to.visibility.unwrap_or(acl.visibility);
            let readers = to.readers.as_ref().unwrap_or(&acl.readers);
            if to.revoke_links || visibility != acl.visibility || *readers != acl.readers {
                sqlx::query(
                    "UPDATE albums SET visibility = $1, readers = $2, link_epoch = link_epoch + $3 WHERE id = $4",
                )
                .bind(visibility.as_str())
                .bind(written_readers(readers))
                .bind(i64::from(to.revoke_links))
                .bind(id)
                .execute(&mut *transaction)
                .await
                .map_err(failed)?;
                told.push(change.clone());
            }
            changes.push(change);
        }
        if !told.is_empty() {
            self.record(&mut transaction, &album.owner, &told, now).await.map_err(failed)?;
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
        let (id, _) = find_album(&mut transaction, album, action).await?;
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
        listed: &Listed,
        limit: u32,
        after: Option<&Name>,
    ) -> Result<NamePage, StorageError> {
        let (filter, of) = match listed {
            // Names of several owners may be equal, and come once.
            Listed::All => ("$1 = $1", String::new()),
            Listed::Of(owner) => ("owner = $1", owner.as_str().to_owned()),
            Listed::PublicOf(owner) => ("owner = $1 AND visibility = 'public'", owner.as_str().to_owned()),
            Listed::In(album) => ("public_id = $1", album.to_string()),
        };
        let names = sqlx::query_scalar(AssertSqlSafe(format!(
            "SELECT DISTINCT name FROM albums WHERE {filter} AND name > $2 ORDER BY name LIMIT $3"
        )))
        .bind(of)
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
        public_only: bool,
        limit: u32,
        after: Option<&Name>,
    ) -> Result<NamePage, StorageError> {
        let action = "list the images of an album";
        let mut reader = self.begin_reading(action).await?;
        let (id, _) = find_album(&mut reader, album, action).await?;
        let filter = if public_only { "AND visibility = 'public'" } else { "" };
        let names = sqlx::query_scalar(AssertSqlSafe(format!(
            "SELECT file_name FROM images WHERE album_id = $1 {filter} AND file_name > $2 \
             ORDER BY file_name LIMIT $3"
        )))
        .bind(id)
        .bind(after.map_or("", Name::as_str))
        .bind(i64::from(limit) + 1)
        .fetch_all(&mut *reader)
        .await
        .map_err(StorageError::catalogue(action))?;
        Ok(page(names, limit))
    }

    pub(crate) async fn album(&self, album: &AlbumRef) -> Result<Option<Acl>, StorageError> {
        let action = "find an album";
        let mut reader = self.readers.acquire().await.map_err(StorageError::catalogue(action))?;
        match find_album(&mut reader, album, action).await {
            Ok((_, acl)) => Ok(Some(Acl::of_album(album.owner.clone(), acl))),
            Err(StorageError::NoAlbum(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn page(names: Vec<String>, limit: u32) -> NamePage {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = names.len() > limit;
    // A name that breaks the rules cannot be asked for either, so it is left out.
    let names = names.iter().take(limit).filter_map(|name| Name::parse(name).ok()).collect();
    NamePage { names, more }
}
