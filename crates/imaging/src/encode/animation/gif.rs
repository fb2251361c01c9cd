//! Animated GIF: 255 colors and one that is clear, by our own quantiser.
//!
//! A frame shows only what has changed. Its colors are those of the frame before as long as
//! they fit about as well as they did there: a new palette for each frame costs half as many
//! bytes again where little moves, one for all costs 6 dB where everything does.

use domain::Size;
use domain::plan::{Crop, Format};
use gif::{DisposalMethod, Encoder, EncodingError, Frame, Repeat};

use super::{changed, is_same, rows_of};
use crate::Error;
use crate::encode::failed;
use crate::pixels::{Channels, Pixels};
use crate::quantize::Palette;

/// Colors of a palette, beside the clear one.
const COLORS: usize = 255;
/// Alpha from which on a pixel is opaque.
const OPAQUE: u8 = 128;
/// The shortest time that is not taken for a tenth of a second, in hundredths of one.
const LEAST_TIME: u64 = 2;
/// How much worse a palette may fit than it did the frame that it was made for.
const TOLERANCE: f64 = 1.5;
/// A mean distance, squared, that nobody sees.
const INVISIBLE: f64 = 6.0;

pub(crate) struct Writer {
    encoder: Encoder<Vec<u8>>,
    /// The most colors of a palette, beside the clear one.
    colors: usize,
    size: Size,
    /// What is behind the next frame.
    shown: Pixels,
    /// The frame that comes next, until it is known whether it must be taken away again.
    next: Option<(Pixels, u32)>,
    palette: Option<(Palette, f64)>,
    /// When the next frame begins, in milliseconds: times are rounded to hundredths of a
    /// second, and must not add up to another one.
    begins: u64,
}

impl Writer {
    pub(super) fn new(size: Size, plays: u32, colors: Option<u32>) -> Result<Self, Error> {
        let side =
            |side: u32| u16::try_from(side).map_err(|_| failed(Format::Gif, "a side of more than 65535"));
        let mut encoder =
            Encoder::new(Vec::new(), side(size.width())?, side(size.height())?, &[]).map_err(fault)?;
        // A file counts how often it is repeated, and says nothing where it is not.
        match plays {
            0 => encoder.set_repeat(Repeat::Infinite).map_err(fault)?,
            1 => {}
            plays => {
                let repeats = u16::try_from(plays - 1).unwrap_or(u16::MAX);
                encoder.set_repeat(Repeat::Finite(repeats)).map_err(fault)?;
            }
        }
        let shown = Pixels::zeroed(size, Channels::Rgba);
        let colors = colors.map_or(COLORS, |colors| COLORS.min(colors as usize));
        Ok(Self { encoder, colors, size, shown, next: None, palette: None, begins: 0 })
    }

    pub(super) fn add(&mut self, mut frame: Pixels, milliseconds: u32) -> Result<(), Error> {
        // A pixel is there or it is not.
        for [.., alpha] in frame.data_mut().as_chunks_mut::<4>().0 {
            *alpha = if *alpha >= OPAQUE { u8::MAX } else { 0 };
        }
        if let Some((next, time)) = &mut self.next
            && changed(next, &frame).is_none()
        {
            *time = time.saturating_add(milliseconds);
            return Ok(());
        }
        self.write_next(Some(&frame))?;
        self.next = Some((frame, milliseconds));
        Ok(())
    }

    /// Bytes of the file so far.
    pub(super) fn file_len(&self) -> usize {
        self.encoder.get_ref().len()
    }

    pub(super) fn finish(mut self) -> Result<Vec<u8>, Error> {
        self.write_next(None)?;
        self.encoder.into_inner().map_err(fault)
    }

    /// Writes the frame that comes next, which `after` follows.
    fn write_next(&mut self, after: Option<&Pixels>) -> Result<(), Error> {
        let Some((frame, milliseconds)) = self.next.take() else { return Ok(()) };
        let whole = Crop { left: 0, top: 0, size: self.size };
        // Nothing can be made clear again but by taking a frame away, all of it.
        let pixels = |pixels: &Pixels| pixels.data().as_chunks::<4>().0.to_vec();
        let vanishes = after.is_some_and(|after| {
            pixels(&frame)
                .iter()
                .zip(after.data().as_chunks::<4>().0)
                .any(|([.., a], [.., b])| *a != 0 && *b == 0)
        });
        let part = if vanishes { Some(whole) } else { changed(&self.shown, &frame) };
        // A frame must have a pixel.
        let part = part.unwrap_or(Crop { size: Size::new(1, 1).unwrap_or(self.size), ..whole });
        let buffer = self.indices(&frame, part);
        let ends = self.begins + u64::from(milliseconds);
        let time = (ends.div_euclid(5).div_ceil(2)).saturating_sub(self.begins.div_euclid(5).div_ceil(2));
        let (palette, _) =
            self.palette.as_ref().ok_or_else(|| failed(Format::Gif, "a frame without colors"))?;
        let mut colors: Vec<u8> = palette.colors().iter().flatten().copied().collect();
        // The clear one is the last.
        colors.extend([0; 3]);
        let transparent = u8::try_from(palette.colors().len()).unwrap_or(u8::MAX);
        let side = |side: u32| u16::try_from(side).unwrap_or(u16::MAX);
        self.encoder
            .write_frame(&Frame {
                delay: u16::try_from(time.max(LEAST_TIME)).unwrap_or(u16::MAX),
                dispose: if vanishes { DisposalMethod::Background } else { DisposalMethod::Keep },
                transparent: Some(transparent),
                left: side(part.left),
                top: side(part.top),
                width: side(part.size.width()),
                height: side(part.size.height()),
                palette: Some(colors),
                buffer: buffer.into(),
                ..Frame::default()
            })
            .map_err(fault)?;
        self.begins = ends;
        self.shown = if vanishes { Pixels::zeroed(self.size, Channels::Rgba) } else { frame };
        Ok(())
    }

    /// The colors of a part by their numbers in a palette that fits; what is as it was is clear.
    fn indices(&mut self, frame: &Pixels, part: Crop) -> Vec<u8> {
        let shown = self.shown.clone();
        let pixels = || rows_of(&shown, part).flatten().zip(rows_of(frame, part).flatten());
        let is_drawn = |(before, after): (&[u8; 4], &[u8; 4])| {
            let [.., alpha] = after;
            *alpha != 0 && !is_same(*before, *after)
        };
        if let Some((palette, fit)) = &mut self.palette {
            let (indices, found) = mapped(palette, pixels(), is_drawn);
            if found <= (*fit * TOLERANCE).max(INVISIBLE) {
                return indices;
            }
        }
        let drawn =
            pixels().filter(|pair| is_drawn(*pair)).map(|(_, [red, green, blue, _])| [*red, *green, *blue]);
        let mut palette = Palette::of(drawn, self.colors);
        let (indices, fit) = mapped(&mut palette, pixels(), is_drawn);
        self.palette = Some((palette, fit));
        indices
    }
}

/// The numbers of the colors, and how far they are on the mean, squared.
fn mapped<'a>(
    palette: &mut Palette,
    pixels: impl Iterator<Item = (&'a [u8; 4], &'a [u8; 4])>,
    is_drawn: impl Fn((&'a [u8; 4], &'a [u8; 4])) -> bool,
) -> (Vec<u8>, f64) {
    let clear = u8::try_from(palette.colors().len()).unwrap_or(u8::MAX);
    let (mut far, mut count) = (0_u64, 0_u64);
    let indices = pixels
        .map(|(before, after)| {
            if !is_drawn((before, after)) {
                return clear;
            }
            let [red, green, blue, _] = *after;
            let (index, distance) = palette.nearest([red, green, blue]);
            far += u64::from(distance);
            count += 1;
            index
        })
        .collect();
    #[expect(clippy::cast_precision_loss, reason = "a mean of a few millions of bytes")]
    let mean = far as f64 / count.max(1) as f64;
    (indices, mean)
}

fn fault(error: EncodingError) -> Error {
    failed(Format::Gif, error)
}
