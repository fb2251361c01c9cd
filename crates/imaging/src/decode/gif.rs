//! GIF by the `gif` crate, which reads the data; the screen that its frames are drawn on
//! is ours.
//!
//! No screen is made before there are pixels for it.

use std::num::NonZeroU64;

use domain::Size;
use domain::plan::Source;
use gif::{ColorOutput, DecodeOptions, Decoder, DisposalMethod, Frame, MemoryLimit, Repeat};

use super::screen::{Disposal, Place, Screen};
use super::{Decoded, Needs, is_nearly_whole};
use crate::Error;
use crate::pixels::Pixels;

/// For what the decoder keeps beside the pixels: a palette and a comment or two.
const MAX_DECODER_BYTES: NonZeroU64 = NonZeroU64::MIN.saturating_add((16 << 20) - 1);

/// The most pixels that one byte of compressed data can stand for: a code has at least
/// nine bits before it can be this long, and gives at most 4096.
const MOST_PIXELS_PER_BYTE: u64 = 4096;

/// Stands for a pixel that no data came for; few pictures have this many colors.
const MISSING: u8 = u8::MAX;

pub(super) fn decode(original: &[u8], source: &Source) -> Result<Decoded, Error> {
    let mut frames = Frames::new(original, source)?;
    if frames.next()?.is_none() {
        return Err(Error::corrupt(source.media_type, "it has no frame"));
    }
    Ok(Decoded { pixels: frames.screen.into_pixels(), reduction: 1, profile: None })
}

/// The frames of a GIF, as they are shown.
pub(crate) struct Frames<'a> {
    decoder: Decoder<&'a [u8]>,
    bytes: u64,
    source: &'a Source,
    screen: Screen,
}

impl<'a> Frames<'a> {
    pub(super) fn new(original: &'a [u8], source: &'a Source) -> Result<Self, Error> {
        let mut options = DecodeOptions::new();
        options.set_color_output(ColorOutput::Indexed);
        options.set_memory_limit(MemoryLimit::Bytes(MAX_DECODER_BYTES));
        options.allow_unknown_blocks(true);
        let decoder = options
            .read_info(original)
            .map_err(|error| Error::corrupt(source.media_type, error.to_string()))?;
        let screen = Screen::new(source.size);
        Ok(Self { decoder, bytes: original.len() as u64, source, screen })
    }

    pub(super) fn pixels(&mut self) -> &mut Pixels {
        self.screen.pixels()
    }

    /// How often it is played; 0 is for ever.
    pub(super) fn plays(&self) -> u32 {
        match self.decoder.repeat() {
            Repeat::Infinite => 0,
            // A file counts how often it is repeated.
            Repeat::Finite(repeats) => u32::from(repeats) + 1,
        }
    }

    /// Shows the next frame; for how many milliseconds. None if there is none.
    pub(super) fn next(&mut self) -> Result<Option<u32>, Error> {
        let corrupt = |reason: &str| Error::corrupt(self.source.media_type, reason);
        let (place, disposal, milliseconds, rows) = match self.decoder.next_frame_info() {
            Ok(Some(frame)) => (place(frame), disposal(frame), u32::from(frame.delay) * 10, Rows::of(frame)),
            Ok(None) => return Ok(None),
            Err(error) => return Err(corrupt(&error.to_string())),
        };
        if place.width == 0 || place.height == 0 {
            return Err(corrupt("a frame without pixels"));
        }
        let pixels = place.width as u64 * place.height as u64;
        if pixels > self.bytes.saturating_mul(MOST_PIXELS_PER_BYTE) {
            return Err(corrupt("the file ends inside a frame"));
        }
        let palette = self.decoder.palette().map_err(|error| corrupt(&error.to_string()))?.to_vec();
        let (palette, _) = palette.as_chunks::<3>();
        // All at once: given a row at a time the decoder loses what it has decoded beyond the
        // row when the data end. What is missing keeps the mark.
        let mut indices = vec![MISSING; place.width.saturating_mul(place.height)];
        let is_whole = self.decoder.fill_buffer(&mut indices).unwrap_or(false);
        let missing = indices.iter().rev().take_while(|index| **index == MISSING).count();
        let done = if is_whole { place.height } else { (indices.len() - missing) / place.width };
        if done > 0 {
            self.screen.next(place, disposal);
        }
        for (row, indices) in rows.order(place.height).zip(indices.chunks_exact(place.width)).take(done) {
            let row = Place { top: place.top + row, height: 1, ..place };
            if let Some(to) = self.screen.rows(row).next() {
                rows.draw(to, indices, palette);
            }
        }
        let done = done as u64;
        if is_nearly_whole(done, place.height as u64) {
            Ok(Some(milliseconds))
        } else {
            Err(corrupt("the file ends inside a frame"))
        }
    }
}

fn place(frame: &Frame<'_>) -> Place {
    let [left, top, width, height] = [frame.left, frame.top, frame.width, frame.height].map(usize::from);
    Place { left, top, width, height }
}

fn disposal(frame: &Frame<'_>) -> Disposal {
    match frame.dispose {
        DisposalMethod::Any | DisposalMethod::Keep => Disposal::Keep,
        DisposalMethod::Background => Disposal::Clear,
        DisposalMethod::Previous => Disposal::Restore,
    }
}

/// How the rows of a frame come.
struct Rows {
    is_interlaced: bool,
    transparent: Option<u8>,
}

impl Rows {
    fn of(frame: &Frame<'_>) -> Self {
        Self { is_interlaced: frame.interlaced, transparent: frame.transparent }
    }

    /// The rows in the order in which they are stored.
    fn order(&self, height: usize) -> impl Iterator<Item = usize> + use<> {
        let passes: &'static [(usize, usize)] =
            if self.is_interlaced { &[(0, 8), (4, 8), (2, 4), (1, 2)] } else { &[(0, 1)] };
        passes.iter().flat_map(move |&(first, step)| (first..height).step_by(step))
    }

    /// Draws one row; colors that the palette does not have are clear.
    fn draw(&self, to: &mut [u8], indices: &[u8], palette: &[[u8; 3]]) {
        for (to, index) in to.as_chunks_mut::<4>().0.iter_mut().zip(indices) {
            if Some(*index) != self.transparent
                && let Some(&[red, green, blue]) = palette.get(usize::from(*index))
            {
                *to = [red, green, blue, u8::MAX];
            }
        }
    }
}

/// Whether a second frame begins, behind the data of the first.
pub(crate) fn has_second_frame(original: &[u8]) -> bool {
    let mut options = DecodeOptions::new();
    options.set_memory_limit(MemoryLimit::Bytes(MAX_DECODER_BYTES));
    options.skip_frame_decoding(true);
    options.allow_unknown_blocks(true);
    let Ok(mut decoder) = options.read_info(original) else { return true };
    (0..2).all(|_| !matches!(decoder.next_frame_info(), Ok(None)))
}

/// The screen, what it was before if a frame is taken away again, and the numbers of the
/// colors of a frame. If the first frame fills the screen and nothing of it is said to be
/// clear, the picture has three channels in the buffer of four.
pub(super) fn needs(original: Option<&[u8]>, size: Size) -> Needs {
    let (mut is_kept, mut channels) = (false, 4);
    if let Some(original) = original {
        let mut options = DecodeOptions::new();
        options.set_memory_limit(MemoryLimit::Bytes(MAX_DECODER_BYTES));
        let mut decoder = options.read_info(original).ok();
        if let Some(first) = decoder.as_mut().and_then(|decoder| decoder.next_frame_info().ok().flatten()) {
            is_kept = first.dispose != DisposalMethod::Previous;
            let fills = (u32::from(first.width), u32::from(first.height)) == (size.width(), size.height());
            channels = if fills && first.transparent.is_none() { 3 } else { 4 };
        }
    }
    let needs = Needs::of(size, 4, size.pixels() * if is_kept { 1 } else { 5 });
    Needs { channels, has_profile: false, ..needs }
}
