//! Albums.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::{Name, Owner};

use crate::StorageError;
use crate::catalogue::{AlbumRef, Changed, NamePage};
use crate::store::{Storage, now};

impl Storage {
    /// Creates an album.
    pub async fn create_album(&self, album: AlbumRef) -> Result<Changed, StorageError> {
        let catalogue = self.inner.catalogue.clone();
        let work = async move { catalogue.create_album(&album, now()).await };
        self.inner.change("create an album", work).await
    }

    /// Gives an album another name. No file moves.
    pub async fn rename_album(&self, album: AlbumRef, to: Name) -> Result<Changed, StorageError> {
        let catalogue = self.inner.catalogue.clone();
        let work = async move { catalogue.rename_album(&album, &to, now()).await };
        self.inner.change("rename an album", work).await
    }

    /// Deletes an album with all its images, at once; their bytes go in the background,
    /// unless other images have equal ones.
    ///
    /// # Errors
    ///
    /// Everything is still there then.
    pub async fn delete_album(&self, album: AlbumRef) -> Result<Changed, StorageError> {
        let inner = Arc::clone(&self.inner);
        self.inner
            .change("delete an album", async move {
                let deleted = inner.catalogue.delete_album(&album, now()).await?;
                let (blobs, remover) = (BTreeSet::from_iter(deleted.blobs), Arc::clone(&inner));
                inner.tasks.spawn_on(async move { remover.discard(&blobs).await }, &inner.runtime);
                Ok(Changed { owner: deleted.owner, changes: deleted.changes, value: () })
            })
            .await
    }

    /// Up to `limit` names of an owner's albums behind `after`, in the order of their bytes.
    pub async fn albums(
        &self,
        owner: &Owner,
        limit: u32,
        after: Option<&Name>,
    ) -> Result<NamePage, StorageError> {
        self.inner.catalogue.albums(owner, limit, after).await
    }

    /// Up to `limit` names of an album's images behind `after`, in the order of their bytes.
    pub async fn album_images(
        &self,
        album: &AlbumRef,
        limit: u32,
        after: Option<&Name>,
    ) -> Result<NamePage, StorageError> {
        self.inner.catalogue.album_images(album, limit, after).await
    }

    /// Fails if there is no such album.
    pub async fn expect_album(&self, album: &AlbumRef) -> Result<(), StorageError> {
        self.inner.catalogue.expect_album(album).await
    }
}
