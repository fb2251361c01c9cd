//! Lays the content on a larger canvas, where the plan's position says.

use domain::Size;
use domain::plan::{Anchor, Color, Plan};

use super::resize::Scaling;
use crate::Error;
use crate::job::{Frame, Held, Job, Step};
use crate::pixels::{Channels, Pixels};

pub(crate) const STEP: Step = Step { apply, peak };

fn apply(frame: Frame, job: &mut Job<'_>) -> Result<Frame, Error> {
    let plan = &job.plan;
    let frame = if plan.angle.is_some() { frame.try_map(|pixels| Ok(behind(pixels, plan)))? } else { frame };
    let Some(resize) = plan.resize else {
        return Ok(frame);
    };
    let size = frame.pixels.size();
    if resize.canvas == size {
        return Ok(frame);
    }
    let left = before(resize.position.across, resize.canvas.width().saturating_sub(size.width()));
    let top = before(resize.position.down, resize.canvas.height().saturating_sub(size.height()));
    let place = (left as usize, top as usize);
    frame.try_map(|pixels| Ok(on_canvas(pixels, resize.canvas, place, plan)))
}

fn peak(held: &mut Held, plan: &Plan) -> u64 {
    match Scaling::of(plan).and_then(|scaling| scaling.canvas) {
        Some((size, pixels)) => on_canvas_peak(held, plan, size, pixels),
        None => held.bytes,
    }
}

/// The peak of [`on_canvas`]: the content may be widened first, which takes a copy, and then
/// stands beside the canvas.
pub(super) fn on_canvas_peak(held: &mut Held, plan: &Plan, size: Size, pixels: u64) -> u64 {
    let channels = if plan.format.has_alpha() { 4 } else { 3 };
    let widened = held.pixels * channels;
    let peak = held.bytes + widened;
    // What needs no widening keeps the buffer that it had.
    held.bytes = held.bytes.max(widened);
    peak.max(held.replaced(size, pixels, channels, 0))
}

/// Puts the background behind a picture that is clear beside its turned edges, unless the
/// result can be clear there too.
fn behind(pixels: Pixels, plan: &Plan) -> Pixels {
    let white = (!plan.format.has_alpha()).then_some(Color::WHITE);
    match plan.background.or(white) {
        Some(color) => pixels.flattened(color),
        None => pixels,
    }
}

/// Lays the content on a canvas, with so many columns on its left and rows above it. The
/// canvas is what the plan says; otherwise transparent where the result's format can say
/// so, white where it cannot.
pub(super) fn on_canvas(content: Pixels, size: Size, place: (usize, usize), plan: &Plan) -> Pixels {
    let content = if plan.format.has_alpha() {
        content.widened(Channels::Rgba)
    } else {
        let color = plan.background.unwrap_or(Color::WHITE);
        let Color([red, green, blue]) = color;
        let is_gray = red == green && green == blue;
        let content = content.flattened(plan.flatten.unwrap_or(color));
        if is_gray { content } else { content.widened(Channels::Rgb) }
    };
    laid(&content, size, place, plan.background)
}

fn laid(content: &Pixels, size: Size, (left, top): (usize, usize), background: Option<Color>) -> Pixels {
    let channels = content.channels();
    let mut canvas = Pixels::zeroed(size, channels);
    match (channels, background) {
        (Channels::Rgba, None) => {}
        (Channels::Gray | Channels::Rgb, None) => canvas.data_mut().fill(u8::MAX),
        (_, Some(Color([red, green, blue]))) => canvas.fill([red, green, blue, u8::MAX]),
    }
    let (stride, offset) = (canvas.stride(), left * channels.count());
    let rows = canvas.data_mut().chunks_exact_mut(stride).skip(top);
    for (to, from) in rows.zip(content.data().chunks_exact(content.stride())) {
        if let Some(to) = to.get_mut(offset..).and_then(|to| to.get_mut(..from.len())) {
            to.copy_from_slice(from);
        }
    }
    canvas
}

/// The pixels that are free before the content, of so many in all.
fn before(anchor: Anchor, free: u32) -> u32 {
    match anchor {
        Anchor::Start => 0,
        // A point is of a picture that is cut, and not of one in a box.
        Anchor::Middle | Anchor::Point(_) => free / 2,
        Anchor::End => free,
    }
}
