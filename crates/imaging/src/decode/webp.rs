//! WebP by libwebp.
//!
//! The wrapper decodes an animation whole, every frame into its own canvas. So frames are
//! cut out here, decoded as still images and laid on the screen.

use domain::Size;
use domain::plan::Source;
use webp::{BitstreamFeatures, BitstreamFormat, Decoder, PixelLayout};

use super::screen::{Disposal, Place, Screen};
use super::{Decoded, Needs, check_size, pixels};
use crate::Error;
use crate::color::MAX_PROFILE_BYTES;
use crate::deep::{Samples, fitting};
use crate::pixels::{Channels, Pixels};

/// In the flags of the extended header.
const IS_ANIMATED: u8 = 0b0000_0010;
const HAS_ALPHA: u8 = 0b0001_0000;
/// In the flags of a frame.
const IS_NOT_BLENDED: u8 = 0b0000_0010;
const IS_CLEARED: u8 = 0b0000_0001;

pub(super) fn decode(original: &[u8], source: &Source) -> Result<Decoded, Error> {
    let corrupt = |reason: &str| Error::corrupt(source.media_type, reason);
    let body = original.get(12..).ok_or_else(|| corrupt("the file ends inside its header"))?;
    let mut chunks = Chunks { rest: body };
    let Some((b"VP8X", [flags, ..])) = chunks.next() else {
        return Ok(Decoded { pixels: still(original, source)?, reduction: 1, profile: None });
    };
    if flags & IS_ANIMATED == 0 {
        let profile = fitting(profile(body), Samples::Rgba);
        return Ok(Decoded { pixels: still(original, source)?, reduction: 1, profile });
    }
    let mut frames = Frames::new(original, source)?;
    if frames.next()?.is_none() {
        return Err(corrupt("an animation without frames"));
    }
    Ok(Decoded { pixels: frames.screen.into_pixels(), reduction: 1, profile: frames.profile })
}

fn still(file: &[u8], source: &Source) -> Result<Pixels, Error> {
    let corrupt = || Error::corrupt(source.media_type, "its pixel data are damaged or end too early");
    let features = BitstreamFeatures::new(file).ok_or_else(corrupt)?;
    check_size(source, features.width().into(), features.height().into())?;
    let image = Decoder::new(file).decode().ok_or_else(corrupt)?;
    let channels = match image.layout() {
        PixelLayout::Rgb => Channels::Rgb,
        PixelLayout::Rgba => Channels::Rgba,
    };
    pixels(source, channels, image.to_vec())
}

/// What libwebp decoded, and a copy of it; before that, beside the first, what it holds of a
/// picture without loss or of alpha. The frames of an animation are laid on a screen.
pub(super) fn needs(original: Option<&[u8]>, size: Size) -> Needs {
    let features = original.and_then(BitstreamFeatures::new).filter(|features| !features.has_animation());
    match features {
        Some(features) if features.has_alpha() => Needs::of(size, 4, size.pixels() * 5),
        Some(features) if matches!(features.format(), Some(BitstreamFormat::Lossy)) => {
            Needs::of(size, 3, size.pixels() * 3)
        }
        Some(_) => Needs::of(size, 3, size.pixels() * 5),
        None => Needs::of(size, 4, size.pixels() * 8),
    }
}

/// The frames of an animation, as they are shown.
pub(crate) struct Frames<'a> {
    chunks: Chunks<'a>,
    source: &'a Source,
    screen: Screen,
    plays: u32,
    profile: Option<Vec<u8>>,
}

impl<'a> Frames<'a> {
    pub(super) fn new(original: &'a [u8], source: &'a Source) -> Result<Self, Error> {
        let body = original.get(12..);
        let body =
            body.ok_or_else(|| Error::corrupt(source.media_type, "the file ends inside its header"))?;
        let plays = match (Chunks { rest: body }).find(|(name, _)| *name == b"ANIM") {
            Some((_, &[_, _, _, _, low, high, ..])) => u16::from_le_bytes([low, high]).into(),
            _ => 0,
        };
        let screen = Screen::new(source.size);
        let profile = fitting(profile(body), Samples::Rgba);
        Ok(Self { chunks: Chunks { rest: body }, source, screen, plays, profile })
    }

    pub(super) fn pixels(&mut self) -> &mut Pixels {
        self.screen.pixels()
    }

    /// How often it is played; 0 is for ever.
    pub(super) fn plays(&self) -> u32 {
        self.plays
    }

    pub(super) fn profile(&self) -> Option<&[u8]> {
        self.profile.as_deref()
    }

    /// Shows the next frame; for how many milliseconds. None if there is none.
    pub(super) fn next(&mut self) -> Result<Option<u32>, Error> {
        let corrupt = |reason: &str| Error::corrupt(self.source.media_type, reason);
        let Some((_, frame)) = self.chunks.find(|(name, _)| *name == b"ANMF") else { return Ok(None) };
        let Some((&[x0, x1, x2, y0, y1, y2, w0, w1, w2, h0, h1, h2, t0, t1, t2, flags], body)) =
            frame.split_first_chunk::<16>()
        else {
            return Err(corrupt("a frame that ends inside its header"));
        };
        let number = |low, middle, high| u32::from_le_bytes([low, middle, high, 0]);
        // Offsets are stored halved, sides less one.
        let (left, top) = (number(x0, x1, x2) * 2, number(y0, y1, y2) * 2);
        let (width, height) = (number(w0, w1, w2) + 1, number(h0, h1, h2) + 1);
        let size = Size::new(width, height).ok_or_else(|| corrupt("a frame without pixels"))?;
        if left + width > self.source.size.width() || top + height > self.source.size.height() {
            return Err(corrupt("a frame that reaches out of the canvas"));
        }
        let picture = still(&as_file(body, size), &Source { size, ..*self.source })?.widened(Channels::Rgba);
        let [left, top, width, height] = [left, top, width, height].map(|side| side as usize);
        let place = Place { left, top, width, height };
        let disposal = if flags & IS_CLEARED == 0 { Disposal::Keep } else { Disposal::Clear };
        self.screen.next(place, disposal);
        self.screen.draw(&picture, place, flags & IS_NOT_BLENDED == 0);
        Ok(Some(number(t0, t1, t2)))
    }
}

/// The profile in front of the pixels.
fn profile(body: &[u8]) -> Option<Vec<u8>> {
    Chunks { rest: body }
        .take_while(|(name, _)| !matches!(*name, b"VP8 " | b"VP8L" | b"ANMF"))
        .find(|(name, payload)| *name == b"ICCP" && payload.len() <= MAX_PROFILE_BYTES)
        .map(|(_, payload)| payload.to_vec())
}

/// The picture of a frame as a file of its own.
fn as_file(body: &[u8], size: Size) -> Vec<u8> {
    let has_alpha = Chunks { rest: body }.next().is_some_and(|(name, _)| name == b"ALPH");
    let mut chunks = Vec::with_capacity(body.len() + 30);
    if has_alpha {
        let [w0, w1, w2, _] = (size.width() - 1).to_le_bytes();
        let [h0, h1, h2, _] = (size.height() - 1).to_le_bytes();
        chunks.extend(b"VP8X\x0a\0\0\0");
        chunks.extend([HAS_ALPHA, 0, 0, 0, w0, w1, w2, h0, h1, h2]);
    }
    chunks.extend(body);
    let length = u32::try_from(chunks.len() + 4).unwrap_or(u32::MAX);
    [b"RIFF".as_slice(), &length.to_le_bytes(), b"WEBP", &chunks].concat()
}

/// The chunks of a RIFF body. One that the file cuts off is the last, and short.
struct Chunks<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Chunks<'a> {
    type Item = (&'a [u8; 4], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, rest) = self.rest.split_first_chunk::<4>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let payload = rest.get(..length).unwrap_or(rest);
        self.rest = rest.get(length.checked_add(length & 1)?..).unwrap_or_default();
        Some((name, payload))
    }
}
