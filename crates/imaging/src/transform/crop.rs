//! Cuts out a rectangle of whole pixels, within the same buffer.

use crate::Error;
use crate::pipeline::Job;
use crate::pixels::Pixels;

/// The pixels are not turned yet, so the rectangle is turned back.
pub(crate) fn apply(pixels: Pixels, job: &mut Job<'_>) -> Result<Pixels, Error> {
    let Some(crop) = job.plan.stored_crop(job.source) else {
        return Ok(pixels);
    };
    pixels.cropped(crop).ok_or_else(|| Error::Panicked { reason: "a rectangle outside its image".to_owned() })
}
