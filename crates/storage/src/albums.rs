//! Albums.

use std::collections::BTreeSet;
use std::sync::Arc;

use access::Acl;
use domain::{Name, Visibility};

use crate::StorageError;
use crate::catalogue::{AlbumRef, AlbumUpdate, Changed, Listed, NamePage};
use crate::store::{Storage, now};

impl Storage {
    /// Creates an album.
    pub async fn create_album(
        &self,
        album: AlbumRef,
        visibility: Visibility,
    ) -> Result<Changed, StorageError> {
        let catalogue = self.inner.catalogue.clone();
        let work = async move { catalogue.create_album(&album, visibility, now()).await };
        self.inner.change("create an album", work).await
    }

    /// Gives an album another name, or others the right to see it. No file moves.
    pub async fn update_album(&self, album: AlbumRef, to: AlbumUpdate) -> Result<Changed, StorageError> {
        let catalogue = self.inner.catalogue.clone();
        let work = async move { catalogue.update_album(&album, &to, now()).await };
        self.inner.change("change an album", work).await
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

    /// Up to `limit` names of albums behind `after`, in the order of their bytes.
    pub async fn albums(
        &self,
        listed: &Listed,
        limit: u32,
        after: Option<&Name>,
    ) -> Result<NamePage, StorageError> {
        self.inner.catalogue.albums(listed, limit, after).await
    }

    /// Up to `limit` names of an album's images behind `after`, in the order of their bytes;
    /// of all, or of those that everyone may see.
    pub async fn album_images(
        &self,
        album: &AlbumRef,
        public_only: bool,
        limit: u32,
        after: Option<&Name>,
    ) -> Result<NamePage, StorageError> {
        self.inner.catalogue.album_images(album, public_only, limit, after).await
    }

    /// What the right to an album depends on; none if there is no such album.
    pub async fn album(&self, album: &AlbumRef) -> Result<Option<Acl>, StorageError> {
        self.inner.catalogue.album(album).await
    }
}
