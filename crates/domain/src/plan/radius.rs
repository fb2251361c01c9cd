//! How round the corners are.

use std::fmt;

use super::dpr::Dpr;
use super::numbers::whole_number;
use super::side;
use crate::Size;

/// The radius of the corners of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Radius {
    /// In pixels of the result.
    Pixels(u32),
    /// As large as can be: of a square a circle.
    Max,
}

impl Radius {
    /// What a client may write, in words.
    pub const ACCEPTS: &'static str = "a whole number of pixels from 1 to 30000, or max";
    /// The same as a regular expression.
    pub const PATTERN: &'static str = "^([0-9]{1,5}|max)$";

    /// Reads a number or `max`.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "max" { Some(Self::Max) } else { whole_number(text, side::MAX).map(Self::Pixels) }
    }

    /// In device pixels.
    pub(super) fn times(self, dpr: Dpr) -> Self {
        match self {
            Self::Pixels(pixels) => Self::Pixels(dpr.times(pixels)),
            Self::Max => Self::Max,
        }
    }

    /// In pixels, for a picture of this size: no more than half its shorter side.
    pub fn of(self, picture: Size) -> f64 {
        let most = f64::from(picture.width().min(picture.height())) / 2.0;
        match self {
            Self::Pixels(pixels) => f64::from(pixels).min(most),
            Self::Max => most,
        }
    }
}

impl fmt::Display for Radius {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pixels(pixels) => pixels.fmt(f),
            Self::Max => f.write_str("max"),
        }
    }
}
