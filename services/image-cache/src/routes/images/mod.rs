//! `/images`

pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod info;
pub(crate) mod list;
pub(crate) mod upload;

use api::ImageInfo;
use storage::ImageRecord;

/// An image as the wire contract describes it.
fn describe(record: &ImageRecord) -> ImageInfo {
    ImageInfo {
        id: record.id,
        name: record.stored_name(),
        media_type: record.source.media_type,
        width: record.source.size.width(),
        height: record.source.size.height(),
        orientation: record.source.orientation.exif(),
        bytes: record.bytes,
        sha256: record.hash,
        created: record.created,
    }
}
