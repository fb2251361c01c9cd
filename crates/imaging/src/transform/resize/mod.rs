//! Scales to the content's size, cropped to its ratio if asked.

pub(crate) mod lanczos;

use domain::Orientation;
use domain::plan::{Crop, Resize};

use crate::Error;
use crate::pipeline::Job;
use crate::pixels::Pixels;
use lanczos::{Axis, scaled};

pub(crate) fn apply(pixels: Pixels, job: &mut Job<'_>) -> Result<Pixels, Error> {
    let Some(resize) = job.plan.resize else {
        return Ok(pixels);
    };
    // The plan speaks of the turned image, and these pixels are not turned yet.
    let content = job.orientation().apply_to(resize.content);
    if content == pixels.size() {
        return Ok(pixels);
    }
    let (across, down) = (Axis::whole(pixels.size().width()), Axis::whole(pixels.size().height()));
    let (across, down) = cut_to_ratio(&resize, job.orientation(), across, down);
    if let (Some(left), Some(top)) = (cut(across, content.width()), cut(down, content.height())) {
        let cropped = pixels.cropped(Crop { left, top, size: content });
        return cropped.ok_or_else(|| Error::Panicked { reason: "a part outside its image".to_owned() });
    }
    Ok(scaled(&pixels, across, down, content))
}

/// What is left of a picture, as it is stored, that is cut to the ratio of what it becomes.
pub(crate) fn cut_to_ratio(
    resize: &Resize,
    orientation: Orientation,
    mut across: Axis,
    mut down: Axis,
) -> (Axis, Axis) {
    if resize.crop_to_ratio {
        let content = orientation.apply_to(resize.content);
        let ratio = f64::from(content.width()) / f64::from(content.height());
        let (width, height) = (across.len, down.len);
        across.len = width.min(height * ratio);
        down.len = height.min(width / ratio);
        // So does its position, which is turned back as the size is.
        let position = resize.position.turned(orientation.inverse());
        across.start += (width - across.len) * position.across.share();
        down.start += (height - down.len) * position.down.share();
    }
    (across, down)
}

/// Where the part begins if it is only cut out and not scaled.
fn cut(axis: Axis, pixels: u32) -> Option<u32> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within a side")]
    let start = axis.start as u32;
    (f64::from(start) == axis.start && f64::from(pixels) == axis.len).then_some(start)
}
