//! `/images`

pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod info;
pub(crate) mod list;
pub(crate) mod update;
pub(crate) mod upload;

use std::sync::Arc;

use actix_web::HttpRequest;
use api::{ImageInfo, UploadedImage};
use server::conditional::Precondition;
use server::image_response::entity_tag;
use storage::{Changed, Condition, ImageRecord, ImageRef, StorageError};

use crate::original::last_modified;
use crate::routes::message;

/// An image as the wire contract describes it.
pub(crate) fn describe(record: &ImageRecord) -> ImageInfo {
    ImageInfo {
        id: record.id,
        name: record.name(),
        album: record.album.as_ref().map(|album| album.as_str().to_owned()),
        media_type: record.source.media_type,
        width: record.source.size.width(),
        height: record.source.size.height(),
        orientation: record.source.orientation.exif(),
        frames: record.source.frames,
        bytes: record.bytes,
        sha256: record.hash,
        created: record.created,
    }
}

/// What a request asks of the image that it is to change.
pub(crate) fn condition(request: &HttpRequest, which: &ImageRef) -> Condition {
    let (precondition, which) = (Precondition::of(request.headers()), which.clone());
    Arc::new(move |image| {
        let etag = entity_tag(image.hash);
        let holds = precondition.holds(etag.to_str().unwrap_or_default(), last_modified(image, &which));
        if holds { Ok(()) } else { Err(StorageError::NotAsExpected) }
    })
}

/// The answer to an upload.
pub(crate) fn uploaded(added: &Changed<ImageRecord>) -> UploadedImage {
    UploadedImage { message: message(&added.changes), image: describe(&added.value) }
}
