//! Scales to the content's size with Lanczos3, cropped to its ratio if asked.

use fast_image_resize::FilterType;

use super::scaler::{Alpha, Part, scale};
use crate::Error;
use crate::pipeline::Job;
use crate::pixels::Pixels;

pub(crate) fn apply(pixels: Pixels, job: &mut Job<'_>) -> Result<Pixels, Error> {
    let Some(resize) = job.plan.resize else {
        return Ok(pixels);
    };
    // The plan speaks of the turned image, and these pixels are not turned yet.
    let content = job.orientation().apply_to(resize.content);
    let size = pixels.size();
    if content == size {
        return Ok(pixels);
    }
    let (width, height) = (f64::from(size.width()), f64::from(size.height()));
    let mut part = Part { left: 0.0, top: 0.0, width, height };
    if resize.crop_to_ratio {
        let ratio = f64::from(content.width()) / f64::from(content.height());
        part.width = width.min(height * ratio);
        part.height = height.min(width / ratio);
        // So does its position, which is turned back as the size is.
        let position = resize.position.turned(job.orientation().inverse());
        part.left = (width - part.width) * position.across.share();
        part.top = (height - part.height) * position.down.share();
    }
    let mut scaled = Pixels::zeroed(content, pixels.channels());
    scale(&pixels, part, &mut scaled, FilterType::Lanczos3, Alpha::Straight)?;
    Ok(scaled)
}
