//! What becomes of the colors.

use std::fmt;

use super::background::Color;
use super::degrees::Degrees;
use super::numbers::hundredths;

/// A multiplier, 0 to 10, in steps of 0.01. 1 changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Factor {
    hundredths: u16,
}

impl Factor {
    /// The factor that changes nothing.
    pub const ONE: Self = Self { hundredths: 100 };
    /// The smallest.
    pub const MIN: f64 = 0.0;
    /// The largest.
    pub const MAX: f64 = 10.0;
    /// What a client may write, in words.
    pub const ACCEPTS: &'static str = "a number from 0 to 10, such as 0.8 or 1.25; 1 changes nothing";

    /// Reads a plain decimal number; more than two decimals are rounded.
    pub fn parse(text: &str) -> Option<Self> {
        hundredths(text, Self::MIN, Self::MAX).map(|hundredths| Self { hundredths })
    }

    /// The smallest exponent of gamma; there is no picture with none.
    pub const GAMMA_MIN: f64 = 0.1;
    /// What a client may write for gamma, in words.
    pub const GAMMA_ACCEPTS: &'static str = "a number from 0.1 to 10, such as 0.8 or 2.2; 1 changes nothing";

    /// Reads a number as [`parse`](Self::parse) does, from the smallest for gamma on.
    pub fn parse_gamma(text: &str) -> Option<Self> {
        hundredths(text, Self::GAMMA_MIN, Self::MAX).map(|hundredths| Self { hundredths })
    }

    /// The number.
    pub fn get(self) -> f64 {
        f64::from(self.hundredths) / 100.0
    }
}

impl Default for Factor {
    fn default() -> Self {
        Self::ONE
    }
}

impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

/// The changes of color, in the order in which they are made. Brightness, contrast,
/// saturation, hue, sepia and negate are CSS filter functions (Filter Effects Module Level 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Tone {
    /// Whether the darkest and the lightest are stretched to black and white.
    pub normalize: bool,
    /// The exponent that makes the middle lighter and keeps black and white.
    pub gamma: Factor,
    /// How much lighter.
    pub brightness: Factor,
    /// How much farther from the middle gray.
    pub contrast: Factor,
    /// How much farther from gray.
    pub saturation: Factor,
    /// How far the colors are turned around the gray axis.
    pub hue: Degrees,
    /// Whether it looks like an old photograph.
    pub sepia: bool,
    /// Whether light and dark change places.
    pub negate: bool,
    /// Whether only the luminance is left.
    pub grayscale: bool,
    /// The color that everything has, as light as it was.
    pub tint: Option<Color>,
    /// From which luminance on everything is white, and black below.
    pub threshold: Option<u8>,
}

impl fmt::Display for Tone {
    /// Every change with a semicolon behind it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.normalize {
            f.write_str("normalize;")?;
        }
        for (name, factor) in [
            ("gamma", self.gamma),
            ("brightness", self.brightness),
            ("contrast", self.contrast),
            ("saturation", self.saturation),
        ] {
            if factor != Factor::ONE {
                write!(f, "{name}={factor};")?;
            }
        }
        if self.hue != Degrees::ZERO {
            write!(f, "hue={};", self.hue)?;
        }
        for (name, is_set) in [("sepia", self.sepia), ("negate", self.negate), ("grayscale", self.grayscale)]
        {
            if is_set {
                write!(f, "{name};")?;
            }
        }
        if let Some(color) = self.tint {
            write!(f, "tint={color};")?;
        }
        match self.threshold {
            Some(level) => write!(f, "threshold={level};"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_takes_its_range_and_nothing_else() {
        for (text, written) in
            [("0", "0"), ("10", "10"), ("1.0", "1"), (".5", "0.5"), ("1.256", "1.26"), ("0.001", "0")]
        {
            assert_eq!(Factor::parse(text).unwrap().to_string(), written);
        }
        for text in ["", "-1", "10.01", "1e1", "NaN", "50%", "+1", "1,5", "."] {
            assert_eq!(Factor::parse(text), None, "{text:?}");
        }
        assert_eq!(Factor::parse_gamma("0.1").unwrap().to_string(), "0.1");
        for text in ["0", "0.09", "10.01", "-2"] {
            assert_eq!(Factor::parse_gamma(text), None, "{text:?}");
        }
    }
}
