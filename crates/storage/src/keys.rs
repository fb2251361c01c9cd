//! API keys, and what is given to an owner.

use access::KeyId;
use domain::{Name, Owner};

use crate::StorageError;
use crate::catalogue::{Adopted, KeyRecord};
use crate::store::{Storage, now};

impl Storage {
    /// Keeps a new API key.
    pub async fn add_key(&self, key: KeyRecord) -> Result<(), StorageError> {
        let catalogue = self.inner.catalogue.clone();
        self.inner.change("add an API key", async move { catalogue.add_key(&key).await }).await
    }

    /// An API key; none if there is none of this id, or it was revoked.
    pub async fn key(&self, id: &KeyId) -> Result<Option<KeyRecord>, StorageError> {
        self.inner.catalogue.key(&id.to_string()).await
    }

    /// Up to `limit` API keys in the order of their ids, behind `after`; of one owner, or of
    /// all.
    pub async fn keys(
        &self,
        owner: Option<&Owner>,
        limit: u32,
        after: Option<&KeyId>,
    ) -> Result<Vec<KeyRecord>, StorageError> {
        let after = after.map(KeyId::to_string).unwrap_or_default();
        self.inner.catalogue.keys(owner, limit, &after).await
    }

    /// Takes an API key away. Its event tells others to forget it.
    pub async fn revoke_key(&self, key: KeyRecord) -> Result<(), StorageError> {
        let catalogue = self.inner.catalogue.clone();
        let work = async move { catalogue.revoke_key(&key, now()).await };
        self.inner.change("revoke an API key", work).await
    }

    /// Gives an owner what is nobody's: everything, or one album with its images.
    pub async fn adopt(&self, owner: Owner, album: Option<Name>) -> Result<Adopted, StorageError> {
        let catalogue = self.inner.catalogue.clone();
        let work = async move { catalogue.adopt(&owner, album.as_ref()).await };
        self.inner.change("adopt what is nobody's", work).await
    }
}
