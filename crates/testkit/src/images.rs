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

/// A JPEG that lies on its side and whose camera noted what it was, and when and where the
/// picture was taken.
pub fn jpeg_with_notes(width: u32, height: u32) -> Vec<u8> {
    let text = |tag, text: &str| {
        (tag, 2, u32::try_from(text.len() + 1).expect("short"), [text.as_bytes(), &[0]].concat())
    };
    let short = |tag, number: u16| (tag, 3, 1, number.to_le_bytes().to_vec());
    let ratios = |tag, kind, ratios: &[(i32, i32)]| {
        let bytes =
            ratios.iter().flat_map(|(above, below)| [above.to_le_bytes(), below.to_le_bytes()].concat());
        (tag, kind, u32::try_from(ratios.len()).expect("few"), bytes.collect())
    };
    let first = |exif: usize, gps: usize| {
        let pointer = |tag, to: usize| (tag, 4, 1, u32::try_from(to).expect("near").to_le_bytes().to_vec());
        let entries = [
            text(0x010f, "Acme"),
            text(0x0110, "Box 1\u{7}"),
            short(0x0112, 6),
            pointer(0x8769, exif),
            pointer(0x8825, gps),
        ];
        directory(8, &entries)
    };
    let exif_at = 8 + first(0, 0).len();
    let exif = directory(
        exif_at,
        &[
            ratios(0x829a, 5, &[(1, 250)]),
            ratios(0x829d, 5, &[(28, 10)]),
            short(0x8827, 100),
            text(0x9003, "2024:06:01 12:34:56"),
            text(0x9011, "+02:00"),
            ratios(0x9204, 10, &[(-1, 2)]),
            short(0x9209, 1),
            ratios(0x920a, 5, &[(50, 0)]),
            text(0xa434, "Acme 50 mm"),
        ],
    );
    let gps_at = exif_at + exif.len();
    let gps = directory(
        gps_at,
        &[
            text(1, "S"),
            ratios(2, 5, &[(33, 1), (51, 1), (3600, 100)]),
            text(3, "E"),
            ratios(4, 5, &[(151, 1), (12, 1), (0, 1)]),
        ],
    );
    let block = [b"Exif\0\0II*\0\x08\0\0\0", first(exif_at, gps_at).as_slice(), &exif, &gps].concat();
    let length = u16::try_from(block.len() + 2).expect("a short segment");
    let mut jpeg = jpeg(width, height);
    jpeg.splice(2..2, [&[0xFF, 0xE1][..], &length.to_be_bytes(), &block].concat());
    jpeg
}

/// A little-endian directory of a TIFF structure, of tags, kinds, counts and values.
fn directory(at: usize, entries: &[(u16, u16, u32, Vec<u8>)]) -> Vec<u8> {
    let mut fields = u16::try_from(entries.len()).expect("few").to_le_bytes().to_vec();
    let mut values = Vec::new();
    let behind = at + 2 + entries.len() * 12 + 4;
    for (tag, kind, count, value) in entries {
        fields.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
        fields.extend(count.to_le_bytes());
        if value.len() > 4 {
            fields.extend(u32::try_from(behind + values.len()).expect("near").to_le_bytes());
            values.extend(value);
        } else {
            fields.extend(value.iter().copied().chain([0; 4]).take(4));
        }
    }
    fields.extend([0; 4]);
    [fields, values].concat()
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
