//! Animated WebP: frames by libwebp, put together by our own code.
//!
//! The library's own way keeps every frame until the end, and guesses how long the last one
//! is shown.

use domain::Size;
use domain::plan::{Crop, Format};
use webp::{Encoder, PixelLayout};

use super::{changed, is_same, rows_of};
use crate::Error;
use crate::encode::failed;
use crate::encode::webp::config;
use crate::pixels::Pixels;

/// Sides of the squares that are left out where nothing in them has changed.
const BLOCK: usize = 8;
/// From how many of a hundred squares on leaving some out saves no more than it costs.
const MOST_CHANGED: usize = 70;
/// The longest time that a frame can say, in milliseconds.
const MAX_MILLISECONDS: u32 = (1 << 24) - 1;

/// In the flags of the file.
const HAS_ALPHA: u8 = 0b0001_0000;
const IS_ANIMATED: u8 = 0b0000_0010;
/// In the flags of a frame: it replaces what is behind it.
const NO_BLEND: u8 = 0b0000_0010;

/// Where the flags of the file stand: behind the headers of the file and of their chunk.
const FLAGS: usize = 20;

pub(crate) struct Writer {
    file: Vec<u8>,
    quality: Option<u8>,
    shown: Option<Pixels>,
    /// Where the time of the last frame stands.
    time_at: usize,
    milliseconds: u32,
}

impl Writer {
    pub(super) fn new(size: Size, plays: u32, quality: Option<u8>) -> Self {
        let mut file = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0".to_vec();
        file.extend([IS_ANIMATED, 0, 0, 0]);
        file.extend(triple(size.width() - 1));
        file.extend(triple(size.height() - 1));
        file.extend(b"ANIM\x06\0\0\0\0\0\0\0");
        file.extend(u16::try_from(plays).unwrap_or(u16::MAX).to_le_bytes());
        Self { file, quality, shown: None, time_at: 0, milliseconds: 0 }
    }

    pub(super) fn add(&mut self, frame: Pixels, milliseconds: u32) -> Result<(), Error> {
        let part = match &self.shown {
            None => Some(Crop { left: 0, top: 0, size: frame.size() }),
            Some(shown) => changed(shown, &frame),
        };
        let Some(part) = part.map(even) else {
            // The same picture for longer.
            self.milliseconds = self.milliseconds.saturating_add(milliseconds).min(MAX_MILLISECONDS);
            let time = triple(self.milliseconds);
            if let Some(place) = self.file.get_mut(self.time_at..self.time_at + 3) {
                place.copy_from_slice(&time);
            }
            return Ok(());
        };
        let (data, flags) = self.part_of(&frame, part);
        let chunks = encoded(&data, part.size, self.quality)?;
        if (chunks.starts_with(b"ALPH") || chunks.starts_with(b"VP8L"))
            && let Some(file_flags) = self.file.get_mut(FLAGS)
        {
            *file_flags |= HAS_ALPHA;
        }
        let length =
            u32::try_from(chunks.len() + 16).map_err(|_| failed(Format::Webp, "a frame of 4 GiB"))?;
        self.milliseconds = milliseconds.min(MAX_MILLISECONDS);
        self.file.extend(b"ANMF");
        self.file.extend(length.to_le_bytes());
        // Places are stored halved, sides less one.
        self.file.extend(triple(part.left / 2));
        self.file.extend(triple(part.top / 2));
        self.file.extend(triple(part.size.width() - 1));
        self.file.extend(triple(part.size.height() - 1));
        self.time_at = self.file.len();
        self.file.extend(triple(self.milliseconds));
        self.file.push(flags);
        self.file.extend(chunks);
        self.shown = Some(frame);
        Ok(())
    }

    /// Bytes of the file so far.
    pub(super) fn file_len(&self) -> usize {
        self.file.len()
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        // What comes of more than four gigabytes is refused by its budget long before.
        let length = u32::try_from(self.file.len() - 8).unwrap_or(u32::MAX).to_le_bytes();
        if let Some(place) = self.file.get_mut(4..8) {
            place.copy_from_slice(&length);
        }
        self.file
    }

    /// The pixels of the part that has changed, and how they are laid on what is shown:
    /// squares without a change are clear, if that saves bytes and the picture is opaque.
    fn part_of(&self, frame: &Pixels, part: Crop) -> (Vec<u8>, u8) {
        let mut data: Vec<u8> = rows_of(frame, part).flatten().flatten().copied().collect();
        let is_opaque = frame.data().as_chunks::<4>().0.iter().all(|[.., alpha]| *alpha == u8::MAX);
        let Some(shown) = self.shown.as_ref().filter(|_| is_opaque) else { return (data, NO_BLEND) };
        let width = part.size.width() as usize;
        let (across, down) = (width.div_ceil(BLOCK), (part.size.height() as usize).div_ceil(BLOCK));
        let mut is_changed = vec![false; across * down];
        for (y, (before, after)) in rows_of(shown, part).zip(rows_of(frame, part)).enumerate() {
            for (x, (before, after)) in before.iter().zip(after).enumerate() {
                if !is_same(*before, *after)
                    && let Some(block) = is_changed.get_mut(y / BLOCK * across + x / BLOCK)
                {
                    *block = true;
                }
            }
        }
        let count = is_changed.iter().filter(|changed| **changed).count();
        if count * 100 >= is_changed.len() * MOST_CHANGED {
            return (data, NO_BLEND);
        }
        for (index, pixel) in data.as_chunks_mut::<4>().0.iter_mut().enumerate() {
            let block = index / width / BLOCK * across + index % width / BLOCK;
            if !is_changed.get(block).copied().unwrap_or(true) {
                let [.., alpha] = pixel;
                *alpha = 0;
            }
        }
        (data, 0)
    }
}

/// The same or a larger part that begins at even places, which are all that can be said.
fn even(part: Crop) -> Crop {
    let (left, top) = (part.left & !1, part.top & !1);
    let (width, height) = (part.size.width() + part.left - left, part.size.height() + part.top - top);
    Size::new(width, height).map_or(part, |size| Crop { left, top, size })
}

/// A number of three bytes.
fn triple(number: u32) -> [u8; 3] {
    let [low, middle, high, _] = number.to_le_bytes();
    [low, middle, high]
}

/// The chunks of a picture, alpha first.
fn encoded(data: &[u8], size: Size, quality: Option<u8>) -> Result<Vec<u8>, Error> {
    let config = config(quality)?;
    let is_opaque = data.as_chunks::<4>().0.iter().all(|[.., alpha]| *alpha == u8::MAX);
    let rgb: Vec<u8>;
    let (pixels, layout) = if is_opaque {
        rgb =
            data.as_chunks::<4>().0.iter().flat_map(|[red, green, blue, _]| [*red, *green, *blue]).collect();
        (rgb.as_slice(), PixelLayout::Rgb)
    } else {
        (data, PixelLayout::Rgba)
    };
    let encoder = Encoder::new(pixels, layout, size.width(), size.height());
    let file =
        encoder.encode_advanced(&config).map_err(|error| failed(Format::Webp, format!("{error:?}")))?;
    let body = file.get(12..).unwrap_or_default();
    // With alpha there is a header of the whole file first.
    let chunks = if body.starts_with(b"VP8X") { body.get(18..) } else { Some(body) };
    let chunks = chunks.filter(|chunks| !chunks.is_empty());
    Ok(chunks.ok_or_else(|| failed(Format::Webp, "an empty frame"))?.to_vec())
}
