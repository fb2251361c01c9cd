//! Bodies about albums, in the fields of the older album store.

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// The name of an album, to create or to rename one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AlbumName {
    /// The name: 1 to 255 bytes of UTF-8, no control characters, `/` or `\`.
    #[schema(min_length = 1, example = "summer")]
    pub album_name: String,
}

/// The answer to creating an album.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreatedAlbum {
    /// What was done, in a sentence.
    #[schema(example = "summer album created")]
    pub message: String,
    /// The name, normalised to Unicode NFC.
    #[schema(example = "summer")]
    pub album_name: String,
}

/// A new name for an image, a new album, or both.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImageUpdate {
    /// The new name; absent to keep the old one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1, example = "beach.jpg")]
    pub image_name: Option<String>,
    /// The album to move the image to; null moves it out of its album; absent leaves it
    /// where it is.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, example = "autumn")]
    pub album_name: Option<Option<String>>,
}

/// Tells null from absent.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// A page of the names of albums, in the order of their bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AlbumList {
    /// The names.
    pub album_list: Vec<String>,
    /// What to give as `cursor` for the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next_cursor: Option<String>,
}

/// A page of the names of an album's images, in the order of their bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImageList {
    /// The names.
    pub image_list: Vec<String>,
    /// What to give as `cursor` for the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next_cursor: Option<String>,
}
