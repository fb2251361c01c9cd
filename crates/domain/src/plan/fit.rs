//! How a picture is fitted into a box.

use std::fmt;

/// How a picture fills a box of `width` × `height`. Names and meanings are those of
/// CSS `object-fit` and of sharp. A picture is not made larger than it is unless that is
/// asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Fit {
    /// Fills the box, keeps the ratio, cuts off what stands over.
    #[default]
    Cover,
    /// Fits within the box, keeps the ratio, and fills the rest of the box.
    Contain,
    /// Fills the box, whatever becomes of the ratio.
    Fill,
    /// As large as fits within the box, ratio kept.
    Inside,
    /// As small as still covers the box, ratio kept, nothing cut off.
    Outside,
}

impl Fit {
    /// What a client may write, in words.
    pub const ACCEPTS: &'static str =
        "cover (crop), contain (pad), fill (scale), inside (scale-down, clip, max) or outside";
    /// The words of it.
    pub const WORDS: &'static [&'static str] = &[
        "cover",
        "contain",
        "fill",
        "inside",
        "outside",
        "crop",
        "pad",
        "scale",
        "scale-down",
        "clip",
        "max",
    ];

    /// Reads the name of a fit, also as Cloudflare and imgix have it.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "cover" | "crop" => Some(Self::Cover),
            "contain" | "pad" => Some(Self::Contain),
            "fill" | "scale" => Some(Self::Fill),
            "inside" | "scale-down" | "clip" | "max" => Some(Self::Inside),
            "outside" => Some(Self::Outside),
            _ => None,
        }
    }
}

impl fmt::Display for Fit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cover => "cover",
            Self::Contain => "contain",
            Self::Fill => "fill",
            Self::Inside => "inside",
            Self::Outside => "outside",
        })
    }
}
