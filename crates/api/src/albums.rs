//! Bodies about albums, in the fields of the older album store.

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// A name of an album or of an image in one: 1 to 255 bytes of UTF-8 after normalisation to
/// Unicode NFC, without control or bidirectional-override characters, `/` or `\`, and
/// neither `.` nor `..`.
// It only describes a name; `domain` checks it.
#[derive(ToSchema)]
#[schema(
    as = Name,
    min_length = 1,
    max_length = 255,
    pattern = r"^(?!\.{1,2}$)[^\x00-\x1F\x7F-\x9F/\\\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]+$",
    example = "summer"
)]
pub struct NameText(#[expect(dead_code, reason = "only describes")] String);

/// An album to create.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewAlbum {
    /// The name.
    #[schema(value_type = NameText)]
    pub album_name: String,
    /// Who besides its owner may see it: private, unlisted or public; a setting says what it
    /// is otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = VisibilityText, required = false)]
    pub visibility: Option<String>,
}

/// A new name for an album, or who may see it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(min_properties = 1)]
#[serde(rename_all = "camelCase")]
pub struct AlbumUpdate {
    /// The new name; absent to keep the old one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = NameText, required = false)]
    pub album_name: Option<String>,
    /// Who besides its owner may see it: private, unlisted or public.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = VisibilityText, required = false)]
    pub visibility: Option<String>,
    /// The owners that the album is shared with, who may then see all that is in it; at most 64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_items = 64)]
    pub readers: Option<Vec<String>>,
}

/// Who besides its owner may see something: nobody, whoever has its id, or everyone.
#[derive(ToSchema)]
#[schema(as = Visibility)]
#[serde(rename_all = "lowercase")]
pub enum VisibilityText {
    /// Nobody but those it is shared with.
    Private,
    /// Whoever has its id; it is never listed.
    Unlisted,
    /// Everyone.
    Public,
}

/// The answer to creating an album.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreatedAlbum {
    /// What was done, in a sentence.
    #[schema(example = "summer album added")]
    pub message: String,
    /// The name, normalised to Unicode NFC.
    #[schema(example = "summer")]
    pub album_name: String,
}

/// A new name for an image, a new album, or who may see it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(min_properties = 1)]
#[serde(rename_all = "camelCase")]
pub struct ImageUpdate {
    /// The new name; absent to keep the old one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = NameText, required = false)]
    pub image_name: Option<String>,
    /// The album to move the image to; null moves it out of its album; absent leaves it
    /// where it is.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[schema(value_type = Option<NameText>, required = false)]
    pub album_name: Option<Option<String>>,
    /// Who besides its owner may see it, as far as its album lets them: private, unlisted or
    /// public.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = VisibilityText, required = false)]
    pub visibility: Option<String>,
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
