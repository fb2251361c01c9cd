//! Lays the content on a larger canvas, where the plan's position says.

use domain::Size;
use domain::plan::{Anchor, Color, Plan};

use crate::Error;
use crate::pipeline::Job;
use crate::pixels::{Channels, Pixels};

pub(crate) fn apply(pixels: Pixels, job: &mut Job<'_>) -> Result<Pixels, Error> {
    let pixels = if job.plan.angle.is_some() { behind(pixels, &job.plan) } else { pixels };
    let Some(resize) = job.plan.resize else {
        return Ok(pixels);
    };
    let size = pixels.size();
    if resize.canvas == size {
        return Ok(pixels);
    }
    let left = before(resize.position.across, resize.canvas.width().saturating_sub(size.width()));
    let top = before(resize.position.down, resize.canvas.height().saturating_sub(size.height()));
    Ok(on_canvas(pixels, resize.canvas, (left as usize, top as usize), &job.plan))
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
        let content = content.flattened(color);
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
        Anchor::Middle => free / 2,
        Anchor::End => free,
    }
}
