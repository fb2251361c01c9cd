//! Turns and mirror images, as a client asks for them.

use super::angle::Angle;
use super::degrees::Degrees;
use crate::Orientation;

/// A mirror image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Flip {
    /// Left becomes right.
    Horizontal,
    /// Top becomes bottom.
    Vertical,
    /// Both, which is a half turn.
    Both,
}

impl Flip {
    /// What a client may write, in words.
    pub const ACCEPTS: &'static str = "h (left to right), v (top to bottom) or hv (both)";
    /// The words of it.
    pub const WORDS: &'static [&'static str] = &["h", "v", "hv"];

    /// Reads the directions.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "h" => Some(Self::Horizontal),
            "v" => Some(Self::Vertical),
            "hv" => Some(Self::Both),
            _ => None,
        }
    }

    fn orientation(self) -> Orientation {
        match self {
            Self::Horizontal => Orientation::MIRRORED,
            Self::Vertical => Orientation::MIRRORED.then(Orientation::HALF_TURN),
            Self::Both => Orientation::HALF_TURN,
        }
    }
}

/// The rotation and then the flip: what of both moves whole pixels, and then the angle that
/// is left.
pub(super) fn turn(rotate: Option<Degrees>, flip: Option<Flip>) -> (Orientation, Option<Angle>) {
    let rotate = rotate.unwrap_or_default();
    let (first, rotate) = match flip {
        None => (Orientation::UPRIGHT, rotate),
        Some(Flip::Both) => (Orientation::HALF_TURN, rotate),
        // Turned and then mirrored is the same as mirrored and then turned the other way.
        Some(flip @ (Flip::Horizontal | Flip::Vertical)) => (flip.orientation(), rotate.negative()),
    };
    let (quarters, angle) = Angle::split(rotate);
    (first.then(quarters), angle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_and_flips_fold_into_one_orientation() {
        for (rotate, flip, exif) in [
            ("0", None, 1),
            ("90", None, 6),
            ("180", None, 3),
            ("270", None, 8),
            ("0", Some("h"), 2),
            ("0", Some("v"), 4),
            ("0", Some("hv"), 3),
            ("90", Some("h"), 5),
            ("90", Some("v"), 7),
            ("90", Some("hv"), 8),
            ("180", Some("hv"), 1),
            ("270", Some("h"), 7),
        ] {
            let flip = flip.map(|flip| Flip::parse(flip).unwrap());
            let (turn, angle) = turn(Degrees::parse(rotate), flip);
            assert_eq!((turn.exif(), angle), (exif, None), "{rotate} {flip:?}");
        }
    }

    #[test]
    fn a_mirror_image_changes_the_side_of_the_angle() {
        for (rotate, flip, exif, angle) in [
            ("30", None, 1, "30"),
            ("100.5", None, 6, "10.5"),
            ("-30", None, 8, "60"),
            ("30", Some("hv"), 3, "30"),
            ("30", Some("h"), 5, "60"),
            ("-30", Some("h"), 2, "30"),
            ("-30", Some("v"), 4, "30"),
            ("179.99", Some("h"), 4, "0.01"),
        ] {
            let flip = flip.map(|flip| Flip::parse(flip).unwrap());
            let (turn, rest) = turn(Degrees::parse(rotate), flip);
            assert_eq!((turn.exif(), rest.unwrap().to_string().as_str()), (exif, angle), "{rotate} {flip:?}");
        }
    }

    #[test]
    fn nothing_but_their_words_is_taken() {
        for text in ["", "H", "vh", "both", "true"] {
            assert_eq!(Flip::parse(text), None, "{text:?}");
        }
    }
}
