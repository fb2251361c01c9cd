//! Adds room around the picture, which the background fills, or the picture itself.

use domain::Size;
use domain::plan::{Extend, Plan};

use super::canvas::{on_canvas, on_canvas_peak};
use crate::Error;
use crate::job::{Frame, Held, Job, Step};
use crate::pixels::Pixels;

pub(crate) const STEP: Step = Step { apply, peak };

fn apply(frame: Frame, job: &mut Job<'_>) -> Result<Frame, Error> {
    let Some(padding) = job.plan.padding else {
        return Ok(frame);
    };
    let place = (padding.left as usize, padding.top as usize);
    let size = padding.around(frame.pixels.size());
    frame.try_map(|pixels| {
        Ok(match job.plan.extend {
            Extend::Background => on_canvas(pixels, size, place, &job.plan),
            Extend::Copy => extended(&pixels, size, place, nearest),
            Extend::Mirror => extended(&pixels, size, place, mirrored),
        })
    })
}

fn peak(held: &mut Held, plan: &Plan) -> u64 {
    let Some(padding) = plan.padding else {
        return held.bytes;
    };
    let size = padding.around(held.size);
    let limit = plan.trim.map_or(u64::MAX, |trim| trim.max_pixels());
    let pixels = size.pixels().min(limit);
    match plan.extend {
        Extend::Background => on_canvas_peak(held, plan, size, pixels),
        Extend::Copy | Extend::Mirror => held.replaced(size, pixels, held.channels, 0),
    }
}

/// The picture with so many columns on its left and rows above it, each pixel of which is the
/// one that `inside` names along each side.
fn extended(
    pixels: &Pixels,
    size: Size,
    (left, top): (usize, usize),
    inside: fn(isize, usize) -> usize,
) -> Pixels {
    let (width, height, count) = (pixels.width(), pixels.height(), pixels.channels().count());
    let mut canvas = Pixels::zeroed(size, pixels.channels());
    let from_left = left.min(isize::MAX as usize).cast_signed();
    let from_top = top.min(isize::MAX as usize).cast_signed();
    let columns: Vec<usize> =
        (0..size.width() as usize).map(|x| inside(x.cast_signed() - from_left, width) * count).collect();
    let stride = canvas.stride();
    for (y, row) in canvas.data_mut().chunks_exact_mut(stride).enumerate() {
        let from = inside(y.cast_signed() - from_top, height) * pixels.stride();
        let Some(from) = pixels.data().get(from..from + pixels.stride()) else { continue };
        for (to, column) in row.chunks_exact_mut(count).zip(&columns) {
            if let Some(pixel) = from.get(*column..*column + count) {
                to.copy_from_slice(pixel);
            }
        }
    }
    canvas
}

/// The place in a side that is nearest to one that may be beyond.
fn nearest(place: isize, side: usize) -> usize {
    place.clamp(0, side.cast_signed() - 1).cast_unsigned()
}

/// The place in a side that is mirrored to one beyond, at the edges of the edge pixels.
fn mirrored(place: isize, side: usize) -> usize {
    let side = side.cast_signed();
    let place = place.rem_euclid(2 * side);
    if place < side { place } else { 2 * side - 1 - place }.cast_unsigned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::Channels;

    fn rows(inside: fn(isize, usize) -> usize) -> Vec<Vec<u8>> {
        let pixels = Pixels::new(Size::new(3, 2).unwrap(), Channels::Gray, vec![1, 2, 3, 4, 5, 6]).unwrap();
        let extended = extended(&pixels, Size::new(8, 4).unwrap(), (4, 1), inside);
        extended.data().chunks(8).map(<[u8]>::to_vec).collect()
    }

    #[test]
    fn edges_are_copied() {
        let top = [1, 1, 1, 1, 1, 2, 3, 3];
        let bottom = [4, 4, 4, 4, 4, 5, 6, 6];
        assert_eq!(rows(nearest), [top, top, bottom, bottom]);
    }

    #[test]
    fn the_picture_is_mirrored_as_often_as_needed() {
        let top = [3, 3, 2, 1, 1, 2, 3, 3];
        let bottom = [6, 6, 5, 4, 4, 5, 6, 6];
        assert_eq!(rows(mirrored), [top, top, bottom, bottom]);
    }
}
