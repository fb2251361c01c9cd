//! Images, and where they are in albums.

use std::time::SystemTime;

use domain::{Change, ContentHash, ImageId, Name, Owner, Place};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Row};

use super::Sqlite;
use super::rows::{damaged, find_album, find_row, millis, name_taken, read_image, taken};
use crate::StorageError;
use crate::catalogue::{
    Changed, Condition, Deleted, ImageRecord, ImageRef, ImageUpdate, Listed, OnceOnly, Page, Quota,
};

impl Sqlite {
    pub(crate) async fn insert(
        &self,
        mut image: ImageRecord,
        quota: Quota,
        once: Option<&OnceOnly>,
    ) -> Result<Changed<ImageRecord>, StorageError> {
        let action = "add an image";
        let failed = |error| StorageError::catalogue(action)(error);
        let source = image.source;
        let mut transaction = self.begin(action).await?;
        let album = match &image.album_ref() {
            Some(album) => {
                let (id, acl) = find_album(&mut transaction, album, action).await?;
                image.album_acl = Some(acl);
                Some(id)
            }
            None => None,
        };
        if let Some(once) = once {
            use_up(&mut transaction, once, image.created, action).await?;
        }
        sqlx::query(
            "INSERT INTO images \
             (id, owner, file_name, media_type, width, height, orientation, frames, bytes, sha256, \
              created_ms, album_id, visibility) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        )
        .bind(image.id.to_string())
        .bind(image.owner.as_str())
        .bind(image.file_name.as_str())
        .bind(source.media_type.as_str())
        .bind(i64::from(source.size.width()))
        .bind(i64::from(source.size.height()))
        .bind(i64::from(source.orientation.exif()))
        .bind(i64::from(source.frames))
        .bind(i64::try_from(image.bytes).unwrap_or(i64::MAX))
        .bind(image.hash.to_string())
        .bind(millis(image.created))
        .bind(album)
        .bind(image.visibility.as_str())
        .execute(&mut *transaction)
        .await
        .map_err(|error| taken(error, action, || name_taken(&image)))?;
        within(&mut transaction, &image.owner, quota, action).await?;
        let changes = vec![Change::ImageAdded { image: image.id, at: image.place() }];
        self.record(&mut transaction, &image.owner, &changes, image.created).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(Changed { owner: image.owner.clone(), changes, value: image })
    }

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
        row.map(|row| read_image(&row).map_err(|reason| damaged(which, reason))).transpose()
    }

    pub(crate) async fn page(
        &self,
        listed: &Listed,
        limit: u32,
        before: Option<ImageId>,
    ) -> Result<Page, StorageError> {
        let (filter, of) = match listed {
            Listed::All => ("$3 = $3", String::new()),
            Listed::Of(owner) => ("owner = $3", owner.as_str().to_owned()),
            Listed::PublicOf(owner) => (
                "owner = $3 AND visibility = 'public' AND (album_id IS NULL OR album_visibility = 'public')",
                owner.as_str().to_owned(),
            ),
            Listed::In(album) => ("album_public_id = $3", album.to_string()),
        };
        // `~` sorts behind every id.
        let before = before.map_or_else(|| "~".to_owned(), |id| id.to_string());
        let query = sqlx::query(AssertSqlSafe(format!(
            "SELECT * FROM placed_images WHERE {filter} AND id < $1 ORDER BY id DESC LIMIT $2"
        )))
        .bind(before)
        .bind(i64::from(limit) + 1)
        .bind(of);
        let mut rows =
            query.fetch_all(&self.readers).await.map_err(StorageError::catalogue("list images"))?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        // A row whose id is damaged cannot say where the next page begins; the row before it can.
        let id = |row: &SqliteRow| row.try_get::<String, _>("id").ok()?.parse().ok();
        let next = if more { rows.iter().rev().find_map(id) } else { None };
        let (mut images, mut damaged) = (Vec::with_capacity(rows.len()), Vec::new());
        for row in &rows {
            match read_image(row) {
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

    pub(crate) async fn update_image(
        &self,
        which: &ImageRef,
        to: &ImageUpdate,
        only_if: &Condition,
        now: SystemTime,
    ) -> Result<Changed<ImageRecord>, StorageError> {
        let action = "change an image";
        let failed = |error| StorageError::catalogue(action)(error);
        let mut transaction = self.begin(action).await?;
        let row = find_row(&mut transaction, which, action).await?;
        let row = row.ok_or_else(|| StorageError::NoImage(which.clone()))?;
        let before = read_image(&row).map_err(|reason| damaged(which, reason))?;
        only_if(&before)?;
        let mut image = before.clone();
        let is_shared = to.visibility.is_some() || to.revoke_links;
        // Whether each is news, too: what changes nothing is told to its caller alone.
        let mut changes = Vec::new();
        if to.name.is_some() || to.album.is_some() || !is_shared {
            changes.push(place(&mut transaction, &before, &mut image, to, now).await?);
        }
        if is_shared {
            changes.push(share(&mut transaction, &before, &mut image, to).await?);
        }
        let told: Vec<_> =
            changes.iter().filter(|(_, is_news)| *is_news).map(|(change, _)| change.clone()).collect();
        if !told.is_empty() {
            self.record(&mut transaction, &image.owner, &told, now).await.map_err(failed)?;
            transaction.commit().await.map_err(failed)?;
        }
        let changes = changes.into_iter().map(|(change, _)| change).collect();
        Ok(Changed { owner: image.owner.clone(), changes, value: image })
    }

    pub(crate) async fn delete(
        &self,
        which: &ImageRef,
        only_if: &Condition,
        now: SystemTime,
    ) -> Result<Deleted, StorageError> {
        let (delete, again) =
            (self.try_to_delete(which, only_if, now), self.try_to_delete(which, only_if, now));
        self.making_room(delete, again).await
    }

    async fn try_to_delete(
        &self,
        which: &ImageRef,
        only_if: &Condition,
        now: SystemTime,
    ) -> Result<Deleted, StorageError> {
        let action = "delete an image";
        let failed = |error| StorageError::catalogue(action)(error);
        let mut transaction = self.begin(action).await?;
        let row = find_row(&mut transaction, which, action).await?;
        let row = row.ok_or_else(|| StorageError::NoImage(which.clone()))?;
        let text = |column| row.try_get::<String, _>(column).unwrap_or_default();
        let id: ImageId = text("id").parse().map_err(|error| damaged(which, format!("id: {error}")))?;
        let at = match read_image(&row) {
            Ok(image) => {
                only_if(&image)?;
                image.place()
            }
            Err(_) => Place { album: Name::parse(&text("album")).ok(), name: id.to_string() },
        };
        sqlx::query("DELETE FROM images WHERE id = $1")
            .bind(id.to_string())
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        let owner = Owner::parse_stored(&text("owner")).unwrap_or_default();
        let changes = vec![Change::ImageDeleted { image: id, at, with_album: false }];
        self.record(&mut transaction, &owner, &changes, now).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(Deleted { owner, changes, blobs: text("sha256").parse().ok().into_iter().collect() })
    }

    pub(crate) async fn names(&self, hash: ContentHash) -> Result<bool, StorageError> {
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM images WHERE sha256 = $1)")
            .bind(hash.to_string())
            .fetch_one(&self.readers)
            .await
            .map_err(StorageError::catalogue("look for a blob's images"))
    }

    pub(crate) async fn hashes_are_sound(&self) -> Result<bool, StorageError> {
        let odd: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM images WHERE length(sha256) <> 64 OR sha256 GLOB '*[^0-9a-f]*'",
        )
        .fetch_one(&self.readers)
        .await
        .map_err(StorageError::catalogue("look for damaged rows"))?;
        Ok(odd == 0)
    }
}

/// Gives an image the name and the album that are asked for. Says what changed, and whether
/// anything did.
async fn place(
    connection: &mut SqliteConnection,
    before: &ImageRecord,
    image: &mut ImageRecord,
    to: &ImageUpdate,
    now: SystemTime,
) -> Result<(Change, bool), StorageError> {
    let action = "change an image";
    image.file_name = to.name.clone().unwrap_or_else(|| before.file_name.clone());
    image.album = to.album.clone().unwrap_or_else(|| before.album.clone());
    let album = match &image.album_ref() {
        Some(album) => Some(find_album(connection, album, action).await?),
        None => None,
    };
    let (album, acl) = album.unzip();
    image.album_acl = acl;
    let change = Change::ImageMoved { image: image.id, from: before.place(), to: image.place() };
    let is_news = (&before.album, &before.file_name) != (&image.album, &image.file_name);
    if is_news {
        image.placed = now.max(image.created);
        sqlx::query("UPDATE images SET file_name = $1, album_id = $2, placed_ms = $3 WHERE id = $4")
            .bind(image.file_name.as_str())
            .bind(album)
            .bind(millis(now))
            .bind(image.id.to_string())
            .execute(connection)
            .await
            .map_err(|error| taken(error, action, || name_taken(image)))?;
    }
    Ok((change, is_news))
}

/// Gives others the right to see an image, or takes it. Says what changed, and whether
/// anything did.
async fn share(
    connection: &mut SqliteConnection,
    before: &ImageRecord,
    image: &mut ImageRecord,
    to: &ImageUpdate,
) -> Result<(Change, bool), StorageError> {
    image.visibility = to.visibility.unwrap_or(before.visibility);
    image.link_epoch = before.link_epoch.saturating_add(u32::from(to.revoke_links));
    let is_news = (before.visibility, before.link_epoch) != (image.visibility, image.link_epoch);
    if is_news {
        sqlx::query("UPDATE images SET visibility = $1, link_epoch = $2 WHERE id = $3")
            .bind(image.visibility.as_str())
            .bind(i64::from(image.link_epoch))
            .bind(image.id.to_string())
            .execute(connection)
            .await
            .map_err(StorageError::catalogue("change an image"))?;
    }
    Ok((Change::ImageShared { image: image.id, at: image.place() }, is_news))
}

/// Notes that a link for one upload is used; fails if it was already.
async fn use_up(
    connection: &mut SqliteConnection,
    once: &OnceOnly,
    now: SystemTime,
    action: &'static str,
) -> Result<(), StorageError> {
    sqlx::query("DELETE FROM used_links WHERE expires_ms < $1")
        .bind(millis(now))
        .execute(&mut *connection)
        .await
        .map_err(StorageError::catalogue(action))?;
    sqlx::query("INSERT INTO used_links (id, expires_ms) VALUES ($1, $2)")
        .bind(&once.id)
        .bind(millis(once.expires))
        .execute(connection)
        .await
        .map(drop)
        .map_err(|error| taken(error, action, || StorageError::LinkUsed))
}

/// Fails if the owner has by now stored more than they may.
async fn within(
    connection: &mut SqliteConnection,
    owner: &Owner,
    quota: Quota,
    action: &'static str,
) -> Result<(), StorageError> {
    if owner.is_nobody() || quota == Quota::default() {
        return Ok(());
    }
    let row = sqlx::query("SELECT bytes, images FROM usage WHERE owner = $1")
        .bind(owner.as_str())
        .fetch_one(connection)
        .await
        .map_err(StorageError::catalogue(action))?;
    let used = |column| row.try_get::<i64, _>(column).ok().and_then(|used| u64::try_from(used).ok());
    let is_over =
        |column, most: Option<u64>| most.is_some_and(|most| used(column).is_none_or(|used| used > most));
    if is_over("bytes", quota.bytes) || is_over("images", quota.images) {
        return Err(StorageError::OverQuota(quota));
    }
    Ok(())
}
