//! Device pixels: how many of them a client's pixel is.

use std::fmt;

use super::numbers::hundredths;

/// Device pixels along a side of a CSS pixel, 0.1 to 8, in steps of 0.01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Dpr {
    hundredths: u16,
}

impl Dpr {
    /// The smallest.
    pub const MIN: f64 = 0.1;
    /// The largest.
    pub const MAX: f64 = 8.0;
    /// What a client may write, in words.
    pub const ACCEPTS: &'static str = "a number from 0.1 to 8, such as 2 or 1.5";

    /// Reads a plain decimal number; more than two decimals are rounded.
    pub fn parse(text: &str) -> Option<Self> {
        hundredths(text, Self::MIN, Self::MAX).map(|hundredths| Self { hundredths })
    }

    /// The device pixels of a length, to the nearest whole one.
    pub(super) fn times(self, length: u32) -> u32 {
        let exact = u64::from(length) * u64::from(self.hundredths);
        let times = u32::try_from((exact + 50) / 100).unwrap_or(u32::MAX);
        // A side stays one.
        times.max(length.min(1))
    }
}

impl Default for Dpr {
    fn default() -> Self {
        Self { hundredths: 100 }
    }
}

impl fmt::Display for Dpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (f64::from(self.hundredths) / 100.0).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_takes_its_range_and_multiplies_to_whole_pixels() {
        for (text, written, of_101) in [
            ("1", "1", 101),
            ("8.00", "8", 808),
            ("1.5", "1.5", 152),
            ("2.625", "2.63", 266),
            ("0.5", "0.5", 51),
        ] {
            let dpr = Dpr::parse(text).unwrap();
            assert_eq!((dpr.to_string().as_str(), dpr.times(101)), (written, of_101));
        }
        for text in ["", "0", "0.09", "8.01", "-1", "2x", "NaN", "1e0"] {
            assert_eq!(Dpr::parse(text), None, "{text:?}");
        }
        assert_eq!(Dpr::parse("8").unwrap().times(u32::MAX), u32::MAX);
        assert_eq!([0, 1, 4].map(|side| Dpr::parse("0.1").unwrap().times(side)), [0, 1, 1]);
    }
}
