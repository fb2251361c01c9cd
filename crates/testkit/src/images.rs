//! Small images made in code.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

/// An opaque picture with edges, gradients and some texture, so that a blur shows.
pub fn picture(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let checker = if (x / 8 + y / 8) % 2 == 0 { 200 } else { 30 };
        let across = u8::try_from(x * 255 / width.max(1)).unwrap_or(255);
        let down = u8::try_from(y * 255 / height.max(1)).unwrap_or(255);
        Rgb([checker, across, down])
    })
}

/// A picture whose left half is opaque and whose right half is clear.
pub fn half_clear(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, _| {
        if x < width / 2 { Rgba([20, 40, 220, 255]) } else { Rgba([255, 0, 0, 0]) }
    })
}

/// The picture in a format.
pub fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(picture(width, height)).write_to(&mut bytes, format).expect("encode a test image");
    bytes.into_inner()
}

/// The picture as a JPEG.
pub fn jpeg(width: u32, height: u32) -> Vec<u8> {
    encoded(width, height, ImageFormat::Jpeg)
}

/// The picture as a PNG.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    encoded(width, height, ImageFormat::Png)
}

/// A PNG with transparency.
pub fn png_with_alpha(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(half_clear(width, height))
        .write_to(&mut bytes, ImageFormat::Png)
        .expect("encode a test image");
    bytes.into_inner()
}

/// A sound PNG of about `bytes` bytes: a small picture followed by a chunk that decoders
/// skip. `seed` makes it differ from others of the same length.
pub fn png_of(bytes: usize, seed: u64) -> Vec<u8> {
    let mut png = png(16, 16);
    // Before the last chunk, IEND, which is 12 bytes long.
    let end = png.split_off(png.len() - 12);
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let filler: Vec<u8> = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    })
    .flatten()
    .take(bytes.saturating_sub(png.len() + 24).max(8))
    .collect();
    let mut chunk = b"saFe".to_vec();
    chunk.extend(&filler);
    png.extend(u32::try_from(filler.len()).expect("a chunk below 4 GiB").to_be_bytes());
    png.extend(&chunk);
    png.extend(crc32(&chunk).to_be_bytes());
    png.extend(end);
    png
}

/// A JPEG that says in Exif how it is to be turned.
pub fn jpeg_with_orientation(width: u32, height: u32, orientation: u8) -> Vec<u8> {
    let mut jpeg = jpeg(width, height);
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    let length = u16::try_from(exif.len() + 2).expect("a short segment");
    let segment = [&[0xFF, 0xE1][..], &length.to_be_bytes(), &exif].concat();
    jpeg.splice(2..2, segment);
    jpeg
}

/// The decoded pixels of an answer.
pub fn decode(bytes: &[u8]) -> DynamicImage {
    image::load_from_memory(bytes).expect("decode an answer")
}

/// The CRC of PNG chunks (PNG specification, annex D), bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}
