//! What padding shows.

use std::fmt;

/// What padding shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Extend {
    /// The background.
    #[default]
    Background,
    /// The pixel at the edge, again and again.
    Copy,
    /// The picture, mirrored at its edges.
    Mirror,
}

impl Extend {
    /// What a client may write, in words.
    pub const ACCEPTS: &'static str = "background, copy or mirror";
    /// The words of it.
    pub const WORDS: &'static [&'static str] = &["background", "copy", "mirror"];

    /// Reads one of the words.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "background" => Some(Self::Background),
            "copy" => Some(Self::Copy),
            "mirror" => Some(Self::Mirror),
            _ => None,
        }
    }
}

impl fmt::Display for Extend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Background => "background",
            Self::Copy => "copy",
            Self::Mirror => "mirror",
        })
    }
}
