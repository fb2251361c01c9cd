//! Whether a catalogue and a place of blobs belong together. A store on a bucket of another
//! would take all of its blobs for orphans, and one on an empty bucket would have lost all
//! of its images.
//!
//! The id of a store stands in its catalogue and in its bucket. It is written when both are
//! empty, in the catalogue first, so that a start that ends in between is made up by the next.

use uuid::Uuid;

use crate::OpenError;
use crate::blobs::Blobs;
use crate::catalogue::{Catalogue, Listed};

/// Sees that they belong together, and makes an empty catalogue and a bucket of nobody do so.
pub(crate) async fn settle(blobs: &Blobs, catalogue: &Catalogue) -> Result<(), OpenError> {
    let known = catalogue.bucket_store().await?;
    let empty = catalogue
        .page(&Listed::All, 1, None)
        .await
        .is_ok_and(|page| page.images.is_empty() && page.damaged.is_empty());
    let Blobs::Bucket(_) = blobs else {
        return match known {
            Some(_) if !empty => Err(OpenError::NotTheFolder),
            Some(_) | None => Ok(()),
        };
    };
    let refused = |reason: &str| OpenError::Bucket { bucket: blobs.place(), reason: reason.to_owned() };
    match (known, blobs.store_id().await?) {
        (Some(known), Some(found)) if known == found => Ok(()),
        (_, Some(_)) => Err(refused(
            "it belongs to another store, as its safelight-store.json says; give another bucket or prefix, or \
             restore the catalogue that belongs to it",
        )),
        (Some(_), None) if !empty => {
            Err(refused("it is not the bucket of this catalogue: safelight-store.json is missing"))
        }
        (None, None) if !empty => Err(refused("the originals of this catalogue are in its folder")),
        (known, None) => {
            let id = known.unwrap_or_else(|| Uuid::now_v7().to_string());
            catalogue.set_bucket_store(&id).await?;
            if blobs.claim(&id).await? { Ok(()) } else { Err(refused("another store took it just now")) }
        }
    }
}

/// Sees that they belong together, and changes nothing.
pub(crate) async fn expect(blobs: &Blobs, catalogue: &Catalogue) -> Result<(), OpenError> {
    match (blobs, catalogue.bucket_store().await?) {
        (Blobs::Folder(_), None) => Ok(()),
        (Blobs::Folder(_), Some(_)) => Err(OpenError::NotTheFolder),
        (Blobs::Bucket(_), known) => {
            if known.is_some() && known == blobs.store_id().await? {
                return Ok(());
            }
            let reason = "it is not the bucket of this catalogue".to_owned();
            Err(OpenError::Bucket { bucket: blobs.place(), reason })
        }
    }
}
