//! Fine texture keeps its brightness when a JPEG is made small, at every width, and nothing
//! that a file has beyond the picture's edges is seen.
//!
//! Everything is compared to what becomes of a PNG of the pixels, of which all are read.

use image::{GrayImage, Luma, Rgb, RgbImage, RgbaImage};
use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

use crate::samples::{made, png};

fn encoded(picture: &RgbImage, sampling: Subsamp, progressive: bool) -> Vec<u8> {
    let mut compressor = Compressor::new().unwrap();
    compressor.set_quality(94).unwrap();
    compressor.set_subsamp(sampling).unwrap();
    compressor.set_progressive(progressive).unwrap();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let image = Image {
        pixels: picture.as_raw().as_slice(),
        width,
        pitch: width * 3,
        height,
        format: PixelFormat::RGB,
    };
    compressor.compress_to_vec(image).unwrap()
}

fn gray(width: u32, height: u32, level: impl Fn(u32, u32) -> u8) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| Rgb([level(x, y); 3]))
}

fn two_levels(is_white: bool) -> u8 {
    if is_white { 255 } else { 0 }
}

/// What screens, printers, fabric and scanners make.
fn textures(width: u32, height: u32) -> Vec<(&'static str, RgbImage)> {
    const ORDER: [[u32; 4]; 4] = [[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]];
    let checkerboard = gray(width, height, |x, y| two_levels((x + y).is_multiple_of(2)));
    let dither =
        gray(width, height, |x, y| two_levels(ORDER[(y % 4) as usize][(x % 4) as usize] * width < 16 * x));
    let halftone = gray(width, height, |x, y| {
        let wave = |at: u32| (f64::from(at) * std::f64::consts::TAU / 5.0).cos();
        two_levels(wave(x) + wave(y) > 1.6 * f64::from(y) / f64::from(height) - 0.8)
    });
    let text = gray(width, height, |x, y| {
        let letter = (x / 7).wrapping_mul(2_654_435_761) ^ (y / 11).wrapping_mul(40_503);
        let is_ink = x % 7 < 5 && y % 11 < 7 && letter >> (x % 7 * 5 + y % 11) & 1 == 1;
        two_levels(!is_ink)
    });
    let fabric = RgbImage::from_fn(width, height, |x, y| {
        let thread = |at: u32, of: u32| if at % of < of / 2 { 30 } else { 0 };
        Rgb([40 + thread(x, 2) + thread(y, 4), 20 + thread(y, 2), 60 + thread(x + y, 4)])
    });
    let mut state = 1u32;
    let noise = RgbImage::from_fn(width, height, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Rgb([(state >> 24) as u8; 3])
    });
    vec![
        ("checkerboard", checkerboard),
        ("ordered dither", dither),
        ("halftone", halftone),
        ("small text", text),
        ("fabric", fabric),
        ("noise", noise),
    ]
}

fn mean(picture: &RgbaImage) -> f64 {
    let sum: f64 =
        picture.pixels().flat_map(|pixel| [pixel.0[0], pixel.0[1], pixel.0[2]]).map(f64::from).sum();
    sum / f64::from(picture.width() * picture.height() * 3)
}

#[test]
fn fine_texture_keeps_its_brightness_at_every_width() {
    for (name, picture) in textures(640, 480) {
        for progressive in [false, true] {
            let file = encoded(&picture, Subsamp::Sub2x2, progressive);
            let whole = png(made(&file, &[]));
            for width in ["500", "320", "213", "190", "150", "103", "86", "64", "40", "16", "5"] {
                let query = [("w", width)];
                let (ours, exact) = (mean(&made(&file, &query)), mean(&made(&whole, &query)));
                let what = if progressive { "progressive" } else { "baseline" };
                assert!((ours - exact).abs() <= 1.0, "{what} {name} at {width}: {ours:.2} for {exact:.2}");
            }
        }
    }
}

/// A lossless crop leaves in the last blocks what was there before.
#[test]
fn what_lies_beyond_the_edges_is_never_seen() {
    let (width, height) = (401u16, 299u16);
    for sampling in [Subsamp::Gray, Subsamp::None, Subsamp::Sub2x2] {
        // As many blocks as the smaller picture has.
        let [columns, rows] = [width, height].map(|side| u32::from(side).next_multiple_of(8));
        let gray = GrayImage::from_fn(columns, rows, |x, y| {
            let is_beyond = x >= width.into() || y >= height.into();
            Luma([if is_beyond { 255 } else { 40 + (x % 50) as u8 }])
        });
        let picture = image::DynamicImage::ImageLuma8(gray).into_rgb8();
        for progressive in [false, true] {
            let mut file = encoded(&picture, sampling, progressive);
            let marker = if progressive { 0xc2 } else { 0xc0 };
            let frame = file.windows(2).position(|pair| pair == [0xff, marker]).unwrap();
            file[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
            file[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
            for query in [[("w", "200")], [("w", "100")], [("w", "50")], [("w", "25")]] {
                let small = made(&file, &query);
                let brightest = small.pixels().map(|pixel| pixel.0[0]).max().unwrap();
                assert!(brightest <= 96, "{sampling:?} {query:?}: {brightest}");
            }
        }
    }
}
