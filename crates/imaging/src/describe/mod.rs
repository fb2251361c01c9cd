//! Summarises what a picture looks like in a few bytes: its dominant colors, and two hashes
//! from which a page can paint a placeholder.

mod blur_hash;
mod cosine;
mod palette;
mod thumb_hash;

use domain::plan::{Color, Options, Plan, Source};

use crate::derive::{guarded, pixels_of};
use crate::pixels::Channels;
use crate::{CameraNotes, Error, Limits, memory, notes};

/// The longest side of the picture that is looked at. ThumbHash allows no longer one.
const SIDE: u32 = 100;

/// A summary of a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// Whether any pixel is transparent, fully or partly.
    pub has_alpha: bool,
    /// Its dominant colors, most frequent first; empty if it is fully transparent.
    pub palette: Vec<Color>,
    /// Its BlurHash of 4×3 components, or 3×4 if it is taller than wide; transparent parts are
    /// white.
    pub blur_hash: String,
    /// Its ThumbHash.
    pub thumb_hash: Vec<u8>,
    /// Camera metadata from its EXIF block.
    pub notes: CameraNotes,
}

/// Describes an original, upright and in sRGB, from a copy of at most 100 pixels a side.
///
/// `proceed` is called between steps, as in [`derive`](crate::derive()).
pub fn describe(
    original: &[u8],
    source: &Source,
    limits: &Limits,
    proceed: &dyn Fn() -> bool,
) -> Result<Description, Error> {
    guarded(|| {
        let go_on = || if proceed() { Ok(()) } else { Err(Error::Stopped) };
        let pixels = pixels_of(original, source, &reduced(source)?, limits, &go_on)?;
        let pixels = pixels.without_idle_alpha();
        let has_alpha = pixels.channels() == Channels::Rgba;
        // Gray is widened to four channels as well.
        let pixels = pixels.widened(Channels::Rgba);
        Ok(Description {
            has_alpha,
            palette: palette::palette(&pixels),
            thumb_hash: thumb_hash::thumb_hash(&pixels),
            blur_hash: blur_hash::blur_hash(&pixels.flattened(Color::WHITE)),
            notes: notes::read(original),
        })
    })
}

/// An upper bound of the memory that [`describe`] needs at its peak, in bytes, not counting the
/// original.
pub fn describing_memory_bytes(original: Option<&[u8]>, source: &Source) -> u64 {
    reduced(source).map_or(0, |plan| memory::working_memory_bytes(original, source, &plan))
}

/// The plan of the picture that is looked at.
fn reduced(source: &Source) -> Result<Plan, Error> {
    let side = SIDE.to_string();
    let query = [
        ("width", side.as_str()),
        ("height", &side),
        ("fit", "inside"),
        ("format", "png"),
        ("animate", "false"),
    ];
    let plan = Options::parse(query).ok().and_then(|options| Plan::resolve(&options, *source, u64::MAX).ok());
    plan.ok_or_else(|| Error::unsupported(source.media_type, "it cannot be made small"))
}
