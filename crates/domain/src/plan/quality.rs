//! The quality of a lossy result.

use std::fmt;

use super::numbers::whole_number;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quality_takes_its_range_and_nothing_else() {
        assert_eq!(Quality::parse("1").unwrap().get(), 1);
        assert_eq!(Quality::parse("100").unwrap().get(), 100);
        for text in ["", "0", "101", "-1", "80.0", "4294967297", "99999999999"] {
            assert_eq!(Quality::parse(text), None, "{text:?}");
        }
    }
}
