//! PNG by the `png` crate: of 8 bits a channel in its fast mode, a tenth of the time of the
//! usual one for a third more bytes, or with a palette.

use std::io::{self, Write};

use domain::plan::{Format, Plan};
use png::{BitDepth, ColorType, Compression, Encoder, EncodingError, Filter};

use super::{failed, is_soft};
use crate::Error;
use crate::job::Held;
use crate::pixels::{Channels, Pixels};
use crate::quantize::Palette;

/// Bytes that are written, or compressed, at once.
const CHUNK_BYTES: usize = 64 << 10;

pub(super) fn encode(pixels: &Pixels) -> Result<Vec<u8>, Error> {
    // The fast mode makes noise larger than it is.
    let as_it_is = pixels.data().len() + pixels.height() + CHUNK_BYTES;
    let compressed = write(pixels, Compression::Fast, as_it_is);
    let pieces = if let Err(EncodingError::LimitsExceeded) = compressed {
        write(pixels, Compression::NoCompression, usize::MAX)
    } else {
        compressed
    };
    Ok(pieces.map_err(|error| failed(Format::Png, error))?.concat())
}

/// The pieces of a file of at most so many bytes.
fn write(pixels: &Pixels, compression: Compression, max_bytes: usize) -> Result<Vec<Vec<u8>>, EncodingError> {
    let mut file = Pieces { pieces: Vec::new(), left: max_bytes };
    let mut encoder = Encoder::new(&mut file, pixels.size().width(), pixels.size().height());
    encoder.set_color(match pixels.channels() {
        Channels::Gray => ColorType::Grayscale,
        Channels::Rgb => ColorType::Rgb,
        Channels::Rgba => ColorType::Rgba,
    });
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(compression);
    let mut writer = encoder.write_header()?;
    let mut stream = writer.stream_writer_with_size(CHUNK_BYTES)?;
    let written = stream.write_all(pixels.data()).and_then(|()| stream.flush());
    drop(stream);
    let finished = written.map_err(EncodingError::from).and_then(|()| writer.finish());
    match finished {
        Err(_) if file.left == 0 => Err(EncodingError::LimitsExceeded),
        finished => finished.map(|()| file.pieces),
    }
}

/// A file that grows without being copied.
struct Pieces {
    pieces: Vec<Vec<u8>>,
    /// Bytes that may still come; 0 once there were more.
    left: usize,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.left < bytes.len() {
            self.left = 0;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        if self.pieces.last().is_none_or(|last| last.len() == last.capacity()) {
            self.pieces.push(Vec::with_capacity(CHUNK_BYTES));
        }
        let Some(last) = self.pieces.last_mut() else { return Ok(0) };
        let count = bytes.len().min(last.capacity() - last.len());
        last.extend_from_slice(bytes.get(..count).unwrap_or(bytes));
        self.left -= count;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A PNG with a palette of at most so many colors, of which one is clear if any pixel is.
pub(super) fn encode_palette(pixels: &Pixels, most: u32) -> Result<Vec<u8>, Error> {
    /// Alpha from which on a pixel is opaque.
    const OPAQUE: u8 = 128;

    let pixels = pixels.clone().widened(Channels::Rgba);
    let (rgba, _) = pixels.data().as_chunks::<4>();
    let is_clear = rgba.iter().any(|[.., alpha]| *alpha < OPAQUE);
    let opaque =
        rgba.iter().filter(|[.., alpha]| *alpha >= OPAQUE).map(|[red, green, blue, _]| [*red, *green, *blue]);
    let mut palette = Palette::of(opaque, most as usize - usize::from(is_clear));
    let mut colors = palette.colors().to_vec();
    let clear = u8::try_from(colors.len()).unwrap_or(u8::MAX);
    if is_clear {
        colors.push([0; 3]);
    }
    let depth = match colors.len() {
        0..=2 => BitDepth::One,
        3..=4 => BitDepth::Two,
        5..=16 => BitDepth::Four,
        _ => BitDepth::Eight,
    };
    let mut index = |pixel: &[u8; 4]| {
        let [red, green, blue, alpha] = *pixel;
        if alpha >= OPAQUE { palette.nearest([red, green, blue]).0 } else { clear }
    };
    let indices: Vec<u8> = rgba.iter().map(&mut index).collect();
    let data = packed(&indices, pixels.width(), depth);
    let mut file = Vec::new();
    let write = |file: &mut Vec<u8>| -> Result<(), EncodingError> {
        let mut encoder = Encoder::new(file, pixels.size().width(), pixels.size().height());
        encoder.set_color(ColorType::Indexed);
        encoder.set_depth(depth);
        encoder.set_palette(colors.as_flattened().to_vec());
        if is_clear {
            let mut alpha = vec![u8::MAX; colors.len()];
            if let Some(last) = alpha.last_mut() {
                *last = 0;
            }
            encoder.set_trns(alpha);
        }
        encoder.set_compression(Compression::Balanced);
        // Neighbours in a palette have nothing to do with each other.
        encoder.set_filter(Filter::NoFilter);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&data)?;
        writer.finish()
    };
    write(&mut file).map_err(|error| failed(Format::Png, error))?;
    Ok(file)
}

/// The picture in four channels, the numbers of its colors as they are and packed, and what
/// they are compressed to.
pub(super) fn palette_peak_bytes(pixels: u64) -> u64 {
    pixels * 11 + (1 << 19)
}

/// Numbers of a few bits, the first of a byte highest, rows filled up to whole bytes.
fn packed(indices: &[u8], width: usize, depth: BitDepth) -> Vec<u8> {
    let bits = depth as usize;
    let per_byte = 8 / bits;
    let bytes = |row: &[u8]| {
        let byte = |indices: &[u8]| {
            let put =
                |byte: u8, (place, index): (usize, &u8)| byte | index << ((per_byte - 1 - place) * bits);
            indices.iter().enumerate().fold(0, put)
        };
        row.chunks(per_byte).map(byte).collect::<Vec<u8>>()
    };
    indices.chunks(width).flat_map(bytes).collect()
}

/// The file in pieces and put together, which has as many bytes as the rows where these are
/// noise. What was blurred is compressed to half or less, and squares to a quarter.
pub(super) fn peak_bytes(held: &Held, plan: &Plan) -> u64 {
    /// From this size of squares on their rows repeat often enough.
    const LARGE_SQUARES: u16 = 4;

    let rows = held.pixels * held.channels + u64::from(held.size.height());
    let has_squares = plan.pixelate.is_some_and(|squares| squares.pixels() >= LARGE_SQUARES);
    let file = if has_squares {
        rows / 4
    } else if is_soft(plan) {
        rows / 2
    } else {
        rows
    };
    // The rows that are filtered, and the pieces that are not full.
    2 * file + file / 16 + (u64::from(held.size.width()) * held.channels * 8) + 4 * CHUNK_BYTES as u64
}
