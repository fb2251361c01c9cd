//! BMP in its dialects, and the bitmaps of icons.

use image::Rgba;
use imaging::Error;

use crate::samples::{icon, made, picture, png, try_made};

/// A bitmap's own header of so many bytes, without a file header.
fn header(version: usize, width: i32, height: i32, bits: u16, compression: u32, masks: [u32; 4]) -> Vec<u8> {
    let mut header = (version as u32).to_le_bytes().to_vec();
    header.extend(width.to_le_bytes());
    header.extend(height.to_le_bytes());
    header.extend(1u16.to_le_bytes());
    header.extend(bits.to_le_bytes());
    header.extend(compression.to_le_bytes());
    header.extend([0; 20]);
    header.extend(masks.iter().flat_map(|mask| mask.to_le_bytes()));
    header.resize(version, 0);
    header
}

fn file(header: &[u8], rest: &[u8], pixels: &[u8]) -> Vec<u8> {
    let start = (14 + header.len() + rest.len()) as u32;
    let mut file = b"BM".to_vec();
    file.extend((start + pixels.len() as u32).to_le_bytes());
    file.extend([0; 4]);
    file.extend(start.to_le_bytes());
    [&file, header, rest, pixels].concat()
}

const MASKS: [u32; 4] = [0xff_0000, 0xff00, 0xff, 0xff00_0000];

#[test]
fn alpha_that_was_never_written_is_none() {
    for version in [56, 108, 124] {
        let header = header(version, 4, 2, 32, 3, MASKS);
        let picture = made(&file(&header, b"", &[40, 80, 200, 0].repeat(8)), &[]);
        assert_eq!(*picture.get_pixel(1, 1), Rgba([200, 80, 40, 255]), "version of {version} bytes");
    }
    let header = header(56, 4, 2, 16, 3, [0x7c00, 0x3e0, 0x1f, 0x8000]);
    let pixel = (25u16 << 10 | 10 << 5 | 5).to_le_bytes();
    let picture = made(&file(&header, b"", &pixel.repeat(8)), &[]);
    assert_eq!(*picture.get_pixel(0, 0), Rgba([206, 82, 41, 255]));
}

#[test]
fn alpha_that_was_written_counts() {
    let mut pixels = [40, 80, 200, 128].repeat(8);
    pixels[3] = 0;
    for (header, masks) in
        [(header(56, 4, 2, 32, 3, MASKS), vec![]), (header(40, 4, 2, 32, 6, [0; 4]), MASKS.to_vec())]
    {
        let masks: Vec<u8> = masks.iter().flat_map(|mask| mask.to_le_bytes()).collect();
        let picture = made(&file(&header, &masks, &pixels), &[]);
        assert_eq!(picture.get_pixel(0, 1)[3], 0);
        assert_eq!(*picture.get_pixel(1, 0), Rgba([200, 80, 40, 128]));
    }
    // Without a mask the fourth byte means nothing.
    let picture = made(&file(&header(124, 4, 2, 32, 0, MASKS), b"", &pixels), &[]);
    assert_eq!(*picture.get_pixel(0, 1), Rgba([200, 80, 40, 255]));
}

#[test]
fn what_is_not_read_is_refused_by_name() {
    for (version, bits, compression, name) in [
        (40, 24, 6, "compression 6"),
        (40, 0, 4, "JPEG"),
        (40, 0, 5, "PNG"),
        (64, 1, 3, "Huffman"),
        (40, 32, 11, "CMYK"),
    ] {
        let refused = try_made(&file(&header(version, 4, 2, bits, compression, [0; 4]), b"", &[0; 64]), &[]);
        assert!(
            matches!(&refused, Err(Error::Unsupported { reason, .. }) if reason.contains(name)),
            "{refused:?}"
        );
    }
}

#[test]
fn runs_are_read_in_all_their_depths() {
    let palette: Vec<u8> = (0..16u8).flat_map(|index| [index, index * 2, index * 10, 0]).collect();
    let color = |index: u8| Rgba([index * 10, index * 2, index, 255]);
    // A run of three, one pixel as it is, the end of the row; a step to the right, two pixels.
    let eight = [3, 5, 1, 9, 0, 0, 0, 2, 2, 0, 2, 7, 0, 1];
    let four = [3, 0x55, 1, 0x90, 0, 0, 0, 2, 2, 0, 2, 0x77, 0, 1];
    for (bits, compression, runs) in [(8, 1, eight), (4, 2, four)] {
        let mut header = header(40, 4, 2, bits, compression, [0; 4]);
        header[32..36].copy_from_slice(&16u32.to_le_bytes());
        header.truncate(40);
        let picture = made(&file(&header, &palette, &runs), &[]);
        let row = |y| (0..4).map(|x| *picture.get_pixel(x, y)).collect::<Vec<_>>();
        assert_eq!(row(1), [color(5), color(5), color(5), color(9)], "{bits} bits");
        let clear = Rgba([0; 4]);
        assert_eq!(row(0), [clear, clear, color(7), color(7)], "{bits} bits");
    }
    let runs = [4, 10, 20, 30, 0, 0, 0, 4, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 1];
    let picture = made(&file(&header(64, 4, 2, 24, 4, [0; 4]), b"", &runs), &[]);
    assert_eq!(*picture.get_pixel(3, 1), Rgba([30, 20, 10, 255]));
    assert_eq!(*picture.get_pixel(3, 0), Rgba([12, 11, 10, 255]));
}

#[test]
fn runs_of_nothing_are_no_picture() {
    let header = header(40, 10_000, 10_000, 8, 1, [0; 4]);
    for runs in [&[0, 1][..], &[3, 5], b""] {
        let refused = try_made(&file(&header[..40], &[0; 1024], runs), &[("w", "8")]);
        assert!(matches!(refused, Err(Error::Corrupt { .. })), "{refused:?}");
    }
}

/// An icon's bitmap of 32 × 32, rows from the bottom, with its mask.
fn bitmap(
    bits: u16,
    palette: &[u8],
    pixel: impl Fn(usize) -> Vec<u8>,
    is_masked: impl Fn(usize) -> bool,
) -> Vec<u8> {
    let mut mask = 0u32;
    for x in (0..32).filter(|x| is_masked(*x)) {
        mask |= 1 << (31 - x);
    }
    let row: Vec<u8> = (0..32).flat_map(pixel).collect();
    let header = &header(40, 32, 64, bits, 0, [0; 4])[..40];
    [header, palette, &row.repeat(32), &mask.to_be_bytes().repeat(32)].concat()
}

#[test]
fn the_alpha_of_an_icon_wins_over_its_mask_where_there_is_any() {
    let half = |x: usize| vec![220, 90, 30, [0, 128, 255][(x / 8).min(2)]];
    let alpha_at = |icon: &[u8]| {
        let picture = made(icon, &[]);
        [4, 12, 20, 28].map(|x| picture.get_pixel(x, 16)[3])
    };
    let real = bitmap(32, b"", half, |x| x >= 24);
    assert_eq!(alpha_at(&icon(&real, 32, 32)), [0, 128, 255, 255]);
    let never_written = bitmap(32, b"", |_| vec![220, 90, 30, 0], |x| x >= 24);
    assert_eq!(alpha_at(&icon(&never_written, 32, 32)), [255, 255, 255, 0]);
    let deep = bitmap(24, b"", |_| vec![220, 90, 30], |x| x >= 24);
    assert_eq!(alpha_at(&icon(&deep, 32, 32)), [255, 255, 255, 0]);
    // A directory that lies about the size.
    assert_eq!(alpha_at(&icon(&real, 48, 48)), [0, 128, 255, 255]);
}

#[test]
fn a_png_in_an_icon_may_have_any_depth() {
    let inside = png(image::DynamicImage::ImageRgb8(picture(20, 10)).into_luma8());
    assert_eq!(made(&icon(&inside, 20, 10), &[]), made(&inside, &[]));
}
