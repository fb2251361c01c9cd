//! Cuts out a rectangle of whole pixels, within the same buffer.

use crate::Error;
use crate::pipeline::Job;
use crate::pixels::Pixels;

/// The pixels may not be turned yet, so the rectangle is turned back.
pub(crate) fn apply(pixels: Pixels, job: &mut Job<'_>) -> Result<Pixels, Error> {
    let Some(crop) = job.plan.crop else {
        return Ok(pixels);
    };
    let orientation = job.orientation();
    let stored = crop.turned(orientation.inverse(), orientation.apply_to(pixels.size()));
    pixels
        .cropped(stored)
        .ok_or_else(|| Error::Panicked { reason: "a rectangle outside its image".to_owned() })
}
