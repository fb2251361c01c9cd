//! Re-hashing every original.

use std::path::Path;

use domain::ImageId;

use crate::belonging;
use crate::blobs::{Blobs, BlobsIn};
use crate::catalogue::{Catalogue, ImageRef, Listed};
use crate::{OpenError, StorageError};

const PAGE: u32 = 500;

/// What re-hashing has shown.
#[derive(Debug, Default)]
pub struct Verification {
    /// How many images were looked at.
    pub images: u64,
    /// How many bytes were hashed.
    pub bytes: u64,
    /// The images that cannot be served.
    pub damaged: Vec<Damage>,
    /// Blobs that no image has. A few are what a crash leaves; more say that the catalogue has
    /// lost images.
    pub orphans: u64,
    /// The rows of the catalogue that make no sense and what is wrong with its file, and why.
    pub damaged_rows: Vec<String>,
}

/// An image that cannot be served.
#[derive(Debug)]
pub struct Damage {
    /// The image.
    pub id: ImageId,
    /// Its stored name.
    pub name: String,
    /// What is wrong with its blob.
    pub reason: String,
}

/// Why verifying could not be finished.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The folder cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The catalogue cannot be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Re-hashes every original of a data folder, wherever its blobs are, also beside a running service. A damaged
/// image is part of the result.
pub async fn verify(data: &Path, place: &BlobsIn) -> Result<Verification, VerifyError> {
    let catalogue = Catalogue::open_for_reading(data).await?;
    let blobs = Blobs::existing(data, place)?;
    belonging::expect(&blobs, &catalogue).await?;
    let mut result = Verification::default();
    if let Err(error) = catalogue.examine().await {
        result.damaged_rows.push(error.to_string());
    }
    result.orphans = orphans(&catalogue, &blobs).await?;
    let mut before = None;
    loop {
        let page = catalogue.page(&Listed::All, PAGE, before).await?;
        result.damaged_rows.extend(page.damaged);
        for image in page.images {
            result.images += 1;
            result.bytes += image.bytes;
            let wrong = blobs.examine(image.hash, image.bytes).await;
            // It may have been deleted meanwhile.
            if let (Some(reason), Some(_)) = (wrong, catalogue.find(&ImageRef::Id(image.id)).await?) {
                result.damaged.push(Damage { id: image.id, name: image.name(), reason });
            }
        }
        match page.next {
            Some(last) => before = Some(last),
            None => break,
        }
    }
    catalogue.close().await;
    Ok(result)
}

async fn orphans(catalogue: &Catalogue, blobs: &Blobs) -> Result<u64, StorageError> {
    let mut count = blobs.set_aside().await?;
    for first in 0..=255 {
        for hash in blobs.beginning_with(first).await? {
            count += u64::from(!catalogue.names(hash).await?);
        }
    }
    Ok(count)
}
