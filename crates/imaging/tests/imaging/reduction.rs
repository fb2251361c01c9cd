//! A JPEG that is decoded at a fraction of its size becomes the same picture.
//!
//! What it is compared to comes from a PNG of its pixels, which is always decoded whole. The pictures have no detail finer than the results, so that a shift by half a
//! pixel of the original costs 10 dB, and light against samples hardly anything.

use image::{DynamicImage, GrayImage, Rgb, RgbImage, RgbaImage};
use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

use crate::samples::{exif, made, png, with_chunk, with_exif};

/// Waves that differ along both sides and in each color, up to the edges.
#[expect(clippy::cast_sign_loss, reason = "18 to 238")]
fn waves(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let (x, y) = (f64::from(x) + 0.5, f64::from(y) + 0.5);
        let wave =
            |across: f64, down: f64| (128.0 + 60.0 * (x / across).sin() + 50.0 * (y / down).cos()) as u8;
        Rgb([wave(13.0, 17.0), wave(19.0, 11.0), wave(29.0, 15.0)])
    })
}

fn encoded(
    pixels: &[u8],
    size: (u32, u32),
    format: PixelFormat,
    sampling: Subsamp,
    progressive: bool,
) -> Vec<u8> {
    let mut compressor = Compressor::new().unwrap();
    compressor.set_quality(97).unwrap();
    compressor.set_subsamp(sampling).unwrap();
    compressor.set_progressive(progressive).unwrap();
    let (width, height) = (size.0 as usize, size.1 as usize);
    compressor.compress_to_vec(Image { pixels, width, pitch: width * format.size(), height, format }).unwrap()
}

fn jpeg(picture: &RgbImage) -> Vec<u8> {
    encoded(picture, picture.dimensions(), PixelFormat::RGB, Subsamp::Sub2x2, false)
}

fn decibels(a: &RgbaImage, b: &RgbaImage) -> f64 {
    assert_eq!(a.dimensions(), b.dimensions());
    let squares = a.as_raw().iter().zip(b.as_raw()).map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2));
    10.0 * (255.0 * 255.0 / (squares.sum::<f64>() / a.as_raw().len() as f64).max(1e-9)).log10()
}

/// The queries that let a picture of some hundred pixels be decoded at a half, a quarter
/// and an eighth.
const QUERIES: [&[(&str, &str)]; 9] = [
    &[("w", "100")],
    &[("w", "25")],
    &[("w", "6")],
    &[("w", "60"), ("h", "90")],
    &[("w", "60"), ("h", "90"), ("position", "bottom-right")],
    &[("w", "90"), ("h", "60"), ("fit", "fill")],
    &[("crop", "37,51,301,203"), ("w", "80")],
    &[("crop", "131,90,217,205"), ("w", "12"), ("h", "9"), ("position", "top-left")],
    &[("rotate", "90"), ("flip", "h"), ("crop", "3,5,290,280"), ("w", "70")],
];

#[test]
fn every_size_and_orientation_is_scaled_to_the_same_picture() {
    for (width, height) in [(401, 399), (400, 400), (407, 395), (434, 406)] {
        let picture = waves(width, height);
        let file = jpeg(&picture);
        let whole = png(made(&file, &[]));
        for number in 1..=8 {
            let (file, whole) = (with_exif(&file, number), with_chunk(&whole, b"eXIf", &exif(number)));
            for query in QUERIES {
                let decibels = decibels(&made(&file, query), &made(&whole, query));
                assert!(
                    decibels >= 40.0,
                    "{width}×{height} orientation {number} {query:?}: {decibels:.1} dB"
                );
            }
        }
    }
}

#[test]
fn every_size_and_orientation_is_blurred_to_the_same_picture() {
    for (width, height) in [(401, 399), (400, 400), (407, 395), (434, 406), (150, 131)] {
        let picture = waves(width, height);
        let file = jpeg(&picture);
        let whole = png(made(&file, &[]));
        for number in 1..=8 {
            let (file, whole) = (with_exif(&file, number), with_chunk(&whole, b"eXIf", &exif(number)));
            for sigma in ["3.5", "7", "11", "21", "90"] {
                let query = [("blur", sigma)];
                let decibels = decibels(&made(&file, &query), &made(&whole, &query));
                assert!(decibels >= 48.0, "{width}×{height} orientation {number} {sigma}: {decibels:.1} dB");
            }
        }
    }
}

#[test]
fn every_kind_of_jpeg_becomes_the_same_picture() {
    let picture = waves(403, 397);
    let gray = DynamicImage::ImageRgb8(picture.clone()).into_luma8();
    let gray_file = encoded(&gray, gray.dimensions(), PixelFormat::GRAY, Subsamp::Gray, false);
    let inks: Vec<u8> = picture.pixels().flat_map(|rgb| [rgb.0[0], rgb.0[1], rgb.0[2], 255]).collect();
    let cmyk = |sampling| encoded(&inks, picture.dimensions(), PixelFormat::CMYK, sampling, false);
    let mut files = vec![("gray", gray_file), ("inks", cmyk(Subsamp::None))];
    files.push(("subsampled inks", cmyk(Subsamp::Sub2x2)));
    for (name, sampling) in [
        ("4:4:4", Subsamp::None),
        ("4:2:2", Subsamp::Sub2x1),
        ("4:4:0", Subsamp::Sub1x2),
        ("4:2:0", Subsamp::Sub2x2),
        ("4:1:1", Subsamp::Sub4x1),
    ] {
        for progressive in [false, true] {
            let file = encoded(&picture, picture.dimensions(), PixelFormat::RGB, sampling, progressive);
            files.push((name, file));
        }
    }
    for (name, file) in files {
        let whole = png(made(&file, &[]));
        for query in [[("w", "120")], [("w", "25")], [("w", "6")], [("blur", "7")], [("blur", "30")]] {
            let decibels = decibels(&made(&file, &query), &made(&whole, &query));
            // Decoded whole, its colors are repeated four times instead of interpolated.
            let least = if name == "4:1:1" { 38.0 } else { 43.0 };
            assert!(decibels >= least, "{name} {query:?}: {decibels:.1} dB");
        }
    }
}

#[test]
fn nothing_beyond_a_rectangle_reaches_the_scaled_result() {
    // Black up to an edge that is not the edge of a block, white behind it.
    let picture =
        GrayImage::from_fn(800, 640, |x, y| image::Luma([if x < 203 || y < 101 { 0 } else { 255 }]));
    let file = encoded(&picture, (800, 640), PixelFormat::GRAY, Subsamp::Gray, false);
    for width in ["180", "30", "9"] {
        let white = made(&file, &[("crop", "203,101,597,539"), ("w", width)]);
        let darkest = white.pixels().map(|pixel| pixel.0[0]).min().unwrap();
        assert!(darkest >= 250, "{darkest} at width {width}");
    }
}

#[test]
fn a_resize_adds_up_light() {
    // Half the light of white is 188; half its sample is 128. Fine as it is, the pattern
    // leaves no mean to the decoder either.
    let stripes = RgbImage::from_fn(64, 64, |x, _| if x % 2 == 0 { Rgb([255; 3]) } else { Rgb([0; 3]) });
    let small = made(&png(stripes.clone()), &[("w", "8")]);
    assert!(small.pixels().all(|pixel| pixel.0[0].abs_diff(188) <= 3), "{:?}", small.get_pixel(4, 4));
    // Colors count as much as they are visible.
    let clear = RgbaImage::from_fn(64, 64, |x, _| {
        image::Rgba(if x % 2 == 0 { [255, 0, 0, 51] } else { [0, 0, 255, 204] })
    });
    let small = made(&png(clear), &[("w", "8")]);
    let image::Rgba([r, g, b, alpha]) = *small.get_pixel(4, 4);
    assert!(
        r.abs_diff(124) <= 3 && g == 0 && b.abs_diff(231) <= 3 && alpha.abs_diff(128) <= 1,
        "{r},{g},{b},{alpha}"
    );
}

#[test]
fn a_plain_area_keeps_its_color_at_every_scale() {
    for color in [[0, 1, 2], [3, 17, 40], [127, 128, 129], [253, 254, 255]] {
        let file = png(RgbImage::from_pixel(97, 61, Rgb(color)));
        for query in [
            &[("w", "96")][..],
            &[("w", "31")],
            &[("w", "5")],
            &[("w", "1")],
            &[("w", "30"), ("h", "60"), ("fit", "fill")],
            &[("w", "301"), ("enlarge", "true")],
        ] {
            let [r, g, b] = color;
            assert!(
                made(&file, query).pixels().all(|pixel| pixel.0 == [r, g, b, 255]),
                "{color:?} {query:?}"
            );
        }
    }
}
