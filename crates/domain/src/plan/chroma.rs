//! How many samples of color a JPEG has.

use std::fmt;

/// The samples of color of a JPEG.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Chroma {
    /// 4:4:4, one for each pixel.
    Full,
    /// 4:2:0, one for each four pixels.
    Half,
}

impl Chroma {
    /// What a client may write, in words.
    pub const ACCEPTS: &'static str = "444 (one sample for each pixel) or 420 (one for each four)";
    /// The words of it.
    pub const WORDS: &'static [&'static str] = &["444", "420"];

    /// Reads one of the words, which may have colons.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "444" | "4:4:4" => Some(Self::Full),
            "420" | "4:2:0" => Some(Self::Half),
            _ => None,
        }
    }
}

impl fmt::Display for Chroma {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "444",
            Self::Half => "420",
        })
    }
}
