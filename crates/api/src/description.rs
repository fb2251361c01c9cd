//! What image-processor tells of an image.

use domain::{ContentHash, MediaType};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What an image is and what it looks like. The same for every image with these bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImageDescription {
    /// The media type, read from the bytes.
    #[serde(with = "crate::text")]
    #[schema(value_type = String, example = "image/jpeg")]
    pub media_type: MediaType,
    /// Pixels in a row as displayed, after the orientation is applied.
    #[schema(minimum = 1)]
    pub width: u32,
    /// Rows as displayed, after the orientation is applied.
    #[schema(minimum = 1)]
    pub height: u32,
    /// Pixels in a row as stored.
    #[schema(minimum = 1)]
    pub stored_width: u32,
    /// Rows as stored.
    #[schema(minimum = 1)]
    pub stored_height: u32,
    /// The Exif orientation, 1 to 8; 1 is upright, 5 to 8 swap width and height.
    #[schema(minimum = 1, maximum = 8)]
    pub orientation: u8,
    /// The length of the original in bytes.
    pub bytes: u64,
    /// The SHA-256 of the original, in hexadecimal.
    #[serde(with = "crate::text")]
    #[schema(value_type = String, min_length = 64, max_length = 64)]
    pub sha256: ContentHash,
    /// Whether any pixel is not opaque, as far as can be seen at 100 pixels a side.
    pub has_alpha: bool,
    /// The most frequent color; absent if nothing is opaque.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "#3a6ea5")]
    pub color: Option<String>,
    /// Up to six colors, the most frequent first.
    #[schema(example = json!(["#3a6ea5", "#f0e0c8"]))]
    pub palette: Vec<String>,
    /// The BlurHash, on white where the image is clear.
    #[schema(example = "LEHV6nWB2yk8pyo0adR*.7kCMdnj")]
    pub blur_hash: String,
    /// The ThumbHash, in base64.
    #[schema(example = "1QcSHQRnh493V4dIh4eXh1h4kJUI")]
    pub thumb_hash: String,
    /// What the camera noted.
    pub exif: CameraNotes,
}

/// What a camera noted in the Exif block. What it did not note, or what makes no sense, is
/// absent.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct CameraNotes {
    /// Who made the camera.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Canon")]
    pub make: Option<String>,
    /// Which camera it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub model: Option<String>,
    /// Which lens.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub lens: Option<String>,
    /// When the picture was taken, by the camera's clock: RFC 3339, without an offset from
    /// UTC if none was noted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2024-06-01T12:34:56+02:00")]
    pub taken: Option<String>,
    /// The exposure time in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 0.004)]
    pub exposure_seconds: Option<f64>,
    /// The aperture: 2.8 is f/2.8.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 2.8)]
    pub aperture: Option<f64>,
    /// The sensitivity, ISO 12232.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 100)]
    pub iso: Option<u32>,
    /// The focal length in millimetres.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub focal_length: Option<f64>,
    /// The focal length that sees as much on 35 mm film, in millimetres.
    #[serde(rename = "focalLength35mm", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub focal_length_35mm: Option<u32>,
    /// The exposure bias in steps of two.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub exposure_bias: Option<f64>,
    /// Whether the flash fired.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub flash: Option<bool>,
    /// What wrote the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub software: Option<String>,
    /// Who took the picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub artist: Option<String>,
    /// Whose it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub copyright: Option<String>,
    /// Where it was taken; only if `gps=true` asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub gps: Option<Location>,
}

/// A place on the earth, WGS 84.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Location {
    /// Degrees to the north.
    #[schema(minimum = -90, maximum = 90)]
    pub latitude: f64,
    /// Degrees to the east.
    #[schema(minimum = -180, maximum = 180)]
    pub longitude: f64,
    /// Metres above the sea.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub altitude: Option<f64>,
}
