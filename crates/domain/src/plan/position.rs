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
}

impl Anchor {
    /// What of the free length lies before the content, 0 to 1.
    pub fn share(self) -> f64 {
        match self {
            Self::Start => 0.0,
            Self::Middle => 0.5,
            Self::End => 1.0,
        }
    }

    fn mirrored(self) -> Self {
        match self {
            Self::Start => Self::End,
            Self::Middle => Self::Middle,
            Self::End => Self::Start,
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
        f.write_str(match (self.across, self.down) {
            (Anchor::Middle, Anchor::Middle) => "center",
            (Anchor::Middle, Anchor::Start) => "top",
            (Anchor::Middle, Anchor::End) => "bottom",
            (Anchor::Start, Anchor::Middle) => "left",
            (Anchor::End, Anchor::Middle) => "right",
            (Anchor::Start, Anchor::Start) => "top-left",
            (Anchor::End, Anchor::Start) => "top-right",
            (Anchor::Start, Anchor::End) => "bottom-left",
            (Anchor::End, Anchor::End) => "bottom-right",
        })
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
