//! JPEG: by our own writer, and rearranged by libjpeg-turbo where several scans are asked
//! for, which takes some times as long for about 5 % fewer bytes and the same pixels.

use domain::plan::{Format, Plan};
use turbojpeg::{Transform, Transformer};

use super::failed;
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
    let content = if plan.blur.is_some() { Content::Smooth } else { Content::Detailed };
    let file = jpeg::encoded(pixels, quality, content, go_on)?;
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

/// Three times the result at its worst, which is noise, since it grows by doubling and is
/// copied in the end; in several scans also all coefficients, of two bytes.
pub(super) fn peak_bytes(pixels: u64, quality: u8, progressive: bool) -> u64 {
    // 1.1 bytes a pixel up to a quality of 80, 2.1 at 100.
    let twentieths = 22 + u64::from(quality.saturating_sub(80));
    pixels * 3 * twentieths / 20 + if progressive { pixels * 3 } else { 0 }
}
