//! Animated PNG: frames by the `png` crate, put together by our own code, since their number
//! is only known at the end.

use std::io::Write as _;

use domain::Size;
use domain::plan::{Crop, Format};
use png::{BitDepth, ColorType, Compression, Encoder};

use super::{changed, is_same, rows_of};
use crate::Error;
use crate::encode::failed;
use crate::pixels::Pixels;

/// Before the chunks.
const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

pub(crate) struct Writer {
    size: Size,
    plays: u32,
    /// The chunks of all frames but the last.
    frames: Vec<u8>,
    count: u32,
    /// Chunks that tell what comes next are numbered.
    number: u32,
    shown: Option<Pixels>,
    /// The last frame, whose time may grow.
    last: Option<Last>,
}

/// A frame that is not written yet.
struct Last {
    part: Crop,
    milliseconds: u32,
    is_blended: bool,
    data: Vec<u8>,
}

impl Writer {
    pub(super) fn new(size: Size, plays: u32) -> Self {
        Self { size, plays, frames: Vec::new(), count: 0, number: 0, shown: None, last: None }
    }

    pub(super) fn add(&mut self, frame: Pixels, milliseconds: u32) -> Result<(), Error> {
        let part = match &self.shown {
            None => Some(Crop { left: 0, top: 0, size: frame.size() }),
            Some(shown) => changed(shown, &frame),
        };
        let Some(part) = part else {
            if let Some(last) = &mut self.last {
                last.milliseconds = last.milliseconds.saturating_add(milliseconds);
            }
            return Ok(());
        };
        self.write_last();
        let mut data: Vec<[u8; 4]> = rows_of(&frame, part).flatten().copied().collect();
        let is_opaque = data.iter().all(|[.., alpha]| *alpha == u8::MAX);
        let is_blended = is_opaque && self.shown.is_some();
        if let Some(shown) = self.shown.as_ref().filter(|_| is_blended) {
            // What is as it was costs least where it is clear.
            for (pixel, before) in data.iter_mut().zip(rows_of(shown, part).flatten()) {
                if is_same(*before, *pixel) {
                    *pixel = [0; 4];
                }
            }
        }
        let data = compressed(data.as_flattened(), part.size)?;
        self.last = Some(Last { part, milliseconds, is_blended, data });
        self.shown = Some(frame);
        Ok(())
    }

    /// Bytes of the file so far.
    pub(super) fn file_len(&self) -> usize {
        self.frames.len()
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.write_last();
        let mut file = SIGNATURE.to_vec();
        let [width, height] = [self.size.width(), self.size.height()].map(u32::to_be_bytes);
        chunk(&mut file, b"IHDR", &[&width, &height, &[8, 6, 0, 0, 0]]);
        chunk(&mut file, b"acTL", &[&self.count.to_be_bytes(), &self.plays.to_be_bytes()]);
        file.append(&mut self.frames);
        chunk(&mut file, b"IEND", &[]);
        file
    }

    fn write_last(&mut self) {
        let Some(last) = self.last.take() else { return };
        let Crop { left, top, size } = last.part;
        // In milliseconds as far as those can be said, else in seconds.
        let (time, parts) = match u16::try_from(last.milliseconds) {
            Ok(time) => (time, 1000_u16),
            Err(_) => (u16::try_from(last.milliseconds / 1000).unwrap_or(u16::MAX), 1),
        };
        let numbers = [self.number, size.width(), size.height(), left, top].map(u32::to_be_bytes);
        chunk(
            &mut self.frames,
            b"fcTL",
            &[
                numbers.as_flattened(),
                &time.to_be_bytes(),
                &parts.to_be_bytes(),
                &[0, u8::from(last.is_blended)],
            ],
        );
        self.number += 1;
        if self.count == 0 {
            chunk(&mut self.frames, b"IDAT", &[&last.data]);
        } else {
            chunk(&mut self.frames, b"fdAT", &[&self.number.to_be_bytes(), &last.data]);
            self.number += 1;
        }
        self.count += 1;
    }
}

/// A chunk with its checksum.
fn chunk(file: &mut Vec<u8>, name: &[u8; 4], parts: &[&[u8]]) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    file.extend(u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    let mut checksum = crc32fast::Hasher::new();
    for part in [name.as_slice()].iter().chain(parts) {
        checksum.update(part);
        file.extend_from_slice(part);
    }
    file.extend(checksum.finalize().to_be_bytes());
}

/// The compressed rows of a picture, as they stand in the chunks of a PNG.
fn compressed(data: &[u8], size: Size) -> Result<Vec<u8>, Error> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, size.width(), size.height());
    encoder.set_color(ColorType::Rgba);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Fast);
    let fault = |error: png::EncodingError| failed(Format::Png, error);
    let mut writer = encoder.write_header().map_err(fault)?;
    writer.write_image_data(data).map_err(fault)?;
    writer.finish().map_err(fault)?;
    let mut rest = file.get(SIGNATURE.len()..).unwrap_or_default();
    let mut rows = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = u32::from_be_bytes(*length) as usize;
        let payload = after.get(4..).and_then(|after| after.get(..length)).unwrap_or_default();
        if after.starts_with(b"IDAT") {
            rows.write_all(payload).map_err(|error| failed(Format::Png, error))?;
        }
        rest = after.get(length + 8..).unwrap_or_default();
    }
    Ok(rows)
}
