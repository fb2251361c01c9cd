//! PNG by the `png` crate: row by row, palettes and color keys expanded, 16 bits converted
//! before they become 8; of an animation the default picture.

mod space;

use std::io::Cursor;

use domain::Size;
use domain::plan::Source;
use png::{
    BitDepth, BlendOp, ColorType, Decoder, DecodingError, DisposeOp, InterlaceInfo, Limits, Reader,
    Transformations,
};

use super::screen::{Disposal, Place, Screen};
use super::{Decoded, Needs, check_size, is_nearly_whole};
use crate::Error;
use crate::deep::{Deep, Samples, fitting};
use crate::pixels::{Channels, Pixels};

/// For chunks that are kept. A compressed profile that inflates beyond it is dropped by
/// the decoder, so that a profile of a gigabyte costs no more than this.
const MAX_CHUNK_BYTES: usize = 16 << 20;

/// What a byte of deflate stands for at most: two bits for 258 bytes.
const MOST_BYTES_PER_BYTE: u64 = 1032;

pub(super) fn decode(original: &[u8], source: &Source) -> Result<Decoded, Error> {
    let mut reader = PngReader::new(original, source)?;
    let pixels = reader.picture(source.size)?;
    Ok(Decoded { pixels, reduction: 1, profile: reader.profile })
}

/// A PNG whose header is read.
struct PngReader<'a> {
    reader: Reader<Cursor<&'a [u8]>>,
    source: &'a Source,
    samples: Samples,
    is_deep: bool,
    /// What becomes of samples that cannot wait for the profile.
    deep: Option<Deep>,
    /// The profile that the pixels are in when they come out.
    profile: Option<Vec<u8>>,
}

impl<'a> PngReader<'a> {
    fn new(original: &'a [u8], source: &'a Source) -> Result<Self, Error> {
        let corrupt = |reason: String| Error::corrupt(source.media_type, reason);
        let limits = Limits { bytes: MAX_CHUNK_BYTES };
        let mut decoder = Decoder::new_with_limits(Cursor::new(original), limits);
        decoder.set_transformations(Transformations::EXPAND);
        decoder.set_ignore_text_chunk(true);
        let reader = decoder.read_info().map_err(|error| corrupt(reason(&error)))?;
        let info = reader.info();
        check_size(source, info.width.into(), info.height.into())?;
        if info.raw_bytes() as u64 > (original.len() as u64).saturating_mul(MOST_BYTES_PER_BYTE) {
            return Err(corrupt("the file ends too early".to_owned()));
        }
        let (color, depth) = reader.output_color_type();
        let samples = match color {
            ColorType::Grayscale => Samples::Gray,
            ColorType::GrayscaleAlpha => Samples::GrayAlpha,
            ColorType::Rgb => Samples::Rgb,
            ColorType::Rgba => Samples::Rgba,
            ColorType::Indexed => return Err(corrupt("its palette was not expanded".to_owned())),
        };
        let profile = fitting(space::profile(info), samples);
        let is_deep = depth == BitDepth::Sixteen;
        let deep = match space::tone_map(info) {
            Some(map) => Some(Deep::OfLight(map)),
            None => is_deep.then(|| Deep::new(profile.as_deref(), samples)),
        };
        let profile = profile.filter(|_| deep.is_none());
        Ok(Self { reader, source, samples, is_deep, deep, profile })
    }

    /// The picture of this size that comes next, whose rows may lack the last of a hundred.
    fn picture(&mut self, size: Size) -> Result<Pixels, Error> {
        let (samples, channels) = (self.samples, self.samples.channels());
        // The canvas is made once there is a row for it.
        let mut canvas: Option<Pixels> = None;
        let mut row = vec![0; size.width() as usize * channels.count()];
        let mut wide = Vec::new();
        let mut done = 0;
        let ended = loop {
            let stored = match self.reader.next_interlaced_row() {
                Ok(Some(stored)) => stored,
                // What stands behind the last row is no part of the picture.
                Ok(None) => break None,
                Err(_) if done == size.pixels() => break None,
                Err(error) => break Some(error),
            };
            let count = stored.data().len() / samples.count() / if self.is_deep { 2 } else { 1 };
            let to = row.get_mut(..count * channels.count()).unwrap_or_default();
            if let Some(deep) = &self.deep {
                widen(stored.data(), self.is_deep, &mut wide);
                deep.convert(&wide, samples, to);
            } else {
                copy(stored.data(), samples, to);
            }
            let canvas = canvas.get_or_insert_with(|| Pixels::zeroed(size, channels));
            let stride = canvas.stride();
            match stored.interlace() {
                InterlaceInfo::Null(_) => {
                    let place = usize::try_from(done).unwrap_or(usize::MAX).saturating_mul(channels.count());
                    let place = canvas.data_mut().get_mut(place..).and_then(|at| at.get_mut(..to.len()));
                    if let Some(place) = place {
                        place.copy_from_slice(to);
                    }
                }
                InterlaceInfo::Adam7(pass) => {
                    let bits = u8::try_from(channels.count() * 8).unwrap_or(8);
                    png::expand_interlaced_row(canvas.data_mut(), stride, to, pass, bits);
                }
            }
            done += count as u64;
        };
        match (canvas, ended) {
            (Some(pixels), None) => Ok(pixels),
            (Some(pixels), Some(_)) if is_nearly_whole(done, size.pixels()) => Ok(pixels),
            (_, Some(error)) => Err(Error::corrupt(self.source.media_type, reason(&error))),
            (None, None) => Err(Error::corrupt(self.source.media_type, "it has no rows")),
        }
    }
}

/// The frames of an animation, as they are shown.
pub(crate) struct Frames<'a> {
    png: PngReader<'a>,
    screen: Screen,
    plays: u32,
    /// Whether a frame was asked for already.
    is_under_way: bool,
    left: u32,
}

impl<'a> Frames<'a> {
    pub(super) fn new(original: &'a [u8], source: &'a Source) -> Result<Self, Error> {
        let png = PngReader::new(original, source)?;
        let control = png.reader.info().animation_control;
        let (left, plays) = control.map_or((1, 1), |control| (control.num_frames, control.num_plays));
        Ok(Self { png, screen: Screen::new(source.size), plays, is_under_way: false, left })
    }

    pub(super) fn pixels(&mut self) -> &mut Pixels {
        self.screen.pixels()
    }

    /// How often it is played; 0 is for ever.
    pub(super) fn plays(&self) -> u32 {
        self.plays
    }

    pub(super) fn profile(&self) -> Option<&[u8]> {
        self.png.profile.as_deref()
    }

    /// Shows the next frame; for how many milliseconds. None if there is none.
    pub(super) fn next(&mut self) -> Result<Option<u32>, Error> {
        let media_type = self.png.source.media_type;
        let fault = |error: DecodingError| Error::corrupt(media_type, reason(&error));
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        // A default picture that nothing was said of before is no frame.
        let is_first = !self.is_under_way && self.png.reader.info().frame_control.is_some();
        self.is_under_way = true;
        let control = if is_first {
            self.png.reader.info().frame_control
        } else {
            Some(*self.png.reader.next_frame_info().map_err(fault)?)
        };
        let control = control.ok_or_else(|| Error::corrupt(media_type, "it has no frame"))?;
        let [left, top, width, height] =
            [control.x_offset, control.y_offset, control.width, control.height].map(|side| side as usize);
        let size = Size::new(control.width, control.height);
        let size = size.ok_or_else(|| Error::corrupt(media_type, "a frame without pixels"))?;
        let picture = self.png.picture(size)?.widened(Channels::Rgba);
        let place = Place { left, top, width, height };
        self.screen.next(
            place,
            match control.dispose_op {
                DisposeOp::None => Disposal::Keep,
                DisposeOp::Background => Disposal::Clear,
                // There is nothing before the first frame to go back to.
                DisposeOp::Previous if is_first => Disposal::Clear,
                DisposeOp::Previous => Disposal::Restore,
            },
        );
        self.screen.draw(&picture, place, control.blend_op == BlendOp::Over);
        let parts = if control.delay_den == 0 { 100 } else { u32::from(control.delay_den) };
        Ok(Some(u32::from(control.delay_num) * 1000 / parts))
    }
}

/// Samples of 8 or of 16 bits as such of 16.
fn widen(row: &[u8], is_deep: bool, to: &mut Vec<u16>) {
    to.clear();
    if is_deep {
        to.extend(row.as_chunks::<2>().0.iter().map(|bytes| u16::from_be_bytes(*bytes)));
    } else {
        to.extend(row.iter().map(|byte| u16::from(*byte) * 257));
    }
}

/// Samples of 8 bits as they are, gray with alpha as four channels.
fn copy(row: &[u8], samples: Samples, to: &mut [u8]) {
    if samples == Samples::GrayAlpha {
        for (to, [gray, alpha]) in to.as_chunks_mut::<4>().0.iter_mut().zip(row.as_chunks().0) {
            *to = [*gray, *gray, *gray, *alpha];
        }
    } else {
        to.iter_mut().zip(row).for_each(|(to, from)| *to = *from);
    }
}

fn reason(error: &DecodingError) -> String {
    if let DecodingError::IoError(error) = error
        && error.kind() == std::io::ErrorKind::UnexpectedEof
    {
        return "the file ends too early".to_owned();
    }
    error.to_string()
}

/// Pixels; what they are made of is read row by row, in 16 bits if need be.
pub(super) fn needs(original: Option<&[u8]>, source: &Source) -> Needs {
    let png = original.and_then(|original| PngReader::new(original, source).ok());
    let channels = png.as_ref().map_or(4, |png| png.samples.channels().count() as u64);
    let needs = Needs::of(source.size, channels, u64::from(source.size.width()) * 24);
    Needs { has_profile: png.is_none_or(|png| png.profile.is_some()), ..needs }
}
