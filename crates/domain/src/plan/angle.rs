//! Turns by less than a quarter.

use std::fmt;

use super::degrees::Degrees;
use crate::{Orientation, Size};

/// A turn clockwise by more than 0 and less than 90 degrees, about the middle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Angle(Degrees);

impl Angle {
    /// The quarter turns of a turn, and the angle that is left.
    pub(super) fn split(turn: Degrees) -> (Orientation, Option<Self>) {
        let (quarters, rest) = turn.quarters();
        let turned = match quarters {
            0 => Orientation::UPRIGHT,
            1 => Orientation::QUARTER_TURN,
            2 => Orientation::HALF_TURN,
            _ => Orientation::QUARTER_TURN.inverse(),
        };
        (turned, (rest != Degrees::ZERO).then_some(Self(rest)))
    }

    /// Sine and cosine, the same on every machine.
    pub fn sin_cos(self) -> (f64, f64) {
        self.0.sin_cos()
    }

    /// The smallest size that holds the whole of a turned picture.
    pub fn canvas(self, picture: Size) -> Size {
        let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
        let (sine, cosine) = self.sin_cos();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "positive, and saturates"
        )]
        let side = |length: f64| length.ceil() as u32;
        let size = Size::new(side(width * cosine + height * sine), side(width * sine + height * cosine));
        size.unwrap_or(picture)
    }
}

impl fmt::Display for Angle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_quarters_and_an_angle() {
        for (text, exif, rest) in [
            ("0", 1, "-"),
            ("0.01", 1, "0.01"),
            ("89.99", 1, "89.99"),
            ("90", 6, "-"),
            ("135", 6, "45"),
            ("-45", 8, "45"),
            ("-90", 8, "-"),
            ("180.5", 3, "0.5"),
            ("359.99", 8, "89.99"),
        ] {
            let (turned, angle) = Angle::split(Degrees::parse(text).unwrap());
            let rest_is = angle.map_or_else(|| "-".to_owned(), |angle| angle.to_string());
            assert_eq!((turned.exif(), rest_is.as_str()), (exif, rest), "{text}");
        }
    }

    #[test]
    fn the_canvas_holds_the_corners_and_no_more() {
        for (text, picture, canvas) in [
            ("45", (100, 100), (142, 142)),
            ("30", (200, 100), (224, 187)),
            ("60", (200, 100), (187, 224)),
            ("0.01", (100, 50), (101, 51)),
            ("45", (1, 1), (2, 2)),
        ] {
            let (_, angle) = Angle::split(Degrees::parse(text).unwrap());
            let size = angle.unwrap().canvas(Size::new(picture.0, picture.1).unwrap());
            assert_eq!((size.width(), size.height()), canvas, "{text} of {picture:?}");
        }
    }
}
