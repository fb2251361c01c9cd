//! Turns and mirrors the pixels as their Exif orientation and the plan say, both at once.

use domain::Orientation;
use domain::plan::Plan;

use crate::Error;
use crate::job::{Frame, Held, Job, Step};
use crate::pixels::{Channels, Pixels, buffer_len};

/// Pixels of a side of the squares that are turned at once, so that both the rows that
/// are read and those that are written stay in the cache.
const BLOCK: usize = 32;

pub(crate) const STEP: Step = Step { apply, peak };

fn apply(mut frame: Frame, job: &mut Job<'_>) -> Result<Frame, Error> {
    let exif = frame.take_orientation(job).exif();
    frame.try_map(|pixels| {
        let turned = match pixels.channels() {
            Channels::Gray => oriented::<1>(pixels, exif),
            Channels::Rgb => oriented::<3>(pixels, exif),
            Channels::Rgba => oriented::<4>(pixels, exif),
        };
        turned.ok_or_else(|| Error::Panicked { reason: "a turned image of another size".to_owned() })
    })
}

/// A copy where sides are swapped; all else happens in place.
fn peak(held: &mut Held, _: &Plan) -> u64 {
    let swaps = std::mem::replace(&mut held.orientation, Orientation::UPRIGHT).swaps_sides();
    if swaps { held.replaced(held.size.transposed(), held.pixels, held.channels, 0) } else { held.bytes }
}

/// Orientations 1 to 4 keep the sides and happen in place; 5 to 8 swap them.
pub(super) fn oriented<const N: usize>(mut pixels: Pixels, exif: u8) -> Option<Pixels> {
    let stride = pixels.stride();
    match exif {
        2 => {
            for row in pixels.data_mut().chunks_exact_mut(stride) {
                row.as_chunks_mut::<N>().0.reverse();
            }
        }
        3 => pixels.data_mut().as_chunks_mut::<N>().0.reverse(),
        4 => {
            let mut rows = pixels.data_mut().chunks_exact_mut(stride);
            while let (Some(upper), Some(lower)) = (rows.next(), rows.next_back()) {
                upper.swap_with_slice(lower);
            }
        }
        5..=8 => return transposed::<N>(&pixels, matches!(exif, 7 | 8), matches!(exif, 6 | 7)),
        _ => {}
    }
    Some(pixels)
}

/// Swaps rows with columns; then the rows' order is reversed, or the order within them.
fn transposed<const N: usize>(
    pixels: &Pixels,
    rows_reversed: bool,
    columns_reversed: bool,
) -> Option<Pixels> {
    let (width, height) = (pixels.width(), pixels.height());
    let mut data = vec![0; buffer_len(pixels.size(), pixels.channels())];
    let (from, _) = pixels.data().as_chunks::<N>();
    let (to, _) = data.as_chunks_mut::<N>();
    for top in (0..height).step_by(BLOCK) {
        let rows = BLOCK.min(height - top);
        for left in (0..width).step_by(BLOCK) {
            for x in left..width.min(left + BLOCK) {
                let column = from.get(top * width + x..)?.iter().step_by(width).take(rows);
                let row = if rows_reversed { width - 1 - x } else { x };
                let start = row * height + if columns_reversed { height - top - rows } else { top };
                let place = to.get_mut(start..start + rows)?;
                if columns_reversed {
                    place.iter_mut().rev().zip(column).for_each(|(to, from)| *to = *from);
                } else {
                    place.iter_mut().zip(column).for_each(|(to, from)| *to = *from);
                }
            }
        }
    }
    Pixels::new(pixels.size().transposed(), pixels.channels(), data)
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "small numbers made here")]
mod tests {
    use domain::Size;

    use super::*;

    /// Where the pixel at (x, y) of a width × height image goes, by the words of Exif:
    /// which side of the picture the stored first row and first column are.
    fn place(exif: u8, x: usize, y: usize, width: usize, height: usize) -> (usize, usize) {
        match exif {
            1 => (x, y),
            2 => (width - 1 - x, y),
            3 => (width - 1 - x, height - 1 - y),
            4 => (x, height - 1 - y),
            5 => (y, x),
            6 => (height - 1 - y, x),
            7 => (height - 1 - y, width - 1 - x),
            _ => (y, width - 1 - x),
        }
    }

    fn check<const N: usize>(channels: Channels, width: usize, height: usize) {
        let size = Size::new(width as u32, height as u32).unwrap();
        let data: Vec<u8> = (0..width * height * N).map(|i| (i * 31 % 251) as u8).collect();
        for exif in 1..=8 {
            let pixels = Pixels::new(size, channels, data.clone()).unwrap();
            let turned = oriented::<N>(pixels, exif).unwrap();
            for y in 0..height {
                for x in 0..width {
                    let (to_x, to_y) = place(exif, x, y, width, height);
                    let to = (to_y * turned.width() + to_x) * N;
                    let from = (y * width + x) * N;
                    assert_eq!(turned.data()[to..to + N], data[from..from + N], "{exif}: {x},{y}");
                }
            }
        }
    }

    #[test]
    fn every_orientation_puts_every_pixel_in_its_place() {
        for (width, height) in [(1, 1), (1, 70), (33, 65), (100, 31)] {
            check::<1>(Channels::Gray, width, height);
            check::<3>(Channels::Rgb, width, height);
            check::<4>(Channels::Rgba, width, height);
        }
    }
}
