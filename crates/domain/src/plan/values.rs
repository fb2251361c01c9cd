//! The values of single options, each within its range.

use std::fmt;

use crate::MediaType;

/// The standard deviation of a Gaussian in pixels of the result, 0.3 to 250, in steps of
/// 0.01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sigma {
    hundredths: u16,
}

/// Programs write some numbers with 17 digits.
const MAX_DIGITS: usize = 32;

impl Sigma {
    /// What a request for a blurred image gets that names no sigma.
    pub const DEFAULT: Self = Self { hundredths: 1000 };
    /// The weakest blur.
    pub const MIN: f64 = 0.3;
    /// The strongest.
    pub const MAX: f64 = 250.0;
    /// What a client may write, in words.
    pub const ACCEPTS: &'static str = "a number from 0.3 to 250, such as 10 or 2.5";

    /// Reads a plain decimal number. More than two decimals are rounded, so that
    /// nearly equal numbers do not fill the cache with nearly equal images.
    pub fn parse(text: &str) -> Option<Self> {
        hundredths(text, Self::MIN, Self::MAX).map(|hundredths| Self { hundredths })
    }

    /// The strongest that sharpens; what is wider only adds contrast.
    pub const SHARPEN_MAX: f64 = 10.0;
    /// What a client may write to sharpen, in words.
    pub const SHARPEN_ACCEPTS: &'static str = "a number from 0.3 to 10, such as 1 or 0.8";

    /// Reads a number as [`parse`](Self::parse) does, up to the largest that sharpens.
    pub fn parse_to_sharpen(text: &str) -> Option<Self> {
        hundredths(text, Self::MIN, Self::SHARPEN_MAX).map(|hundredths| Self { hundredths })
    }

    /// The standard deviation in pixels.
    pub fn pixels(self) -> f64 {
        f64::from(self.hundredths) / 100.0
    }
}

impl fmt::Display for Sigma {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pixels().fmt(f)
    }
}

/// The side of the squares that a picture is coarsened to, 2 to 1000 pixels of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Block(u16);

impl Block {
    /// The smallest.
    pub const MIN: u32 = 2;
    /// The largest.
    pub const MAX: u32 = 1000;
    /// What a client may write, in words.
    pub const ACCEPTS: &'static str = "a whole number from 2 to 1000";

    /// Reads a whole number.
    pub fn parse(text: &str) -> Option<Self> {
        let side = whole_number(text, Self::MAX).filter(|side| *side >= Self::MIN)?;
        u16::try_from(side).ok().map(Self)
    }

    /// The side in pixels.
    pub fn pixels(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The quality of a lossy result, 1 to 100, on the scale of libjpeg, libwebp or ravif.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quality(u8);

impl Quality {
    /// What a request for a JPEG or WebP gets that names no quality.
    pub const DEFAULT: Self = Self(80);
    /// The same for AVIF, whose scale is another: a photo at 70 is as far from the original
    /// (PSNR) as a JPEG at 80.
    pub const DEFAULT_AVIF: Self = Self(70);
    /// The best.
    pub const MAX: u32 = 100;
    /// What a client may write, in words.
    pub const ACCEPTS: &'static str = "a whole number from 1 to 100";

    /// Reads a whole number.
    pub fn parse(text: &str) -> Option<Self> {
        whole_number(text, Self::MAX).map(|value| {
            #[expect(clippy::cast_possible_truncation, reason = "at most 100")]
            Self(value as u8)
        })
    }

    /// 1 to 100.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Quality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

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
}

impl Format {
    /// Reads the name of a format.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "jpeg" | "jpg" => Some(Self::Jpeg),
            "png" => Some(Self::Png),
            "webp" => Some(Self::Webp),
            "avif" => Some(Self::Avif),
            _ => None,
        }
    }

    /// The format for a result where the client names none: the original's, or PNG,
    /// which loses nothing, for originals in a format that is not written.
    pub fn natural_for(original: MediaType) -> Self {
        match original {
            MediaType::Jpeg => Self::Jpeg,
            MediaType::Webp => Self::Webp,
            MediaType::Png
            | MediaType::Gif
            | MediaType::Avif
            | MediaType::Tiff
            | MediaType::Bmp
            | MediaType::Ico => Self::Png,
        }
    }

    /// The media type of a result.
    pub fn media_type(self) -> MediaType {
        match self {
            Self::Jpeg => MediaType::Jpeg,
            Self::Png => MediaType::Png,
            Self::Webp => MediaType::Webp,
            Self::Avif => MediaType::Avif,
        }
    }

    /// Whether the format can say that a pixel is transparent.
    pub fn has_alpha(self) -> bool {
        match self {
            Self::Jpeg => false,
            Self::Png | Self::Webp | Self::Avif => true,
        }
    }

    /// The quality that is used where none is named; none for a lossless format.
    pub fn default_quality(self) -> Option<Quality> {
        match self {
            Self::Jpeg | Self::Webp => Some(Quality::DEFAULT),
            Self::Avif => Some(Quality::DEFAULT_AVIF),
            Self::Png => None,
        }
    }

    /// The longest side that the format can say.
    pub fn max_side(self) -> u32 {
        match self {
            Self::Jpeg => 65_500,
            Self::Png => u32::MAX >> 1,
            Self::Webp => 16_383,
            Self::Avif => 65_535,
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
        })
    }
}

/// A number from 1 to `max` in plain digits.
pub(super) fn whole_number(text: &str, max: u32) -> Option<u32> {
    digits(text, 10).filter(|value| (1..=max).contains(value))
}

/// A plain decimal number within a range of at most 0 to 655, in hundredths.
pub(super) fn hundredths(text: &str, min: f64, max: f64) -> Option<u16> {
    let plain = text.len() <= MAX_DIGITS && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let value: f64 = plain.then(|| text.parse().ok())??;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 65,500")]
    (min..=max).contains(&value).then(|| (value * 100.0).round() as u16)
}

/// A yes or no.
pub(super) fn flag(text: &str) -> Option<bool> {
    match text {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// A number in at most `most` plain digits.
pub(super) fn digits(text: &str, most: usize) -> Option<u32> {
    let plain = text.len() <= most && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sigma_takes_its_range_and_nothing_else() {
        for (text, written) in
            [("0.3", "0.3"), ("250", "250"), ("10.0", "10"), ("2.567", "2.57"), (".5", "0.5")]
        {
            assert_eq!(Sigma::parse(text).unwrap().to_string(), written);
        }
        for text in [
            "",
            "0",
            "0.29",
            "250.1",
            "-1",
            "+1",
            "1e1",
            "NaN",
            "inf",
            "1,5",
            " 1",
            "0x1",
            ".",
            "1.2.3",
            "9999999999999999999",
        ] {
            assert_eq!(Sigma::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn sharpening_and_blocks_take_their_ranges_and_nothing_else() {
        assert_eq!(Sigma::parse_to_sharpen("10.00").unwrap().to_string(), "10");
        assert_eq!(Sigma::parse_to_sharpen("0.3").unwrap().to_string(), "0.3");
        for text in ["", "0", "0.29", "10.01", "250", "-1", "true"] {
            assert_eq!(Sigma::parse_to_sharpen(text), None, "{text:?}");
        }
        assert_eq!(Block::parse("2").unwrap().pixels(), 2);
        assert_eq!(Block::parse("1000").unwrap().pixels(), 1000);
        for text in ["", "0", "1", "1001", "8.0", "-8", "66000"] {
            assert_eq!(Block::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn quality_takes_its_range_and_nothing_else() {
        assert_eq!(Quality::parse("1").unwrap().get(), 1);
        assert_eq!(Quality::parse("100").unwrap().get(), 100);
        for text in ["", "0", "101", "-1", "80.0", "4294967297", "99999999999"] {
            assert_eq!(Quality::parse(text), None, "{text:?}");
        }
    }
}
