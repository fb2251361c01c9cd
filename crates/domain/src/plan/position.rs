//! Where a picture stands in its box.

use std::fmt;

use crate::Orientation;

/// A place along one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Anchor {
    /// Left or top.
    Start,
    /// In the middle.
    #[default]
    Middle,
    /// Right or bottom.
    End,
    /// This point of the picture, in thousandths from left or top, as near to the middle of
    /// what is kept as can be.
    Point(u16),
}

/// All of a side in the thousandths of a [`Point`](Anchor::Point).
const WHOLE: u16 = 1000;

impl Anchor {
    /// What lies before the kept part of a length, of which so much is kept.
    pub fn before(self, length: f64, kept: f64) -> f64 {
        let free = length - kept;
        match self {
            Self::Start => 0.0,
            Self::Middle => free / 2.0,
            Self::End => free,
            Self::Point(at) => {
                (length * f64::from(at) / f64::from(WHOLE) - kept / 2.0).clamp(0.0, free.max(0.0))
            }
        }
    }

    /// Where a point of this name is, 0 to 1.
    fn share(self) -> f64 {
        match self {
            Self::Start => 0.0,
            Self::Middle => 0.5,
            Self::End => 1.0,
            Self::Point(at) => f64::from(at) / f64::from(WHOLE),
        }
    }

    fn mirrored(self) -> Self {
        match self {
            Self::Start => Self::End,
            Self::Middle => Self::Middle,
            Self::End => Self::Start,
            Self::Point(at) => Self::Point(WHOLE.saturating_sub(at)),
        }
    }
}

/// Which part of a picture is kept where it stands over its box, and where it stands in a
/// box that is larger: CSS `object-position`, by the words of sharp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Position {
    /// From left to right.
    pub across: Anchor,
    /// From top to bottom.
    pub down: Anchor,
}

impl Position {
    /// Reads the name of a side, a corner or the center.
    pub fn parse(text: &str) -> Option<Self> {
        let (across, down) = match text {
            "center" => (Anchor::Middle, Anchor::Middle),
            "top" => (Anchor::Middle, Anchor::Start),
            "bottom" => (Anchor::Middle, Anchor::End),
            "left" => (Anchor::Start, Anchor::Middle),
            "right" => (Anchor::End, Anchor::Middle),
            "top-left" => (Anchor::Start, Anchor::Start),
            "top-right" => (Anchor::End, Anchor::Start),
            "bottom-left" => (Anchor::Start, Anchor::End),
            "bottom-right" => (Anchor::End, Anchor::End),
            _ => return None,
        };
        Some(Self { across, down })
    }

    /// Reads a point in parts of the picture, x,y from 0 to 1.
    pub fn parse_point(text: &str) -> Option<Self> {
        let (across, down) = text.split_once(',')?;
        let point = |number: &str| {
            let plain = number.len() <= 20 && number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
            let value: f64 = plain.then(|| number.parse().ok())??;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1000")]
            let at = (0.0..=1.0).contains(&value).then(|| (value * f64::from(WHOLE)).round() as u16)?;
            Some(if at == WHOLE / 2 { Anchor::Middle } else { Anchor::Point(at) })
        };
        Some(Self { across: point(across)?, down: point(down)? })
    }

    /// What a client may write for a point, in words.
    pub const POINT_ACCEPTS: &'static str = "x,y in parts of the picture from 0 to 1, such as 0.3,0.6";
    /// The same as a regular expression.
    pub const POINT_PATTERN: &'static str = "^[0-9.]{1,20},[0-9.]{1,20}$";

    /// The same position once the picture is turned.
    pub fn turned(self, orientation: Orientation) -> Self {
        let (left, right) = (self.across, self.across.mirrored());
        let (top, bottom) = (self.down, self.down.mirrored());
        let (across, down) = match orientation.exif() {
            2 => (right, top),
            3 => (right, bottom),
            4 => (left, bottom),
            5 => (top, left),
            6 => (bottom, left),
            7 => (bottom, right),
            8 => (top, right),
            _ => (left, top),
        };
        Self { across, down }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match (self.across, self.down) {
            (Anchor::Middle, Anchor::Middle) => "center",
            (Anchor::Middle, Anchor::Start) => "top",
            (Anchor::Middle, Anchor::End) => "bottom",
            (Anchor::Start, Anchor::Middle) => "left",
            (Anchor::End, Anchor::Middle) => "right",
            (Anchor::Start, Anchor::Start) => "top-left",
            (Anchor::End, Anchor::Start) => "top-right",
            (Anchor::Start, Anchor::End) => "bottom-left",
            (Anchor::End, Anchor::End) => "bottom-right",
            (Anchor::Point(_), _) | (_, Anchor::Point(_)) => {
                return write!(f, "{},{}", self.across.share(), self.down.share());
            }
        };
        f.write_str(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_is_read_and_written() {
        for word in ["center", "top", "bottom", "left", "right", "top-left", "bottom-right"] {
            assert_eq!(Position::parse(word).unwrap().to_string(), word);
        }
        for text in ["", "Center", "centre", "left-top", "top left", "north"] {
            assert_eq!(Position::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_point_is_kept_as_near_to_the_middle_as_can_be() {
        let point = Position::parse_point("0.3,0.95").unwrap();
        assert_eq!((point.across.before(100.0, 40.0), point.down.before(100.0, 40.0)), (10.0, 60.0));
        assert_eq!(point.to_string(), "0.3,0.95");
        let orientation = Orientation::from_exif(6).unwrap();
        assert_eq!(point.turned(orientation).turned(orientation.inverse()), point);
        assert_eq!(Position::parse_point("0.5,.5"), Some(Position::default()));
        for text in ["", "0.3", "0.3,1.1", "-0.1,0", "0.3,0.4,0.5", "a,b", "0.3;0.4"] {
            assert_eq!(Position::parse_point(text), None, "{text}");
        }
    }

    #[test]
    fn a_position_turns_with_its_picture() {
        let turned = |word: &str, exif| {
            let orientation = Orientation::from_exif(exif).unwrap();
            let turned = Position::parse(word).unwrap().turned(orientation);
            assert_eq!(turned.turned(orientation.inverse()).to_string(), word, "{exif}");
            turned.to_string()
        };
        let corners = [
            "top-left",
            "top-right",
            "bottom-right",
            "bottom-left",
            "top-left",
            "top-right",
            "bottom-right",
            "bottom-left",
        ];
        for (exif, corner) in (1..).zip(corners) {
            assert_eq!(turned("top-left", exif), corner, "{exif}");
            assert_eq!(turned("center", exif), "center");
        }
        assert_eq!(turned("left", 6), "top");
        assert_eq!(turned("bottom", 6), "left");
    }
}
