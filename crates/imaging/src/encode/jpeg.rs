//! JPEG: by our own writer, and rearranged by libjpeg-turbo where several scans are asked
//! for, which takes some times as long for about 5 % fewer bytes and the same pixels.

use domain::plan::{Chroma, Format, Plan, Sigma};
use turbojpeg::{Transform, Transformer};

use super::failed;
use crate::job::Held;
use crate::jpeg::Content;
use crate::pixels::Pixels;
use crate::{Error, jpeg};

/// Gray stays gray; nothing may be transparent. Asks `go_on` now and then.
pub(super) fn encode(
    pixels: &Pixels,
    quality: u8,
    plan: &Plan,
    go_on: &dyn Fn() -> Result<(), Error>,
) -> Result<Vec<u8>, Error> {
    let file = jpeg::encoded(pixels, quality, has_full_color(quality, plan), content(plan), go_on)?;
    if !plan.progressive {
        return Ok(file);
    }
    go_on()?;
    let rearranged = || {
        let mut transform = Transform::default();
        transform.progressive = true;
        Transformer::new()?.transform_to_vec(&transform, &file)
    };
    rearranged().map_err(|error: turbojpeg::Error| failed(Format::Jpeg, error))
}

/// What the writer takes; for several scans also all coefficients, of two bytes, and the
/// result again.
pub(super) fn peak_bytes(held: &Held, quality: u8, plan: &Plan) -> u64 {
    let writing = jpeg::encoding_bytes(held.size, held.channels == 1, quality, plan.blur.map(Sigma::pixels));
    let is_full = has_full_color(quality, plan);
    // What is known of the size of files is of those with the samples that their quality asks for.
    let more = if is_full && quality < jpeg::FULL_COLOR_QUALITY { writing / 2 } else { 0 };
    // Of colors there are else half as many as of luminance, together.
    let samples = if is_full { held.pixels * 3 } else { held.pixels * 3 / 2 };
    writing + more + if plan.progressive { samples * 2 } else { 0 }
}

/// Whether there is a sample of color for each pixel.
fn has_full_color(quality: u8, plan: &Plan) -> bool {
    plan.chroma.map_or(quality >= jpeg::FULL_COLOR_QUALITY, |chroma| chroma == Chroma::Full)
}

fn content(plan: &Plan) -> Content {
    if plan.blur.is_some() { Content::Smooth } else { Content::Detailed }
}
