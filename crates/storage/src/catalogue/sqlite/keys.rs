//! API keys, and giving what is nobody's to somebody.

use access::Digest;
use domain::{AlbumId, Change, ContentHash, Owner};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use std::time::SystemTime;

use super::Sqlite;
use super::rows::{instant, millis, taken};
use crate::StorageError;
use crate::catalogue::{Adopted, AlbumRef, KeyRecord};

impl Sqlite {
    pub(crate) async fn add_key(&self, key: &KeyRecord) -> Result<(), StorageError> {
        sqlx::query(
            "INSERT INTO api_keys (id, sha256, owner, scopes, album, created_ms, expires_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(key.id.to_string())
        .bind(ContentHash::from_bytes(*key.digest.as_bytes()).to_string())
        .bind(key.owner.as_str())
        .bind(key.scopes.to_string())
        .bind(key.album.as_ref().map(AlbumId::to_string))
        .bind(millis(key.created))
        .bind(key.expires.map(millis))
        .execute(&self.writer)
        .await
        .map(drop)
        .map_err(StorageError::catalogue("add an API key"))
    }

    pub(crate) async fn key(&self, id: &str) -> Result<Option<KeyRecord>, StorageError> {
        let row = sqlx::query("SELECT * FROM api_keys WHERE id = $1")
            .bind(id)
            .fetch_optional(&self.readers)
            .await
            .map_err(StorageError::catalogue("find an API key"))?;
        Ok(row.as_ref().and_then(read_key))
    }

    pub(crate) async fn keys(
        &self,
        owner: Option<&Owner>,
        limit: u32,
        after: &str,
    ) -> Result<Vec<KeyRecord>, StorageError> {
        let rows = sqlx::query(
            "SELECT * FROM api_keys WHERE ($1 IS NULL OR owner = $1) AND id > $2 ORDER BY id LIMIT $3",
        )
        .bind(owner.map(Owner::as_str))
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(&self.readers)
        .await
        .map_err(StorageError::catalogue("list API keys"))?;
        Ok(rows.iter().filter_map(read_key).collect())
    }

    pub(crate) async fn revoke_key(&self, key: &KeyRecord, now: SystemTime) -> Result<(), StorageError> {
        let action = "revoke an API key";
        let failed = |error| StorageError::catalogue(action)(error);
        let mut transaction = self.begin(action).await?;
        sqlx::query("DELETE FROM api_keys WHERE id = $1")
            .bind(key.id.to_string())
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        let change = Change::KeyRevoked { key: key.id.to_string() };
        self.record(&mut transaction, &key.owner, &[change], now).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)
    }

    pub(crate) async fn adopt(
        &self,
        owner: &Owner,
        album: Option<&domain::Name>,
    ) -> Result<Adopted, StorageError> {
        let action = "adopt what is nobody's";
        let failed = |error| StorageError::catalogue(action)(error);
        let mut transaction = self.begin(action).await?;
        let only = album.map(domain::Name::as_str);
        if let Some(name) = album {
            let album = AlbumRef { owner: Owner::NOBODY, name: name.clone() };
            super::rows::find_album(&mut transaction, &album, action).await?;
        }
        let images = sqlx::query(
            "UPDATE images SET owner = $1 WHERE owner = '' AND \
             ($2 IS NULL OR album_id = (SELECT id FROM albums WHERE owner = '' AND name = $2))",
        )
        .bind(owner.as_str())
        .bind(only)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?
        .rows_affected();
        let albums =
            sqlx::query("UPDATE albums SET owner = $1 WHERE owner = '' AND ($2 IS NULL OR name = $2)")
                .bind(owner.as_str())
                .bind(only)
                .execute(&mut *transaction)
                .await
                .map_err(|error| taken(error, action, || StorageError::AdoptedTwice(owner.clone())))?
                .rows_affected();
        transaction.commit().await.map_err(failed)?;
        Ok(Adopted { images, albums })
    }
}

/// Reads a row; none if it makes no sense, which opens nothing.
fn read_key(row: &SqliteRow) -> Option<KeyRecord> {
    let text = |column| row.try_get::<String, _>(column).ok();
    let album: Option<String> = row.try_get("album").ok()?;
    let expires: Option<i64> = row.try_get("expires_ms").ok()?;
    Some(KeyRecord {
        id: text("id")?.parse().ok()?,
        digest: Digest::from_bytes(*text("sha256")?.parse::<ContentHash>().ok()?.as_bytes()),
        owner: Owner::parse_stored(&text("owner")?).ok()?,
        scopes: text("scopes")?.parse().ok()?,
        album: album.map(|album| album.parse()).transpose().ok()?,
        created: instant(row.try_get("created_ms").ok()?)?,
        // A time that cannot be written is past all times.
        expires: expires.map(|expires| instant(expires).unwrap_or(SystemTime::UNIX_EPOCH)),
    })
}
