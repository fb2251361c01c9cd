//! Adds room around the picture, which the background fills.

use super::canvas::on_canvas;
use crate::Error;
use crate::pipeline::Job;
use crate::pixels::Pixels;

pub(crate) fn apply(pixels: Pixels, job: &mut Job<'_>) -> Result<Pixels, Error> {
    let Some(padding) = job.plan.padding else {
        return Ok(pixels);
    };
    let place = (padding.left as usize, padding.top as usize);
    let size = padding.around(pixels.size());
    Ok(on_canvas(pixels, size, place, &job.plan))
}
