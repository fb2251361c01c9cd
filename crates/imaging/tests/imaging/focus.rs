//! The part of a picture that cover keeps where the picture decides.

use image::{Rgb, RgbImage, Rgba, RgbaImage, imageops};

use crate::samples::{exif, jpeg, made, png, with_chunk, with_exif};

/// A flat gray picture with something in the square of 40 pixels whose corner is here.
fn with(size: (u32, u32), corner: (u32, u32), something: impl Fn(u32, u32) -> [u8; 3]) -> RgbImage {
    RgbImage::from_fn(size.0, size.1, |x, y| {
        let inside = (corner.0..corner.0 + 40).contains(&x) && (corner.1..corner.1 + 40).contains(&y);
        Rgb(if inside { something(x, y) } else { [90, 90, 90] })
    })
}

fn noise(x: u32, y: u32) -> [u8; 3] {
    [((x * 7919 + y * 104_729).wrapping_mul(2_654_435_761) >> 24) as u8; 3]
}

/// Stripes as strong as the noise, of two values only.
fn stripes(x: u32, _: u32) -> [u8; 3] {
    [if x.is_multiple_of(2) { 0 } else { 255 }; 3]
}

fn kept(file: &[u8], (w, h): (&'static str, &'static str), position: &'static str) -> RgbaImage {
    made(file, &[("w", w), ("h", h), ("position", position)])
}

/// The share of pixels that are not of the flat gray.
fn seen(image: &RgbaImage) -> f64 {
    let seen = image.pixels().filter(|pixel| pixel.0[..3] != [90; 3]).count();
    seen as f64 / f64::from(image.width() * image.height())
}

#[test]
fn both_find_what_there_is_to_see_on_either_side() {
    for position in ["entropy", "attention"] {
        for left in [0, 130, 260] {
            // Nothing is scaled, so that what is kept can be compared.
            let image = with((300, 80), (left, 20), noise);
            let result = kept(&png(image), ("80", "80"), position);
            assert!(seen(&result) > 0.24, "{position} at {left}: all of it is kept");
            let image = with((80, 300), (20, left), noise);
            let result = kept(&png(image), ("80", "80"), position);
            assert!(seen(&result) > 0.24, "{position} at {left} down");
        }
        let image = with((3000, 800), (2900, 300), noise);
        let result = kept(&png(image), ("20", "20"), position);
        assert!(seen(&result) > 0.0, "{position}, scaled");
    }
}

#[test]
fn entropy_prefers_variety_and_attention_strong_edges_and_skin() {
    let size = (400, 60);
    let two = |left: fn(u32, u32) -> [u8; 3], right: fn(u32, u32) -> [u8; 3]| {
        let mut image = with(size, (10, 10), left);
        imageops::replace(&mut image, &with((200, 60), (150, 10), right), 200, 0);
        png(image)
    };
    let is_left = |image: &RgbaImage, of: &[u8]| *image == kept(of, ("60", "60"), "left");
    let file = two(noise, stripes);
    let full = kept(&file, ("60", "60"), "entropy");
    assert!(full.pixels().any(|pixel| pixel.0[0] == noise(20, 20)[0]), "the noise has more values");
    // Two patches with the same edges: one of skin, one of a blue as light.
    let skin = |x: u32, y: u32| if (x + y).is_multiple_of(7) { [120, 80, 60] } else { [220, 160, 125] };
    let blue = |x: u32, y: u32| if (x + y).is_multiple_of(7) { [60, 85, 120] } else { [125, 175, 220] };
    let is_skin = |image: &RgbaImage| image.pixels().any(|pixel| pixel.0[..3] == [220, 160, 125]);
    assert!(is_skin(&kept(&two(skin, blue), ("60", "60"), "attention")));
    assert!(is_skin(&kept(&two(blue, skin), ("60", "60"), "attention")));
    assert!(!is_left(&kept(&two(blue, skin), ("60", "60"), "attention"), &two(blue, skin)));
}

#[test]
fn the_orientation_changes_nothing_but_the_side() {
    for number in 1..=8 {
        let file = with_chunk(&png(with((300, 90), (220, 25), noise)), b"eXIf", &exif(number));
        let upright = png(made(&file, &[]));
        for query in [
            &[("w", "90"), ("h", "90"), ("position", "entropy")][..],
            &[("w", "90"), ("h", "90"), ("position", "attention"), ("rotate", "90"), ("flip", "h")],
        ] {
            assert_eq!(made(&file, query), made(&upright, query), "{number}");
        }
    }
}

#[test]
fn where_nothing_stands_out_the_middle_is_kept() {
    let flat = png(RgbImage::from_fn(200, 50, |x, _| Rgb([if x == 75 { 91 } else { 90 }; 3])));
    let plain = png(RgbImage::from_pixel(200, 50, Rgb([90; 3])));
    for position in ["entropy", "attention"] {
        assert_eq!(kept(&plain, ("50", "50"), position), kept(&plain, ("50", "50"), "center"));
        let image = kept(&flat, ("50", "50"), position);
        assert_eq!(image.dimensions(), (50, 50));
    }
    let symmetric =
        png(RgbImage::from_fn(200, 50, |x, y| Rgb([((x.min(199 - x) / 20 + y / 10) * 9) as u8; 3])));
    for position in ["entropy", "attention"] {
        assert_eq!(kept(&symmetric, ("150", "50"), position).dimensions(), (150, 50));
    }
    // Pictures of a single row or column.
    for (w, h) in [(1, 300), (300, 1)] {
        for position in ["entropy", "attention"] {
            let image = png(RgbImage::from_fn(w, h, |x, y| Rgb(noise(x, y))));
            assert_eq!(kept(&image, ("1", "1"), position).dimensions(), (1, 1));
        }
    }
}

#[test]
fn a_jpeg_that_is_decoded_at_a_fraction_keeps_all_of_what_stands_out() {
    let checks = |x, y| Rgb(if (x / 8 + y / 8) % 2 == 0 { [20; 3] } else { [230; 3] });
    for left in [0, 240, 480] {
        let picture = RgbImage::from_fn(600, 300, |x, y| {
            if (left..left + 120).contains(&x) && (90..210).contains(&y) {
                checks(x, y)
            } else {
                Rgb([90; 3])
            }
        });
        let file = jpeg(&picture);
        for (number, side) in [(1, "60"), (3, "60"), (6, "60"), (8, "60"), (1, "18"), (7, "18")] {
            for position in ["entropy", "attention"] {
                let image = kept(&with_exif(&file, number), (side, side), position);
                let stands_out = |pixel: &&Rgba<u8>| pixel.0[0].abs_diff(90) > 12;
                let share = image.pixels().filter(stands_out).count() as f64
                    / f64::from(image.width() * image.height());
                // A square of 120 in one of 300, but for where checks of mean 125 are mixed.
                assert!(share > 0.14, "{position} at {left}, orientation {number}, {side} px: {share}");
            }
        }
    }
}
