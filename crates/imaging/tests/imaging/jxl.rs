//! JPEG XL, written by a lossless encoder.

use std::io::Cursor;

use domain::MediaType;
use image::DynamicImage;
use imaging::{Error, probe};
use zune_core::bit_depth::BitDepth;
use zune_core::colorspace::ColorSpace;
use zune_core::options::EncoderOptions;
use zune_jpegxl::JxlSimpleEncoder;

use crate::samples::{made, picture, source, try_made};

fn jxl(picture: &DynamicImage) -> Vec<u8> {
    let (color, depth) = match picture {
        DynamicImage::ImageLuma8(_) => (ColorSpace::Luma, BitDepth::Eight),
        DynamicImage::ImageRgba8(_) => (ColorSpace::RGBA, BitDepth::Eight),
        DynamicImage::ImageRgb16(_) => (ColorSpace::RGB, BitDepth::Sixteen),
        _ => (ColorSpace::RGB, BitDepth::Eight),
    };
    let options = EncoderOptions::new(picture.width() as usize, picture.height() as usize, color, depth);
    let mut file = Vec::new();
    JxlSimpleEncoder::new(picture.as_bytes(), options).encode(&mut file).unwrap();
    file
}

fn pictures() -> [DynamicImage; 4] {
    let rgb = DynamicImage::ImageRgb8(picture(61, 37));
    let mut clear = rgb.to_rgba8();
    clear.enumerate_pixels_mut().for_each(|(x, _, pixel)| pixel[3] = (x * 4) as u8);
    [rgb.to_luma8().into(), DynamicImage::ImageRgba8(clear), DynamicImage::ImageRgb16(rgb.to_rgb16()), rgb]
}

#[test]
fn a_lossless_picture_comes_back_as_it_was() {
    for picture in pictures() {
        let file = jxl(&picture);
        assert_eq!(probe(Cursor::new(&file)).unwrap(), source(MediaType::Jxl, 61, 37));
        assert_eq!(made(&file, &[]), picture.to_rgba8(), "{:?}", picture.color());
    }
}

#[test]
fn the_size_is_read_in_all_its_spellings() {
    for (width, height) in
        [(64, 64), (8, 256), (320, 240), (1920, 1080), (7, 9), (300, 513), (9000, 2), (256, 128)]
    {
        let file = jxl(&DynamicImage::ImageRgb8(picture(width, height)));
        assert_eq!(probe(Cursor::new(&file)).unwrap(), source(MediaType::Jxl, width, height));
    }
}

#[test]
fn a_container_is_walked_to_the_codestream() {
    let bare = jxl(&DynamicImage::ImageRgb8(picture(61, 37)));
    let named =
        |name: &[u8], payload: &[u8]| [&(payload.len() as u32 + 8).to_be_bytes(), name, payload].concat();
    let start = [&b"\0\0\0\x0cJXL \r\n\x87\n"[..], &named(b"ftyp", b"jxl \0\0\0\0jxl ")].concat();
    let whole = [start.as_slice(), &named(b"Exif", &[0; 90]), &named(b"jxlc", &bare)].concat();
    let (first, second) = bare.split_at(bare.len() / 2);
    let parts = [
        start.as_slice(),
        &named(b"jxlp", &[&[0, 0, 0, 0], first].concat()),
        &named(b"jxlp", &[&[0x80, 0, 0, 1], second].concat()),
    ]
    .concat();
    for file in [whole, parts] {
        assert_eq!(probe(Cursor::new(&file)).unwrap(), source(MediaType::Jxl, 61, 37));
        assert_eq!(made(&file, &[]), made(&bare, &[]));
    }
}

#[test]
fn a_damaged_file_is_an_error_and_never_a_panic() {
    for picture in pictures() {
        let whole = jxl(&picture);
        for length in (0..whole.len()).step_by(17) {
            let cut = &whole[..length];
            if probe(Cursor::new(cut)).is_ok() {
                assert!(
                    matches!(try_made(cut, &[]), Err(Error::Corrupt { .. })),
                    "{length} of {}",
                    whole.len()
                );
            }
        }
        for index in 0..whole.len().min(400) {
            let mut flipped = whole.clone();
            flipped[index] ^= 0x24;
            let Ok(source) = probe(Cursor::new(&flipped)) else { continue };
            if source.size.pixels() < 1_000_000 {
                let result = try_made(&flipped, &[("w", "8"), ("f", "png")]);
                assert!(!matches!(result, Err(Error::Panicked { .. })), "{index}: {result:?}");
            }
        }
    }
}
