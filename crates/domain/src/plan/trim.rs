//! Taking a plain border off. How large the rest is, only the pixels say, so what follows
//! stays a wish until they have been seen.

use std::fmt;

use super::fit::Fit;
use super::focus::Placement;
use super::framing::Framing;
use super::numbers::digits;
use super::unplannable::Unplannable;
use crate::Size;

/// How far a sample of the border may be from that of the corner, 0 to 254.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tolerance(u8);

impl Tolerance {
    /// The largest; beyond it every pixel would be border.
    pub const MAX: u32 = 254;
    /// What a client may write, in words.
    pub const ACCEPTS: &'static str = "a whole number from 0 to 254, such as 10";

    /// Reads a whole number.
    pub fn parse(text: &str) -> Option<Self> {
        digits(text, 10)
            .filter(|level| *level <= Self::MAX)
            .and_then(|level| u8::try_from(level).ok())
            .map(Self)
    }

    /// Levels of 255.
    pub fn levels(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Tolerance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The border to take off, and what is wanted of the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trim {
    /// What counts as border.
    pub tolerance: Tolerance,
    framing: Framing,
    /// What the framing comes to at most, before the padding.
    most: Size,
    /// The limit of the process that will carry the plan out; no part of the wish.
    max_pixels: u64,
}

impl Trim {
    /// For a turned picture of this size, before its border is known.
    pub(super) fn of(
        tolerance: Tolerance,
        framing: Framing,
        picture: Size,
        max_pixels: u64,
    ) -> Result<Self, Unplannable> {
        let (framing, most) = framing.of_any_part(picture, max_pixels)?;
        Ok(Self { tolerance, framing, most, max_pixels })
    }

    /// What is wanted of the rest.
    pub(super) fn framing(&self) -> Framing {
        self.framing
    }

    /// Sides that what comes out of the crop and the resize never exceeds.
    pub fn most(&self) -> Size {
        self.most
    }

    /// The most pixels that the result may have.
    pub fn max_pixels(&self) -> u64 {
        self.max_pixels
    }

    /// Whether the rest may be scaled.
    pub fn may_scale(&self) -> bool {
        self.framing.wish.is_some()
    }

    /// Whether it may be looked for which part of the rest is kept.
    pub fn may_focus(&self) -> bool {
        matches!(self.framing.wish.position, Placement::On(_))
    }

    /// Whether the rest may stand in a larger box.
    pub fn may_be_in_box(&self) -> bool {
        self.framing.wish.fit == Fit::Contain
    }

    /// The size that comes out of the resize whatever the border is, if it is always one.
    pub(super) fn exactly(&self) -> Option<Size> {
        self.framing.wish.exactly()
    }
}

impl fmt::Display for Trim {
    /// Every part with a semicolon behind it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "trim={};{}", self.tolerance, self.framing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tolerance_takes_its_range_and_nothing_else() {
        for (text, levels) in [("0", 0), ("10", 10), ("0254", 254)] {
            assert_eq!(Tolerance::parse(text).unwrap().levels(), levels);
        }
        for text in ["", "-1", "255", "256", "1.5", "true", "10%", "99999999999"] {
            assert_eq!(Tolerance::parse(text), None, "{text:?}");
        }
    }
}
