//! Albums, and where images are in them; deleting.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::{Change, ContentHash, ImageId, Name};
use tokio::task::spawn_blocking;

use crate::StorageError;
use crate::catalogue::{Condition, Deleted, ImageRecord, ImageRef, Move, NamePage};
use crate::staged::run;
use crate::store::{Inner, Storage, now};

/// The images that went with their album.
#[derive(Debug)]
pub struct DeletedAlbum {
    /// Their ids.
    pub images: Vec<ImageId>,
    /// Their blobs, which are removed in the background.
    pub hashes: BTreeSet<ContentHash>,
}

impl Storage {
    /// Creates an album.
    ///
    /// # Errors
    ///
    /// When there is one of that name already, or the catalogue cannot be written.
    pub async fn create_album(&self, name: Name) -> Result<(), StorageError> {
        let catalogue = self.inner.catalogue.clone();
        let work = async move { catalogue.create_album(&name, now()).await };
        self.inner.change("create an album", work).await
    }

    /// Gives an album another name. No file moves.
    ///
    /// # Errors
    ///
    /// When there is no such album, the new name is taken, or the catalogue cannot be
    /// written.
    pub async fn rename_album(&self, from: Name, to: Name) -> Result<(), StorageError> {
        let catalogue = self.inner.catalogue.clone();
        let work = async move { catalogue.rename_album(&from, &to, now()).await };
        self.inner.change("rename an album", work).await
    }

    /// Deletes an album with all its images, at once; their bytes go in the background,
    /// unless other images have equal ones.
    ///
    /// # Errors
    ///
    /// When there is no such album, or the catalogue cannot be written; everything is
    /// still there then.
    pub async fn delete_album(&self, name: Name) -> Result<DeletedAlbum, StorageError> {
        let inner = Arc::clone(&self.inner);
        self.inner
            .change("delete an album", async move {
                let catalogue = inner.catalogue.clone();
                let gone = inner
                    .making_room(|| {
                        let (catalogue, name) = (catalogue.clone(), name.clone());
                        async move { catalogue.delete_album(&name, now()).await }
                    })
                    .await?;
                let hashes: BTreeSet<_> = gone.iter().filter_map(|gone| gone.hash).collect();
                let images = gone.iter().map(|gone| gone.id).collect();
                let (blobs, remover) = (hashes.clone(), Arc::clone(&inner));
                inner.tasks.spawn_on(async move { remover.discard(&blobs).await }, &inner.runtime);
                Ok(DeletedAlbum { images, hashes })
            })
            .await
    }

    /// Up to `limit` names of albums behind `after`, in the order of their bytes.
    ///
    /// # Errors
    ///
    /// When the catalogue cannot be read.
    pub async fn albums(&self, limit: u32, after: Option<&Name>) -> Result<NamePage, StorageError> {
        self.inner.catalogue.albums(limit, after).await
    }

    /// Up to `limit` names of an album's images behind `after`, in the order of their bytes.
    ///
    /// # Errors
    ///
    /// When there is no such album, or the catalogue cannot be read.
    pub async fn album_images(
        &self,
        album: &Name,
        limit: u32,
        after: Option<&Name>,
    ) -> Result<NamePage, StorageError> {
        self.inner.catalogue.album_images(album, limit, after).await
    }

    /// Fails if there is no such album.
    ///
    /// # Errors
    ///
    /// That, or the catalogue cannot be read.
    pub async fn expect_album(&self, name: &Name) -> Result<(), StorageError> {
        self.inner.catalogue.expect_album(name).await
    }

    /// Gives an image another name, another album, or both, if the condition holds. Returns the image as it is now
    /// and the change, if anything did change; none if there is no such image. No file moves.
    ///
    /// # Errors
    ///
    /// When there is no such album, the name is taken in it, or the catalogue cannot be
    /// written.
    pub async fn move_image(
        &self,
        which: ImageRef,
        to: Move,
        only_if: Condition,
    ) -> Result<Option<(ImageRecord, Option<Change>)>, StorageError> {
        let catalogue = self.inner.catalogue.clone();
        let work = async move { catalogue.move_image(&which, &to, &only_if, now()).await };
        self.inner.change("move an image", work).await
    }

    /// Deletes an image, if the condition holds, and its bytes unless another image has
    /// equal ones. None if there
    /// is no such image.
    ///
    /// # Errors
    ///
    /// When there is no such album, or the catalogue cannot be written; the image is still
    /// there then.
    pub async fn delete(&self, which: ImageRef, only_if: Condition) -> Result<Option<Deleted>, StorageError> {
        let inner = Arc::clone(&self.inner);
        self.inner
            .change("delete the image", async move {
                let catalogue = inner.catalogue.clone();
                let deleted = inner
                    .making_room(|| {
                        let (catalogue, which) = (catalogue.clone(), which.clone());
                        let only_if = Arc::clone(&only_if);
                        async move { catalogue.delete(&which, &only_if, now()).await }
                    })
                    .await?;
                if let Some(hash) = deleted.as_ref().and_then(|deleted| deleted.hash) {
                    inner.discard(&BTreeSet::from([hash])).await;
                }
                Ok(deleted)
            })
            .await
    }
}

impl Inner {
    /// Carries out a deletion. On a full volume the deletion that would make room needs
    /// some itself, which the reserve gives.
    async fn making_room<T, F>(self: &Arc<Self>, delete: impl Fn() -> F) -> Result<T, StorageError>
    where
        F: Future<Output = Result<T, StorageError>>,
    {
        let deleted = match delete().await {
            Err(StorageError::Full) => {
                let reserve = self.reserve.clone();
                run("give up the reserve", self.reserve.path(), move || reserve.release()).await?;
                delete().await
            }
            deleted => deleted,
        };
        let reserve = self.reserve.clone();
        // Not waited for: it matters only the next time.
        spawn_blocking(move || reserve.fill());
        deleted
    }

    /// Removes blobs that have lost an image, unless other images have their bytes. What is
    /// not removed before the store closes, the next start puts aside.
    async fn discard(self: &Arc<Self>, hashes: &BTreeSet<ContentHash>) {
        for hash in hashes {
            if self.closing.is_cancelled() {
                return;
            }
            let _turn = self.turns.take(hash).await;
            self.remove_unless_named(*hash).await;
        }
    }
}
