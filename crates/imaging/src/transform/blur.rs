//! The Gaussian blur. Sigma is the standard deviation in pixels of the result, and the
//! picture continues mirrored beyond its edges.
//!
//! A Gaussian removes everything finer than about its sigma, so a wide one is applied to
//! a reduced image: averaged over squares of k × k pixels, blurred, and scaled back with
//! Catmull-Rom. The average is itself a blur, of variance (k² − 1) / 12, which is taken
//! off the sigma of the real one; Catmull-Rom adds none. With sigma / k at least 2.5 the
//! result is within 55 dB of the exact one, at a cost that falls with k². Mirrored edges
//! are what makes that exact at the border too: mirroring and averaging commute.

use fast_image_resize::FilterType;

use super::gaussian::{Kernel, convolve};
use super::reduce::{Axis, reduced};
use super::scaler::{Alpha, Part, premultiply, scale, unpremultiply};
use super::short_side::{blur_columns, blur_rows};
use crate::Error;
use crate::pipeline::Job;
use crate::pixels::Pixels;

/// The smallest sigma that is left to the reduced image, in its pixels.
const MIN_REDUCED_SIGMA: f64 = 2.5;

/// The largest reduction; sums over squares of this side fit their integers.
const MAX_REDUCTION: u32 = 64;

/// Pixels at the edge of the reduced image that Catmull-Rom reads beyond the last one.
const SCALER_REACH: usize = 2;

/// A side this short is not reduced: there is nothing to gain, and the margins of a
/// reduced image would be larger than the image.
const SHORT_SIDE: usize = 16;

pub(crate) fn apply(mut pixels: Pixels, job: &mut Job<'_>) -> Result<Pixels, Error> {
    let Some(sigma) = job.plan.blur else {
        return Ok(pixels);
    };
    // Colors are blurred premultiplied, so that what is transparent does not bleed.
    premultiply(&mut pixels)?;
    blur(&mut pixels, sigma.pixels())?;
    unpremultiply(&mut pixels)?;
    Ok(pixels)
}

/// Blurs every channel, which is right for premultiplied pixels.
pub(super) fn blur(pixels: &mut Pixels, sigma: f64) -> Result<(), Error> {
    let reduction = reduction(sigma);
    if reduction == 1 {
        let kernel = Kernel::gaussian(sigma);
        convolve(pixels, Some(&kernel), Some(&kernel));
        return Ok(());
    }
    let short_rows = pixels.width() <= SHORT_SIDE;
    let short_columns = pixels.height() <= SHORT_SIDE;
    if short_rows {
        blur_rows(pixels, sigma);
    }
    if short_columns {
        blur_columns(pixels, sigma);
    }
    if short_rows && short_columns {
        return Ok(());
    }

    let k = f64::from(reduction);
    let kernel = Kernel::gaussian((sigma * sigma - (k * k - 1.0) / 12.0).sqrt() / k);
    let axis = |is_short: bool| {
        if is_short {
            Axis { reduction: 1, margin: 0 }
        } else {
            Axis { reduction: reduction as usize, margin: kernel.radius() + SCALER_REACH }
        }
    };
    let (across, down) = (axis(short_rows), axis(short_columns));
    let mut small = reduced(pixels, across, down);
    convolve(&mut small, (!short_rows).then_some(&kernel), (!short_columns).then_some(&kernel));

    // Back over the picture, of the reduced image only what the picture covers.
    let part = Part {
        left: across.margin as f64,
        top: down.margin as f64,
        width: f64::from(pixels.size().width()) / across.reduction as f64,
        height: f64::from(pixels.size().height()) / down.reduction as f64,
    };
    scale(&small, part, pixels, FilterType::CatmullRom, Alpha::Premultiplied)
}

/// The largest power of two that leaves the reduced image enough sigma.
fn reduction(sigma: f64) -> u32 {
    let mut reduction = 1;
    while reduction < MAX_REDUCTION && sigma / f64::from(reduction * 2) >= MIN_REDUCED_SIGMA {
        reduction *= 2;
    }
    reduction
}

#[cfg(test)]
#[path = "blur_tests.rs"]
mod tests;
