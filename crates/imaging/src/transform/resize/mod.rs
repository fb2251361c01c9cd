//! Scales to the content's size, cropped to its ratio if asked.

pub(crate) mod lanczos;

use domain::plan::{Crop, Plan, Resize, Trim};
use domain::{Orientation, Size};

use crate::Error;
use crate::job::{Frame, Held, Job, Step};
use lanczos::{Axis, scaled, scaling_bytes};

pub(crate) const STEP: Step = Step { apply, peak };

fn apply(frame: Frame, job: &mut Job<'_>) -> Result<Frame, Error> {
    let Some(resize) = job.plan.resize else {
        return Ok(frame);
    };
    // The plan speaks of the turned image, and these pixels are not turned yet.
    let orientation = frame.orientation(job);
    let content = orientation.apply_to(resize.content);
    let size = frame.pixels.size();
    if content == size {
        return Ok(frame);
    }
    let (across, down) = (Axis::whole(size.width()), Axis::whole(size.height()));
    let (across, down) = cut_to_ratio(&resize, orientation, across, down);
    if let (Some(left), Some(top)) = (cut(across, content.width()), cut(down, content.height())) {
        return frame.cropped(Crop { left, top, size: content });
    }
    let scaled = scaled(&frame.pixels, across, down, content);
    Ok(frame.with(scaled))
}

/// The scaled picture beside the one that it is made of. One that is only cut out keeps its
/// buffer.
fn peak(held: &mut Held, plan: &Plan) -> u64 {
    let Some(Scaling { content, content_pixels, .. }) = Scaling::of(plan) else {
        return held.bytes;
    };
    if plan.trim.is_none() && held.orientation.apply_to(held.size) == content {
        return held.bytes;
    }
    let before = *held;
    let content = held.orientation.inverse().apply_to(content);
    let beside = scaling_bytes(held.size, content, held.channels);
    let peak = held.replaced(content, content_pixels, held.channels, beside);
    let picture = before.orientation.apply_to(before.size);
    let is_scaled = plan.resize.is_some_and(|resize| resize.kept(picture) != resize.content);
    if !is_scaled {
        held.bytes = held.bytes.max(before.bytes);
    }
    peak
}

/// What a plan scales to, at most.
pub(super) struct Scaling {
    content: Size,
    content_pixels: u64,
    /// The canvas that the content stands on, and its pixels, if that is larger.
    pub(super) canvas: Option<(Size, u64)>,
}

impl Scaling {
    /// None if it keeps the size. Where a border is taken off first, what is left of the
    /// picture has any size, and so has what is made of it.
    pub(super) fn of(plan: &Plan) -> Option<Self> {
        if let Some(trim) = plan.trim.filter(Trim::may_scale) {
            let content = trim.most();
            let content_pixels = content.pixels().min(trim.max_pixels());
            let canvas = trim.may_be_in_box().then_some((content, content_pixels));
            return Some(Self { content, content_pixels, canvas });
        }
        plan.resize.map(|Resize { content, canvas, .. }| Self {
            content,
            content_pixels: content.pixels(),
            canvas: (canvas != content).then(|| (canvas, canvas.pixels())),
        })
    }
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
        across.start += position.across.before(width, across.len);
        down.start += position.down.before(height, down.len);
    }
    (across, down)
}

/// Where the part begins if it is only cut out and not scaled.
fn cut(axis: Axis, pixels: u32) -> Option<u32> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within a side")]
    let start = axis.start as u32;
    (f64::from(start) == axis.start && f64::from(pixels) == axis.len).then_some(start)
}
