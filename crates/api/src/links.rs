//! Bodies about signed links.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A link to an image that is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct NewImageLink {
    /// How long it is to be good for at least, such as `1h`, `30m` or `7days`; an hour if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "1h")]
    pub expires_in: Option<String>,
    /// What it is to open: `url`, the one URL with these options; `image`, everything derived
    /// from the image; `original`, that and the original. `image` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "image")]
    pub scope: Option<String>,
    /// The options of the URL, as in its query.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "width=300")]
    pub options: Option<String>,
}

/// A link to an album that is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct NewAlbumLink {
    /// How long it is to be good for at least, such as `1h`, `30m` or `7days`; an hour if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "1h")]
    pub expires_in: Option<String>,
    /// Whether it is for uploading one image into the album, and not for seeing what is in it.
    pub upload: bool,
    /// The most bytes that the upload may have; those that any upload may have if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1)]
    pub max_bytes: Option<u64>,
}

/// A link that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignedLink {
    /// The URL, relative to the root of the services; its query ends in `sig=…`.
    #[schema(example = "/images/01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12?width=300&sig=ik1.tcq1a0.…")]
    pub url: String,
    /// When it opens nothing any more, RFC 3339.
    #[serde(with = "crate::text::time")]
    #[schema(value_type = String, format = DateTime)]
    pub expires: SystemTime,
}
