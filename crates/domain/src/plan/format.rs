//! The formats that results are written in.

use std::fmt;

use super::quality::Quality;
use crate::MediaType;

/// A format that results are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// JPEG, 4:2:0.
    Jpeg,
    /// PNG, 8 bits a channel.
    Png,
    /// Lossy WebP.
    Webp,
    /// Lossy AVIF.
    Avif,
    /// GIF of up to 255 colors in each frame.
    Gif,
    /// TIFF, 8 bits a channel.
    Tiff,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Jpeg, Self::Png, Self::Webp, Self::Avif, Self::Gif, Self::Tiff];

    /// Reads the name of a format, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "jpeg" | "jpg" => Some(Self::Jpeg),
            "png" => Some(Self::Png),
            "webp" => Some(Self::Webp),
            "avif" => Some(Self::Avif),
            "gif" => Some(Self::Gif),
            "tiff" | "tif" => Some(Self::Tiff),
            _ => None,
        }
    }

    /// Whether the format can be an animation that is written here.
    pub fn can_move(self) -> bool {
        match self {
            Self::Png | Self::Webp | Self::Gif => true,
            Self::Jpeg | Self::Avif | Self::Tiff => false,
        }
    }

    /// The format for a result where the client names none: the original's, or for
    /// originals in a format that is not written PNG, which loses nothing; JPEG for HEIC,
    /// since those are photos of phones.
    pub fn natural_for(original: MediaType) -> Self {
        match original {
            MediaType::Jpeg | MediaType::Heic => Self::Jpeg,
            MediaType::Webp => Self::Webp,
            MediaType::Avif => Self::Avif,
            MediaType::Gif => Self::Gif,
            MediaType::Tiff => Self::Tiff,
            MediaType::Png | MediaType::Jxl | MediaType::Bmp | MediaType::Ico => Self::Png,
        }
    }

    /// The media type of a result.
    pub fn media_type(self) -> MediaType {
        match self {
            Self::Jpeg => MediaType::Jpeg,
            Self::Png => MediaType::Png,
            Self::Webp => MediaType::Webp,
            Self::Avif => MediaType::Avif,
            Self::Gif => MediaType::Gif,
            Self::Tiff => MediaType::Tiff,
        }
    }

    /// Whether the format can say that a pixel is transparent.
    pub fn has_alpha(self) -> bool {
        match self {
            Self::Jpeg => false,
            Self::Png | Self::Webp | Self::Avif | Self::Gif | Self::Tiff => true,
        }
    }

    /// The quality that is used where none is named; none for a lossless format.
    pub fn default_quality(self) -> Option<Quality> {
        match self {
            Self::Jpeg | Self::Webp => Some(Quality::DEFAULT),
            Self::Avif => Some(Quality::DEFAULT_AVIF),
            Self::Png | Self::Gif | Self::Tiff => None,
        }
    }

    /// The longest side that the format can say.
    pub fn max_side(self) -> u32 {
        match self {
            Self::Jpeg => 65_500,
            Self::Png | Self::Tiff => u32::MAX >> 1,
            Self::Webp => 16_383,
            Self::Avif | Self::Gif => 65_535,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Avif => "avif",
            Self::Gif => "gif",
            Self::Tiff => "tiff",
        })
    }
}
