//! Scales to the content's size, cropped to its ratio if asked.

pub(super) mod lanczos;

use domain::Size;
use domain::plan::Crop;

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
    let reduction = std::mem::replace(&mut job.reduction, 1);
    if content == pixels.size() && reduction == 1 {
        return Ok(pixels);
    }
    let (mut across, mut down) = if reduction == 1 {
        (Axis::whole(pixels.size().width()), Axis::whole(pixels.size().height()))
    } else {
        reduced(job.source.size, stored_crop(job), f64::from(reduction))
    };
    if resize.crop_to_ratio {
        let ratio = f64::from(content.width()) / f64::from(content.height());
        let (width, height) = (across.len, down.len);
        across.len = width.min(height * ratio);
        down.len = height.min(width / ratio);
        // So does its position, which is turned back as the size is.
        let position = resize.position.turned(job.orientation().inverse());
        across.start += (width - across.len) * position.across.share();
        down.start += (height - down.len) * position.down.share();
    }
    if let (Some(left), Some(top)) = (cut(across, content.width()), cut(down, content.height())) {
        let cropped = pixels.cropped(Crop { left, top, size: content });
        return cropped.ok_or_else(|| Error::Panicked { reason: "a part outside its image".to_owned() });
    }
    Ok(scaled(&pixels, across, down, content))
}

/// What is cut out of the pixels of the image as they are stored.
fn stored_crop(job: &Job<'_>) -> Option<Crop> {
    let orientation = job.orientation();
    let picture = orientation.apply_to(job.source.size);
    job.plan.crop.map(|crop| crop.turned(orientation.inverse(), picture))
}

/// The picture, or the rectangle of it that is left, in an image that has one pixel for so
/// many along each side.
fn reduced(picture: Size, crop: Option<Crop>, reduction: f64) -> (Axis, Axis) {
    let crop = crop.unwrap_or(Crop { left: 0, top: 0, size: picture });
    let axis = |start: u32, len: u32, side: u32| {
        let end = start + len;
        let (start, len) = (f64::from(start) / reduction, f64::from(len) / reduction);
        // A pixel on the rectangle's edge has something from beyond it and is left out. On
        // the picture's edge it has the picture's last pixel, repeated, and stays.
        let to = if end == side { start + len } else { (start + len).floor() };
        Axis { start, len, from: start.ceil(), to }
    };
    (
        axis(crop.left, crop.size.width(), picture.width()),
        axis(crop.top, crop.size.height(), picture.height()),
    )
}

/// Where the part begins if it is only cut out and not scaled.
fn cut(axis: Axis, pixels: u32) -> Option<u32> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within a side")]
    let start = axis.start as u32;
    (f64::from(start) == axis.start && f64::from(pixels) == axis.len).then_some(start)
}
