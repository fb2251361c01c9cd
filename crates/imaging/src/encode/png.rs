//! PNG by the `png` crate: of 8 bits a channel in its fast mode, a tenth of the time of the
//! usual one for a third more bytes, or with a palette.

use domain::plan::Format;
use png::{BitDepth, ColorType, Compression, Encoder, EncodingError, Filter};

use super::failed;
use crate::Error;
use crate::job::Held;
use crate::pixels::{Channels, Pixels};
use crate::quantize::Palette;

pub(super) fn encode(pixels: &Pixels) -> Result<Vec<u8>, Error> {
    let mut file = Vec::new();
    let write = |file: &mut Vec<u8>| -> Result<(), EncodingError> {
        let mut encoder = Encoder::new(file, pixels.size().width(), pixels.size().height());
        encoder.set_color(match pixels.channels() {
            Channels::Gray => ColorType::Grayscale,
            Channels::Rgb => ColorType::Rgb,
            Channels::Rgba => ColorType::Rgba,
        });
        encoder.set_depth(BitDepth::Eight);
        encoder.set_compression(Compression::Fast);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(pixels.data())?;
        writer.finish()
    };
    write(&mut file).map_err(|error| failed(Format::Png, error))?;
    Ok(file)
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
    pixels * 10
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

/// The compressed rows, which may take twice their length, beside the file, which takes three
/// times as much where it doubles; noise is not compressed at all. What was blurred is, to
/// half or less.
pub(super) fn peak_bytes(held: &Held, is_soft: bool) -> u64 {
    let rows = held.pixels * held.channels + u64::from(held.size.height());
    if is_soft { rows * 5 / 2 } else { rows * 5 }
}
