//! Writes animations, a frame at a time: what has changed, for how long it is shown.
//!
//! No more is held than the picture that is shown, the next one, and the file.

mod gif;
mod png;
mod webp;

use domain::Size;
use domain::plan::{Crop, Format, Plan, Quality};

use crate::Error;
use crate::pixels::{Channels, Pixels};

/// An animation that is being written.
pub(crate) enum Animation {
    Gif(gif::Writer),
    Png(png::Writer),
    Webp(webp::Writer),
}

impl Animation {
    /// For frames of this size, to be played so often; 0 is for ever.
    pub(crate) fn new(plan: &Plan, size: Size, plays: u32) -> Result<Self, Error> {
        match plan.format {
            Format::Gif => Ok(Self::Gif(gif::Writer::new(size, plays, plan.colors)?)),
            Format::Png => Ok(Self::Png(png::Writer::new(size, plays))),
            Format::Webp => Ok(Self::Webp(webp::Writer::new(size, plays, plan.quality.map(Quality::get)))),
            Format::Jpeg | Format::Avif | Format::Tiff => {
                Err(super::failed(plan.format, "it cannot be an animation"))
            }
        }
    }

    /// Adds a frame of four channels, shown for so many milliseconds.
    pub(crate) fn add(&mut self, frame: Pixels, milliseconds: u32) -> Result<(), Error> {
        let frame = frame.widened(Channels::Rgba);
        match self {
            Self::Gif(writer) => writer.add(frame, milliseconds),
            Self::Png(writer) => writer.add(frame, milliseconds),
            Self::Webp(writer) => writer.add(frame, milliseconds),
        }
    }

    /// Bytes of the file so far.
    pub(crate) fn file_len(&self) -> usize {
        match self {
            Self::Gif(writer) => writer.file_len(),
            Self::Png(writer) => writer.file_len(),
            Self::Webp(writer) => writer.file_len(),
        }
    }

    /// The file.
    pub(crate) fn finish(self) -> Result<Vec<u8>, Error> {
        match self {
            Self::Gif(writer) => writer.finish(),
            Self::Png(writer) => Ok(writer.finish()),
            Self::Webp(writer) => Ok(writer.finish()),
        }
    }
}

/// A GIF of one frame.
pub(super) fn still_gif(pixels: Pixels, colors: Option<u32>) -> Result<Vec<u8>, Error> {
    let mut writer = gif::Writer::new(pixels.size(), 1, colors)?;
    writer.add(pixels.widened(Channels::Rgba), 0)?;
    writer.finish()
}

/// The picture in four channels, what is behind it, the numbers of its colors and the result.
pub(super) fn still_gif_bytes(pixels: u64) -> u64 {
    pixels * 20
}

/// The smallest rectangle that holds all pixels in which two pictures of four channels
/// differ; none if they are equal. Clear pixels are equal whatever their color.
fn changed(before: &Pixels, after: &Pixels) -> Option<Crop> {
    let stride = after.stride();
    let rows = || before.data().chunks_exact(stride).zip(after.data().chunks_exact(stride));
    let top = rows().position(|(before, after)| !is_equal(before, after))?;
    let bottom = rows().rposition(|(before, after)| !is_equal(before, after))?;
    let (mut left, mut right) = (after.width(), 0);
    for (before, after) in rows().take(bottom + 1).skip(top) {
        let pixels = || before.as_chunks::<4>().0.iter().zip(after.as_chunks::<4>().0);
        let differ = |(before, after): (&[u8; 4], &[u8; 4])| !is_same(*before, *after);
        if let Some(first) = pixels().position(differ) {
            left = left.min(first);
        }
        if let Some(last) = pixels().rposition(differ) {
            right = right.max(last);
        }
    }
    rectangle(left, top, right + 1, bottom + 1)
}

/// A rectangle by its edges.
fn rectangle(left: usize, top: usize, right: usize, bottom: usize) -> Option<Crop> {
    let number = |number: usize| u32::try_from(number).ok();
    let size = Size::new(number(right.checked_sub(left)?)?, number(bottom.checked_sub(top)?)?)?;
    Some(Crop { left: number(left)?, top: number(top)?, size })
}

fn is_equal(before: &[u8], after: &[u8]) -> bool {
    before == after
        || before.as_chunks::<4>().0.iter().zip(after.as_chunks::<4>().0).all(|(a, b)| is_same(*a, *b))
}

fn is_same(before: [u8; 4], after: [u8; 4]) -> bool {
    let ([.., before_alpha], [.., after_alpha]) = (before, after);
    before == after || (before_alpha == 0 && after_alpha == 0)
}

/// The rows of a rectangle of a picture of four channels.
fn rows_of(pixels: &Pixels, part: Crop) -> impl Iterator<Item = &[[u8; 4]]> {
    let stride = pixels.stride();
    let (left, width) = (part.left as usize * 4, part.size.width() as usize * 4);
    let rows = pixels.data().chunks_exact(stride).skip(part.top as usize).take(part.size.height() as usize);
    rows.map(move |row| row.get(left..left + width).unwrap_or_default().as_chunks::<4>().0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canvas(pixels: &[(usize, usize)]) -> Pixels {
        let mut canvas = Pixels::zeroed(Size::new(7, 5).unwrap(), Channels::Rgba);
        canvas.fill([9, 9, 9, 255]);
        for (x, y) in pixels {
            let place = (y * 7 + x) * 4;
            canvas.data_mut()[place] = 200;
        }
        canvas
    }

    #[test]
    fn what_has_changed_is_framed() {
        let before = canvas(&[]);
        assert_eq!(changed(&before, &canvas(&[])), None);
        for (pixels, left, top, width, height) in
            [(vec![(0, 0)], 0, 0, 1, 1), (vec![(6, 4)], 6, 4, 1, 1), (vec![(2, 3), (5, 1)], 2, 1, 4, 3)]
        {
            let expected = Crop { left, top, size: Size::new(width, height).unwrap() };
            assert_eq!(changed(&before, &canvas(&pixels)), Some(expected));
        }
    }

    #[test]
    fn clear_pixels_have_no_color() {
        let clear = Pixels::zeroed(Size::new(3, 3).unwrap(), Channels::Rgba);
        let mut other = clear.clone();
        other.fill([7, 8, 9, 0]);
        assert_eq!(changed(&clear, &other), None);
    }
}
