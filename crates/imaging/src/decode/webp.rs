//! WebP by libwebp.
//!
//! The wrapper decodes an animation whole, every frame into its own canvas. So the first
//! frame is cut out here, decoded as a still image and laid on the canvas.

use domain::Size;
use domain::plan::Source;
use webp::{BitstreamFeatures, Decoder, PixelLayout};

use super::{Decoded, check_size, pixels};
use crate::Error;
use crate::color::MAX_PROFILE_BYTES;
use crate::pixels::{Channels, Pixels};

/// In the flags of the extended header.
const IS_ANIMATED: u8 = 0b0000_0010;
const HAS_ALPHA: u8 = 0b0001_0000;

pub(super) fn decode(original: &[u8], source: &Source) -> Result<Decoded, Error> {
    let corrupt = |reason: &str| Error::corrupt(source.media_type, reason);
    let body = original.get(12..).ok_or_else(|| corrupt("the file ends inside its header"))?;
    let mut chunks = Chunks { rest: body };
    let Some((b"VP8X", [flags, ..])) = chunks.next() else {
        return Ok(Decoded { pixels: still(original, source)?, reduction: 1, profile: None });
    };
    let profile = Chunks { rest: body }
        .take_while(|(name, _)| !matches!(*name, b"VP8 " | b"VP8L" | b"ANMF"))
        .find(|(name, payload)| *name == b"ICCP" && payload.len() <= MAX_PROFILE_BYTES)
        .map(|(_, payload)| payload.to_vec());
    let pixels = if flags & IS_ANIMATED == 0 {
        still(original, source)?
    } else {
        let frame = chunks.find(|(name, _)| *name == b"ANMF");
        let (_, frame) = frame.ok_or_else(|| corrupt("an animation without frames"))?;
        first_frame(frame, source)?
    };
    Ok(Decoded { pixels, reduction: 1, profile })
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

/// Decodes the payload of a frame and lays it on a transparent canvas.
fn first_frame(frame: &[u8], source: &Source) -> Result<Pixels, Error> {
    let corrupt = |reason: &str| Error::corrupt(source.media_type, reason);
    let Some((&[x0, x1, x2, y0, y1, y2, w0, w1, w2, h0, h1, h2, ..], body)) = frame.split_first_chunk::<16>()
    else {
        return Err(corrupt("a frame that ends inside its header"));
    };
    let number = |low, middle, high| u32::from_le_bytes([low, middle, high, 0]);
    // Offsets are stored halved, sides less one.
    let (left, top) = (number(x0, x1, x2) * 2, number(y0, y1, y2) * 2);
    let (width, height) = (number(w0, w1, w2) + 1, number(h0, h1, h2) + 1);
    let size = Size::new(width, height).ok_or_else(|| corrupt("a frame without pixels"))?;
    if left + width > source.size.width() || top + height > source.size.height() {
        return Err(corrupt("a frame that reaches out of the canvas"));
    }
    let picture = still(&as_file(body, size), &Source { size, ..*source })?;
    if size == source.size {
        return Ok(picture);
    }
    let picture = picture.widened(Channels::Rgba);
    let mut canvas = Pixels::zeroed(source.size, Channels::Rgba);
    let stride = canvas.stride();
    let rows = canvas.data_mut().chunks_exact_mut(stride).skip(top as usize);
    for (to, from) in rows.zip(picture.data().chunks_exact(picture.stride())) {
        if let Some(to) = to.get_mut(left as usize * 4..).and_then(|to| to.get_mut(..from.len())) {
            to.copy_from_slice(from);
        }
    }
    Ok(canvas)
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
