//! The strength of a blur, and of the unsharp mask.

use std::fmt;

use super::numbers::hundredths;

/// The standard deviation of a Gaussian in pixels of the result, 0.3 to 250, in steps of
/// 0.01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sigma {
    hundredths: u16,
}

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
    fn sharpening_takes_its_range_and_nothing_else() {
        assert_eq!(Sigma::parse_to_sharpen("10.00").unwrap().to_string(), "10");
        assert_eq!(Sigma::parse_to_sharpen("0.3").unwrap().to_string(), "0.3");
        for text in ["", "0", "0.29", "10.01", "250", "-1", "true"] {
            assert_eq!(Sigma::parse_to_sharpen(text), None, "{text:?}");
        }
    }
}
