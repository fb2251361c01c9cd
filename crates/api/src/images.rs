//! Bodies about images.

use std::time::SystemTime;

use domain::plan::Source;
use domain::{AlbumId, ContentHash, ImageId, MediaType, Orientation, Owner, Size, Visibility};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is known of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImageInfo {
    /// The id.
    #[serde(with = "crate::text")]
    #[schema(value_type = String, format = Uuid, example = "01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12")]
    pub id: ImageId,
    /// The name. Of an image in an album: the one that its client chose. Else
    /// `<stem>-<id>.<extension>`: the stem from the client's file name, the extension
    /// from the bytes.
    #[schema(example = "holiday-01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12.jpg")]
    pub name: String,
    /// The album that the image is in; null if it is in none.
    #[serde(default)]
    pub album: Option<String>,
    /// The media type, read from the bytes.
    #[serde(with = "crate::text")]
    #[schema(value_type = String, example = "image/jpeg")]
    pub media_type: MediaType,
    /// Pixels in a row as stored, before the orientation is applied.
    #[schema(minimum = 1)]
    pub width: u32,
    /// Rows as stored, before the orientation is applied.
    #[schema(minimum = 1)]
    pub height: u32,
    /// The Exif orientation, 1 to 8; 1 is upright, 5 to 8 swap width and height.
    #[schema(minimum = 1, maximum = 8)]
    pub orientation: u8,
    /// How many frames the image has; 1 for a still image, and where it was not counted.
    #[serde(default = "one")]
    #[schema(minimum = 1)]
    pub frames: u32,
    /// The length of the original in bytes.
    pub bytes: u64,
    /// The SHA-256 of the original, in hexadecimal.
    #[serde(with = "crate::text")]
    #[schema(value_type = String, min_length = 64, max_length = 64)]
    pub sha256: ContentHash,
    /// When the upload was complete, RFC 3339.
    #[serde(with = "crate::text::time")]
    #[schema(value_type = String, format = DateTime)]
    pub created: SystemTime,
    /// Who may do what with it; absent where everyone may do everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub access: Option<ImageAccess>,
}

/// What the right to an image depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImageAccess {
    /// Whose it is; empty for nobody.
    #[serde(with = "crate::text::stored_owner")]
    #[schema(value_type = String)]
    pub owner: Owner,
    /// Who besides its owner may see it, as far as its album lets them.
    #[serde(with = "crate::text")]
    #[schema(value_type = crate::albums::VisibilityText)]
    pub visibility: Visibility,
    /// How often the links to it were revoked; told to its owner, who may sign links.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub link_epoch: Option<u32>,
    /// The same of its album; told to its owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub album: Option<AlbumAccess>,
}

/// What the right to an album depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AlbumAccess {
    /// The id by which links and keys know the album.
    #[serde(with = "crate::text")]
    #[schema(value_type = String, min_length = 32, max_length = 32)]
    pub id: AlbumId,
    /// Who besides its owner may see it.
    #[serde(with = "crate::text")]
    #[schema(value_type = crate::albums::VisibilityText)]
    pub visibility: Visibility,
    /// The owners that it is shared with.
    pub readers: Vec<String>,
    /// How often the links to it were revoked.
    pub link_epoch: u32,
}

/// An image-cache of the version before this did not count.
fn one() -> u32 {
    1
}

impl ImageInfo {
    /// What a plan must know of the image; none if the peer sent numbers that no image has.
    pub fn source(&self) -> Option<Source> {
        Some(Source {
            media_type: self.media_type,
            size: Size::new(self.width, self.height)?,
            orientation: Orientation::from_exif(u16::from(self.orientation))?,
            frames: self.frames.max(1),
        })
    }
}

/// The answer to an upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UploadedImage {
    /// What was done, in a sentence.
    #[schema(example = "holiday.jpg image added to album summer")]
    pub message: String,
    /// What is known of the image.
    #[serde(flatten)]
    pub image: ImageInfo,
}

/// A page of images, newest first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImagePage {
    /// The images of this page.
    pub images: Vec<ImageInfo>,
    /// What to give as `cursor` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next_cursor: Option<String>,
}

/// A plain answer to a change.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Message {
    /// What was done, in a sentence.
    pub message: String,
}
