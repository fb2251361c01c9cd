//! Images: uploading, finding, moving, deleting and reading them.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use domain::plan::Source;
use domain::{ContentHash, ImageId, Name, Owner, Visibility};
use uuid::Uuid;

use crate::StorageError;
use crate::blobs::{BlobReader, CompleteBlob, StagedBlob};
use crate::catalogue::{Changed, Condition, ImageRecord, ImageRef, ImageUpdate, Listed, OnceOnly, Page};
use crate::store::{Inner, Storage, now};

/// What an upload is to become.
#[derive(Debug, Clone)]
pub struct NewImage {
    /// Whose it is to be.
    pub owner: Owner,
    /// The client's name of the file.
    pub file_name: Name,
    /// The owner's album that it goes into, if any.
    pub album: Option<Name>,
    /// Type, size and orientation, read from the bytes.
    pub source: Source,
    /// Who else may see it.
    pub visibility: Visibility,
    /// The link that it came by, if that is good for one upload alone.
    pub once: Option<OnceOnly>,
}

impl Storage {
    /// Begins an upload.
    pub async fn stage(&self) -> Result<StagedBlob, StorageError> {
        self.inner.expect_writable()?;
        self.inner.blobs.stage().await
    }

    /// Makes an upload an image, in an album or in none, for good: when this returns, the
    /// bytes, the image and its event survive a crash. It goes on even if the caller stops
    /// waiting.
    ///
    /// # Errors
    ///
    /// Nothing is stored then.
    pub async fn commit(
        &self,
        blob: CompleteBlob,
        new: NewImage,
    ) -> Result<Changed<ImageRecord>, StorageError> {
        let inner = Arc::clone(&self.inner);
        self.inner
            .change("commit the upload", async move {
                let created = now();
                let image = ImageRecord {
                    id: ImageId::from_uuid(Uuid::now_v7()),
                    owner: new.owner,
                    file_name: new.file_name,
                    source: new.source,
                    bytes: blob.bytes(),
                    hash: blob.hash(),
                    created,
                    album: new.album,
                    placed: created,
                    visibility: new.visibility,
                    link_epoch: 0,
                    album_acl: None,
                };
                let hash = image.hash;
                let blob = inner.blobs.prepare(blob).await?;
                let _turn = inner.turns.take(&hash).await;
                let stored = match inner.blobs.publish(blob).await {
                    Ok(()) => inner.catalogue.insert(image, inner.quota, new.once.as_ref()).await,
                    Err(error) => Err(error),
                };
                if stored.is_err() {
                    inner.remove_unless_named(hash).await;
                }
                stored
            })
            .await
    }

    /// One image; none if there is no such image. An album that is named must exist.
    pub async fn image(&self, which: &ImageRef) -> Result<Option<ImageRecord>, StorageError> {
        self.inner.catalogue.find(which).await
    }

    /// Up to `limit` images, newest first, of those older than `before`.
    pub async fn images(
        &self,
        listed: &Listed,
        limit: u32,
        before: Option<ImageId>,
    ) -> Result<Page, StorageError> {
        self.inner.catalogue.page(listed, limit, before).await
    }

    /// Gives an image another name or album, or others the right to see it, if the condition
    /// holds. No file moves.
    pub async fn update_image(
        &self,
        which: ImageRef,
        to: ImageUpdate,
        only_if: Condition,
    ) -> Result<Changed<ImageRecord>, StorageError> {
        let catalogue = self.inner.catalogue.clone();
        let work = async move { catalogue.update_image(&which, &to, &only_if, now()).await };
        self.inner.change("change an image", work).await
    }

    /// Deletes an image, if the condition holds, and its bytes unless another image has
    /// equal ones.
    ///
    /// # Errors
    ///
    /// The image is still there then.
    pub async fn delete(&self, which: ImageRef, only_if: Condition) -> Result<Changed, StorageError> {
        let inner = Arc::clone(&self.inner);
        self.inner
            .change("delete the image", async move {
                let deleted = inner.catalogue.delete(&which, &only_if, now()).await?;
                inner.discard(&deleted.blobs.into_iter().collect()).await;
                Ok(Changed { owner: deleted.owner, changes: deleted.changes, value: () })
            })
            .await
    }

    /// All bytes of an image, verified.
    pub async fn read(&self, image: &ImageRecord) -> Result<Bytes, StorageError> {
        self.inner.blobs.read(image.hash, image.bytes).await
    }

    /// A range of an image's bytes, verified as a whole before the first is given.
    pub async fn stream(&self, image: &ImageRecord, range: Range<u64>) -> Result<BlobReader, StorageError> {
        self.inner.blobs.stream(image.hash, image.bytes, range).await
    }
}

impl Inner {
    /// Removes blobs that have lost an image, unless other images have their bytes. What is
    /// not removed before the store closes, the next start puts aside.
    pub(crate) async fn discard(&self, hashes: &BTreeSet<ContentHash>) {
        for hash in hashes {
            if self.closing.is_cancelled() {
                return;
            }
            let _turn = self.turns.take(hash).await;
            self.remove_unless_named(*hash).await;
        }
    }

    /// Removes a blob that has lost an image, unless another image has its bytes. It must
    /// be this blob's turn: an upload of the same bytes is then through or not begun.
    async fn remove_unless_named(&self, hash: ContentHash) {
        if let Ok(false) = self.catalogue.names(hash).await
            && let Err(error) = self.blobs.remove(hash).await
        {
            log::warn!("{error}; it is left for the next start");
        }
    }
}
