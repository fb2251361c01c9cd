//! `/albums/{album}/images`

pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod info;
pub(crate) mod list;
pub(crate) mod put;
pub(crate) mod update;
pub(crate) mod upload;

use storage::ImageRecord;

/// Where an image of an album is, under the path that the request came by.
fn location(prefix: &str, image: &ImageRecord) -> String {
    format!("{}/{}", prefix.trim_end_matches('/'), api::paths::segment(&image.name()))
}
