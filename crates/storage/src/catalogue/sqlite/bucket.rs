//! Which bucket the originals are in.

use sqlx::Row as _;

use super::Sqlite;
use crate::StorageError;

impl Sqlite {
    pub(crate) async fn bucket_store(&self) -> Result<Option<String>, StorageError> {
        let row = sqlx::query("SELECT store_id FROM bucket")
            .fetch_optional(&self.readers)
            .await
            .map_err(StorageError::catalogue("look for the bucket"))?;
        row.map(|row| row.try_get("store_id").map_err(StorageError::catalogue("read the bucket's id")))
            .transpose()
    }

    pub(crate) async fn set_bucket_store(&self, id: &str) -> Result<(), StorageError> {
        let action = "remember the bucket";
        let mut transaction = self.begin(action).await?;
        sqlx::query("INSERT INTO bucket (store_id) SELECT $1 WHERE NOT EXISTS (SELECT 1 FROM bucket)")
            .bind(id)
            .execute(&mut *transaction)
            .await
            .map_err(StorageError::catalogue(action))?;
        transaction.commit().await.map_err(StorageError::catalogue(action))
    }
}
