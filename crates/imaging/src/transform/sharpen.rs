//! Sharpens with an unsharp mask of amount 1: what a Gaussian of this standard deviation
//! takes away is added once more. Alpha is kept.

use domain::plan::Plan;

use super::alpha::{premultiply, unpremultiply};
use super::blur::{blur, blur_bytes};
use crate::Error;
use crate::job::{Frame, Held, Job, Step};
use crate::pixels::Channels;

pub(crate) const STEP: Step = Step { apply, peak };

fn apply(mut frame: Frame, job: &mut Job<'_>) -> Result<Frame, Error> {
    let Some(sigma) = job.plan.sharpen else {
        return Ok(frame);
    };
    let pixels = &mut frame.pixels;
    let mut soft = pixels.clone();
    premultiply(&mut soft);
    blur(&mut soft, sigma.pixels());
    unpremultiply(&mut soft);
    match pixels.channels() {
        Channels::Gray | Channels::Rgb => {
            for (sample, soft) in pixels.data_mut().iter_mut().zip(soft.data()) {
                *sample = sharpened(*sample, *soft, u8::MAX);
            }
        }
        Channels::Rgba => {
            let (soft, _) = soft.data().as_chunks::<4>();
            let (colors, _) = pixels.data_mut().as_chunks_mut::<4>();
            for ([r, g, b, _], [soft_r, soft_g, soft_b, visible]) in colors.iter_mut().zip(soft) {
                for (sample, soft) in [(r, soft_r), (g, soft_g), (b, soft_b)] {
                    *sample = sharpened(*sample, *soft, *visible);
                }
            }
        }
    }
    Ok(frame)
}

/// A copy, which is blurred.
fn peak(held: &mut Held, plan: &Plan) -> u64 {
    let Some(sigma) = plan.sharpen else {
        return held.bytes;
    };
    held.bytes + held.pixels * held.channels + blur_bytes(held, sigma.pixels())
}

/// A sample and its difference from the soft one. Where little around a pixel is visible
/// the soft color is known by a few levels only, so the difference counts as much as is
/// visible, of 255.
fn sharpened(sample: u8, soft: u8, visible: u8) -> u8 {
    let detail = (i32::from(sample) - i32::from(soft)) * i32::from(visible) / 255;
    u8::try_from((i32::from(sample) + detail).clamp(0, 255)).unwrap_or(sample)
}
