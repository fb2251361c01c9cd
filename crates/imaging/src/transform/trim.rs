//! Takes off the border that is like the top left pixel, and resolves what the plan wants
//! of the rest. Colors count as much as they are visible, so that what is clear is alike.
//! A picture that is all border stays whole.

use domain::Size;
use domain::plan::Crop;

use crate::Error;
use crate::pipeline::Job;
use crate::pixels::{Channels, Pixels};

pub(crate) fn apply(pixels: Pixels, job: &mut Job<'_>) -> Result<Pixels, Error> {
    let Some(trim) = job.plan.trim else {
        return Ok(pixels);
    };
    let tolerance = trim.tolerance.levels();
    let inner = match pixels.channels() {
        Channels::Gray => inner::<1>(&pixels, |pixel| pixel, tolerance),
        Channels::Rgb => inner::<3>(&pixels, |pixel| pixel, tolerance),
        Channels::Rgba => inner::<4>(&pixels, visible, tolerance),
    };
    let rest = match inner {
        Some(crop) if crop.size != pixels.size() => {
            let outside = || Error::Panicked { reason: "a border outside its image".to_owned() };
            pixels.cropped(crop).ok_or_else(outside)?
        }
        _ => pixels,
    };
    job.plan = job.plan.trimmed(rest.size())?;
    Ok(rest)
}

/// The colors times alpha.
fn visible([r, g, b, alpha]: [u8; 4]) -> [u8; 4] {
    #[expect(clippy::cast_possible_truncation, reason = "at most 255")]
    let times = |color: u8| ((u16::from(color) * u16::from(alpha) + 127) / 255) as u8;
    [times(r), times(g), times(b), alpha]
}

/// The smallest rectangle that holds every pixel that is not border, if there is one.
fn inner<const N: usize>(pixels: &Pixels, look: impl Fn([u8; N]) -> [u8; N], tolerance: u8) -> Option<Crop> {
    let (all, _) = pixels.data().as_chunks::<N>();
    let corner = look(*all.first()?);
    let is_inner = |pixel: &[u8; N]| {
        look(*pixel).iter().zip(corner).any(|(sample, corner)| sample.abs_diff(corner) > tolerance)
    };
    let width = pixels.width();
    let top = all.iter().position(is_inner)? / width;
    let bottom = all.iter().rposition(is_inner)? / width;
    let (mut left, mut right) = (width, 0);
    for row in all.chunks_exact(width).take(bottom + 1).skip(top) {
        // Only what is outside of the rows before can widen the rectangle.
        left = row.iter().take(left).position(is_inner).unwrap_or(left);
        let beyond = row.get(right..).unwrap_or_default().iter().rposition(is_inner);
        right = beyond.map_or(right, |beyond| right + beyond + 1);
    }
    let side = |length: usize| u32::try_from(length).ok();
    let size = Size::new(side(right - left)?, side(bottom + 1 - top)?)?;
    Some(Crop { left: side(left)?, top: side(top)?, size })
}
