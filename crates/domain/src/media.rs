//! The image formats accepted as originals.

use std::fmt;
use std::str::FromStr;

/// The media type of an image, always read from its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaType {
    /// `image/jpeg`
    Jpeg,
    /// `image/png`
    Png,
    /// `image/gif`
    Gif,
    /// `image/webp`
    Webp,
    /// `image/avif`
    Avif,
    /// `image/heic`
    Heic,
    /// `image/jxl`
    Jxl,
    /// `image/tiff`
    Tiff,
    /// `image/bmp`
    Bmp,
    /// `image/vnd.microsoft.icon`
    Ico,
}

impl MediaType {
    /// Every media type accepted as an original.
    pub const ALL: [Self; 10] = [
        Self::Jpeg,
        Self::Png,
        Self::Gif,
        Self::Webp,
        Self::Avif,
        Self::Heic,
        Self::Jxl,
        Self::Tiff,
        Self::Bmp,
        Self::Ico,
    ];

    /// The value of `Content-Type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
            Self::Avif => "image/avif",
            Self::Heic => "image/heic",
            Self::Jxl => "image/jxl",
            Self::Tiff => "image/tiff",
            Self::Bmp => "image/bmp",
            Self::Ico => "image/vnd.microsoft.icon",
        }
    }

    /// Whether an original of this type may be an animation that is decoded frame by frame.
    pub fn can_move(self) -> bool {
        match self {
            Self::Gif | Self::Png | Self::Webp => true,
            Self::Jpeg | Self::Avif | Self::Heic | Self::Jxl | Self::Tiff | Self::Bmp | Self::Ico => false,
        }
    }

    /// The usual file extension, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Gif => "gif",
            Self::Webp => "webp",
            Self::Avif => "avif",
            Self::Heic => "heic",
            Self::Jxl => "jxl",
            Self::Tiff => "tiff",
            Self::Bmp => "bmp",
            Self::Ico => "ico",
        }
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no media type accepted as an original.
#[derive(Debug, Clone, thiserror::Error)]
#[error("not the media type of a supported image")]
pub struct UnknownMediaType;

impl FromStr for MediaType {
    type Err = UnknownMediaType;

    fn from_str(text: &str) -> Result<Self, UnknownMediaType> {
        Self::ALL.into_iter().find(|media| media.as_str() == text).ok_or(UnknownMediaType)
    }
}
