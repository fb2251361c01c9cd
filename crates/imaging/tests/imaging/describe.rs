//! What is told of a picture.

use std::io::Cursor;

use domain::plan::Color;
use image::{DynamicImage, Rgba, RgbaImage, imageops};
use imaging::{CameraNotes, Description, Error, Location, describe, probe};
use testkit::images;

use crate::samples::{LIMITS, chunk, exif, jpeg, picture, png, with_chunk};

fn described(original: &[u8]) -> Result<Description, Error> {
    let source = probe(Cursor::new(original)).unwrap();
    describe(original, &source, &LIMITS, &|| true)
}

/// A picture in which no wave is so weak that rounding decides on it.
fn colorful(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, y| {
        let (across, down) = (x * 255 / width, y * 255 / height);
        let green = 255 - (across * down / 255 + (across / 64) * (down / 64) * 9).min(255);
        Rgba([(across * across / 255) as u8, green as u8, (down * (255 - across) / 255) as u8, 255])
    })
}

#[test]
fn the_hashes_are_those_of_the_reference_implementations() {
    for (width, height) in [(100, 75), (75, 100), (60, 60), (100, 7), (9, 100)] {
        let picture = colorful(width, height);
        let found = described(&png(picture.clone())).unwrap();
        let (across, down) = if width >= height { (4, 3) } else { (3, 4) };
        let expected = blurhash::encode(across, down, width, height, picture.as_raw()).unwrap();
        let (head, tail) = (&expected[..2], &expected[6..]);
        assert!(found.blur_hash.starts_with(head) && found.blur_hash.ends_with(tail), "{width}×{height}");
        // It rounds the mean color twice, up to one level too high.
        for (found, expected) in mean(&found.blur_hash).into_iter().zip(mean(&expected)) {
            assert!(expected == found || expected == found + 1, "{width}×{height}: {found} {expected}");
        }
        let mut clear = picture.clone();
        for (x, y, pixel) in clear.enumerate_pixels_mut() {
            pixel[3] = 255 - ((x * 7 + y) % 200) as u8;
        }
        clear.put_pixel(0, 0, Rgba([9, 9, 9, 0]));
        for picture in [picture, clear] {
            let expected = thumbhash::rgba_to_thumb_hash(width as usize, height as usize, picture.as_raw());
            let found = described(&png(picture)).unwrap().thumb_hash;
            assert_eq!(found, expected, "{width}×{height}");
        }
    }
}

/// The mean color in a BlurHash: four digits of base 83.
fn mean(blur_hash: &str) -> [u8; 3] {
    const DIGITS: &str =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";
    let number = blur_hash[2..6].chars().fold(0, |sum, digit| sum * 83 + DIGITS.find(digit).unwrap() as u32);
    let [_, rgb @ ..] = number.to_be_bytes();
    rgb
}

#[test]
fn one_color_is_a_thumb_hash_without_waves() {
    let found = described(&png(RgbaImage::from_pixel(50, 40, Rgba([200, 30, 90, 255])))).unwrap();
    assert_eq!(found.palette, [Color([200, 30, 90])]);
    assert_eq!(mean(&found.blur_hash), [200, 30, 90]);
    assert_eq!(found.thumb_hash[5..], vec![0; found.thumb_hash.len() - 5]);
}

#[test]
fn the_palette_is_the_colors_by_how_much_there_is_of_them() {
    let flag = RgbaImage::from_fn(400, 100, |x, y| match (x, y) {
        (0, 0) => Rgba([0, 255, 0, 255]),
        (0..=99, _) => Rgba([255, 255, 255, 0]),
        (100..=199, _) => Rgba([10, 20, 250, 255]),
        _ => Rgba([250, 10, 10, 255]),
    });
    let found = described(&png(flag)).unwrap();
    assert!(found.has_alpha);
    let near = |one: Color, other: [u8; 3]| one.0.iter().zip(other).all(|(a, b)| a.abs_diff(b) <= 3);
    let [red, blue, ..] = found.palette[..] else { panic!("{:?}", found.palette) };
    assert!(near(red, [250, 10, 10]) && near(blue, [10, 20, 250]), "{:?}", found.palette);
    let clear = described(&png(RgbaImage::new(5, 5))).unwrap();
    assert_eq!((clear.palette, clear.has_alpha), (vec![], true));
}

#[test]
fn a_picture_is_looked_at_upright_and_a_gray_one_too() {
    let picture = picture(90, 40);
    let lying = described(&with_chunk(&png(picture.clone()), b"eXIf", &exif(6))).unwrap();
    let upright = described(&png(DynamicImage::ImageRgb8(imageops::rotate90(&picture)))).unwrap();
    assert_eq!(lying, upright);
    let gray = DynamicImage::ImageRgb8(picture).into_luma8();
    let wide = DynamicImage::ImageLuma8(gray.clone()).into_rgb8();
    assert_eq!(described(&png(gray)).unwrap(), described(&png(wide)).unwrap());
    assert!(!described(&jpeg(&crate::samples::picture(3000, 10))).unwrap().has_alpha);
}

#[test]
fn the_notes_of_a_camera_are_told_where_they_make_sense() {
    let notes = described(&images::jpeg_with_notes(64, 48)).unwrap().notes;
    let text = |text: &str| Some(text.to_owned());
    let expected = CameraNotes {
        make: text("Acme"),
        model: text("Box 1"),
        lens: text("Acme 50 mm"),
        taken: text("2024-06-01T12:34:56+02:00"),
        exposure_seconds: Some(0.004),
        aperture: Some(2.8),
        iso: Some(100),
        exposure_bias: Some(-0.5),
        flash: Some(true),
        location: Some(Location { latitude: -33.86, longitude: 151.2, altitude: None }),
        ..CameraNotes::default()
    };
    assert_eq!(notes, expected, "a focal length of 50/0 makes none");
    let bare = described(&jpeg(&picture(8, 8))).unwrap().notes;
    assert_eq!(bare, CameraNotes::default());
}

#[test]
fn no_damage_to_the_notes_costs_the_picture() {
    let file = images::jpeg_with_notes(16, 16);
    let length = usize::from(u16::from_be_bytes([file[4], file[5]]));
    // From behind the byte order mark to the end of the block.
    for at in 16..4 + length {
        for value in [0, 0x7f, 0xff] {
            let mut damaged = file.clone();
            damaged[at] = value;
            assert!(described(&damaged).is_ok(), "{value} at {at}");
        }
    }
}

#[test]
fn a_damaged_picture_and_a_stop_are_told() {
    let file = png(picture(30, 30));
    let cut = [&file[..60], &chunk(b"IEND", b"")].concat();
    assert!(matches!(described(&cut), Err(Error::Corrupt { .. })));
    let source = probe(Cursor::new(&file)).unwrap();
    assert_eq!(describe(&file, &source, &LIMITS, &|| false), Err(Error::Stopped));
}
