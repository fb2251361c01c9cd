//! Lays the content on a larger canvas, where the plan's position says.

use domain::plan::{Anchor, Color, Resize};

use crate::Error;
use crate::pipeline::Job;
use crate::pixels::{Channels, Pixels};

/// The canvas is what the plan says; otherwise transparent where the result's format can
/// say so, white where it cannot.
pub(crate) fn apply(pixels: Pixels, job: &mut Job<'_>) -> Result<Pixels, Error> {
    let Some(resize) = job.plan.resize else {
        return Ok(pixels);
    };
    if resize.canvas == pixels.size() {
        return Ok(pixels);
    }
    let background = job.plan.background;
    let pixels = if job.plan.format.has_alpha() {
        pixels.widened(Channels::Rgba)
    } else {
        let color = background.unwrap_or(Color::WHITE);
        let Color([red, green, blue]) = color;
        let is_gray = red == green && green == blue;
        let pixels = pixels.flattened(color);
        if is_gray { pixels } else { pixels.widened(Channels::Rgb) }
    };
    Ok(laid(&pixels, resize, background))
}

fn laid(content: &Pixels, resize: Resize, background: Option<Color>) -> Pixels {
    let channels = content.channels();
    let mut canvas = Pixels::zeroed(resize.canvas, channels);
    match (channels, background) {
        (Channels::Rgba, None) => {}
        (Channels::Gray | Channels::Rgb, None) => canvas.data_mut().fill(u8::MAX),
        (_, Some(Color([red, green, blue]))) => canvas.fill([red, green, blue, u8::MAX]),
    }
    let left = before(resize.position.across, canvas.width().saturating_sub(content.width()));
    let top = before(resize.position.down, canvas.height().saturating_sub(content.height()));
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
fn before(anchor: Anchor, free: usize) -> usize {
    match anchor {
        Anchor::Start => 0,
        Anchor::Middle => free / 2,
        Anchor::End => free,
    }
}
