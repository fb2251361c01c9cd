//! Quarter turns and mirror images, as a client asks for them.

use crate::Orientation;

/// A turn clockwise, in quarters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Rotation {
    /// Not at all.
    #[default]
    None,
    /// By 90 degrees.
    Quarter,
    /// By 180 degrees.
    Half,
    /// By 270 degrees.
    ThreeQuarters,
}

impl Rotation {
    /// What a client may write, in words.
    pub const ACCEPTS: &'static str = "0, 90, 180 or 270";
    /// The words of it.
    pub const WORDS: &'static [&'static str] = &["0", "90", "180", "270"];

    /// Reads the angle in degrees.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "0" => Some(Self::None),
            "90" => Some(Self::Quarter),
            "180" => Some(Self::Half),
            "270" => Some(Self::ThreeQuarters),
            _ => None,
        }
    }

    fn orientation(self) -> Orientation {
        match self {
            Self::None => Orientation::UPRIGHT,
            Self::Quarter => Orientation::QUARTER_TURN,
            Self::Half => Orientation::HALF_TURN,
            Self::ThreeQuarters => Orientation::QUARTER_TURN.inverse(),
        }
    }
}

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
    pub const ACCEPTS: &'static str = "h (left becomes right), v (top becomes bottom) or hv";
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

/// The rotation and then the flip, as one.
pub(super) fn turn(rotate: Option<Rotation>, flip: Option<Flip>) -> Orientation {
    let turned = rotate.unwrap_or_default().orientation();
    flip.map_or(turned, |flip| turned.then(flip.orientation()))
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
            let turn = turn(Rotation::parse(rotate), flip);
            assert_eq!(turn.exif(), exif, "{rotate} {flip:?}");
        }
    }

    #[test]
    fn nothing_but_their_words_is_taken() {
        for text in ["", "45", "-90", "360", "90.0", "090"] {
            assert_eq!(Rotation::parse(text), None, "{text:?}");
        }
        for text in ["", "H", "vh", "both", "true"] {
            assert_eq!(Flip::parse(text), None, "{text:?}");
        }
    }
}
