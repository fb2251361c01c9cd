//! Takes off the border that is like the top left pixel, and resolves what the plan wants
//! of the rest. Colors count as much as they are visible, so that what is clear is alike.
//! A picture that is all border stays whole.

use domain::Size;
use domain::plan::Crop;

use crate::Error;
use crate::job::{Frame, Held, Job, Step};
use crate::pixels::{Channels, Pixels};

pub(crate) const STEP: Step = Step { apply, peak: Held::in_place };

fn apply(frame: Frame, job: &mut Job<'_>) -> Result<Frame, Error> {
    let rest = match (job.rest, job.plan.trim) {
        (Some(rest), _) => rest,
        (None, Some(trim)) => {
            let rest = without_border(&frame.pixels, trim.tolerance.levels());
            job.plan = job.plan.trimmed(rest.size)?;
            *job.rest.insert(rest)
        }
        (None, None) => return Ok(frame),
    };
    if rest.size == frame.pixels.size() { Ok(frame) } else { frame.cropped(rest) }
}

/// What is left of a picture.
fn without_border(pixels: &Pixels, tolerance: u8) -> Crop {
    let inner = match pixels.channels() {
        Channels::Gray => inner::<1>(pixels, |pixel| pixel, tolerance),
        Channels::Rgb => inner::<3>(pixels, |pixel| pixel, tolerance),
        Channels::Rgba => inner::<4>(pixels, visible, tolerance),
    };
    inner.unwrap_or(Crop { left: 0, top: 0, size: pixels.size() })
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
