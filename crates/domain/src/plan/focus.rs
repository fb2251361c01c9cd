//! What decides which part of a picture stays in its box.

use std::fmt;

use super::position::Position;

/// What in the picture itself is looked for to keep it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Focus {
    /// The part whose lightness has the highest Shannon entropy.
    Entropy,
    /// The part with the most edges, strong colors and tones of skin.
    Attention,
}

impl fmt::Display for Focus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Entropy => "entropy",
            Self::Attention => "attention",
        })
    }
}

/// A place that is named, or one that the picture decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Placement {
    /// The named one.
    At(Position),
    /// The one that has most of this.
    On(Focus),
}

impl Placement {
    /// What a client may write, in words.
    pub const ACCEPTS: &'static str = "center, top, bottom, left, right, top-left, top-right, bottom-left, bottom-right, entropy or attention";
    /// The words of it.
    pub const WORDS: &'static [&'static str] = &[
        "center",
        "top",
        "bottom",
        "left",
        "right",
        "top-left",
        "top-right",
        "bottom-left",
        "bottom-right",
        "entropy",
        "attention",
    ];

    /// Reads the name of a place or of what is looked for.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "entropy" => Some(Self::On(Focus::Entropy)),
            "attention" => Some(Self::On(Focus::Attention)),
            _ => Position::parse(text).map(Self::At),
        }
    }

    /// The named place, the middle if none is named, and what is looked for.
    pub(super) fn parts(self) -> (Position, Option<Focus>) {
        match self {
            Self::At(position) => (position, None),
            Self::On(focus) => (Position::default(), Some(focus)),
        }
    }
}

impl Default for Placement {
    fn default() -> Self {
        Self::At(Position::default())
    }
}

impl fmt::Display for Placement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(position) => position.fmt(f),
            Self::On(focus) => focus.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_is_read_and_written() {
        for word in Placement::WORDS {
            assert_eq!(Placement::parse(word).unwrap().to_string(), *word);
        }
        for text in ["", "Entropy", "smart", "attention ", "face"] {
            assert_eq!(Placement::parse(text), None, "{text:?}");
        }
    }
}
