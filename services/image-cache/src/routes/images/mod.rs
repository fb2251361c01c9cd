//! `/images`

pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod info;
pub(crate) mod list;
pub(crate) mod update;
pub(crate) mod upload;

use api::{ImageInfo, UploadedImage};
use domain::Change;
use storage::ImageRecord;

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
        bytes: record.bytes,
        sha256: record.hash,
        created: record.created,
    }
}

/// The answer to an upload.
pub(crate) fn uploaded(record: &ImageRecord) -> UploadedImage {
    let change = Change::ImageAdded { image: record.id, at: record.place() };
    UploadedImage { message: change.sentences().concat(), image: describe(record) }
}
