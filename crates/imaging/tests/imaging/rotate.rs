//! Turns by any angle.

use image::{GrayImage, Rgba, RgbaImage, imageops};

use crate::samples::{exif, jpeg, made, picture, png, try_made, with_chunk, worst_difference};

/// A color of the smooth picture at a place of a turned one, by the plain formula.
fn expected(image: &RgbaImage, canvas: (u32, u32), degrees: f64, (x, y): (u32, u32)) -> Option<[f64; 3]> {
    let (sine, cosine) = degrees.to_radians().sin_cos();
    let right = f64::from(x) + 0.5 - f64::from(canvas.0) / 2.0;
    let down = f64::from(y) + 0.5 - f64::from(canvas.1) / 2.0;
    let u = right * cosine + down * sine + f64::from(image.width()) / 2.0 - 0.5;
    let v = down * cosine - right * sine + f64::from(image.height()) / 2.0 - 0.5;
    let inside = |at: f64, side: u32| (2.0..f64::from(side) - 3.0).contains(&at);
    (inside(u, image.width()) && inside(v, image.height())).then(|| {
        let (left, top) = (u.floor() as u32, v.floor() as u32);
        let (t, s) = (u.fract(), v.fract());
        [0, 1, 2].map(|channel| {
            let at = |x: u32, y: u32| f64::from(image.get_pixel(left + x, top + y).0[channel]);
            (at(0, 0) * (1.0 - t) + at(1, 0) * t) * (1.0 - s) + (at(0, 1) * (1.0 - t) + at(1, 1) * t) * s
        })
    })
}

#[test]
fn every_pixel_comes_from_where_the_angle_says() {
    let file = png(picture(90, 61));
    let upright = made(&file, &[]);
    for degrees in ["0.5", "17.25", "45", "100", "-30", "200", "-91", "359.9"] {
        let turned = made(&file, &[("rotate", degrees)]);
        let mut seen = 0;
        for (x, y, pixel) in turned.enumerate_pixels() {
            let Some(expected) = expected(&upright, turned.dimensions(), degrees.parse().unwrap(), (x, y))
            else {
                continue;
            };
            seen += 1;
            assert_eq!(pixel.0[3], 255, "{degrees} at {x},{y}");
            for (is, expected) in pixel.0.iter().zip(expected) {
                assert!((f64::from(*is) - expected).abs() <= 2.0, "{degrees} at {x},{y}: {pixel:?}");
            }
        }
        assert!(seen > 85 * 55 * 9 / 10, "{degrees}: {seen}");
    }
}

#[test]
fn the_edges_are_smooth_and_the_corners_clear() {
    let red = Rgba([200, 40, 10, 255]);
    let file = png(RgbaImage::from_pixel(80, 50, red));
    let turned = made(&file, &[("rotate", "20")]);
    assert_eq!(turned.dimensions(), (93, 75));
    assert_eq!(turned.get_pixel(0, 0).0[3], 0);
    let visible: u64 = turned.pixels().map(|pixel| u64::from(pixel.0[3])).sum();
    assert!(visible.abs_diff(80 * 50 * 255) <= 80 * 50 * 255 / 200, "no area is lost or won: {visible}");
    let partly = turned.pixels().filter(|pixel| (1..255).contains(&pixel.0[3])).count();
    assert!((200..400).contains(&partly), "about a pixel along each edge: {partly}");
    assert!(turned.pixels().all(|pixel| pixel.0[3] == 0 || pixel.0[..3] == red.0[..3]), "no other color");
}

#[test]
fn the_background_is_behind_a_turned_picture() {
    let file = png(RgbaImage::from_pixel(60, 60, Rgba([200, 40, 10, 255])));
    let behind = |query: &[(&str, &str)]| made(&file, &[&[("rotate", "45")], query].concat());
    let blue = behind(&[("background", "0000ff")]);
    assert_eq!(blue.get_pixel(0, 0), &Rgba([0, 0, 255, 255]));
    assert!(blue.pixels().all(|pixel| pixel.0[3] == 255));
    // What is done to the picture is not done to what is behind it.
    let dark = behind(&[("background", "0000ff"), ("brightness", "0")]);
    assert_eq!(dark.get_pixel(0, 0), &Rgba([0, 0, 255, 255]));
    assert_eq!(dark.get_pixel(43, 43), &Rgba([0, 0, 0, 255]));
    let white = made(&try_made(&file, &[("rotate", "45"), ("f", "jpeg")]).unwrap(), &[]);
    assert!(white.get_pixel(2, 2).0.iter().all(|sample| *sample >= 253));
    let boxed =
        behind(&[("w", "200"), ("h", "100"), ("fit", "contain"), ("padding", "5"), ("background", "00ff00")]);
    for place in [(1, 1), (10, 60), (66, 18)] {
        assert_eq!(boxed.get_pixel(place.0, place.1), &Rgba([0, 255, 0, 255]), "{place:?}");
    }
}

#[test]
fn an_angle_follows_the_orientation_and_precedes_flip_and_crop() {
    let query = [("rotate", "25"), ("flip", "v"), ("crop", "10,5,30,33")];
    for number in 1..=8 {
        let file = with_chunk(&png(picture(60, 41)), b"eXIf", &exif(number));
        let turned = made(&png(made(&file, &[])), &query[..1]);
        let expected = imageops::crop_imm(&imageops::flip_vertical(&turned), 10, 5, 30, 33).to_image();
        let result = made(&file, &query);
        assert!(worst_difference(&result, &expected) <= 1, "{number}");
        let scaled = [&query[..], &[("w", "15")]].concat();
        assert!(
            worst_difference(&made(&file, &scaled), &made(&png(expected), &[("w", "15")])) <= 1,
            "{number}"
        );
    }
}

#[test]
fn a_turn_keeps_transparency_gray_and_single_pixels() {
    let clear =
        RgbaImage::from_fn(40, 40, |x, _| if x < 20 { Rgba([255, 0, 0, 0]) } else { Rgba([0, 0, 255, 128]) });
    let turned = made(&png(clear), &[("rotate", "45")]);
    for Rgba([r, _, b, alpha]) in turned.pixels() {
        assert!(*alpha <= 140 && *r == 0 && (*alpha < 3 || *b >= 250), "{r} {b} {alpha}");
    }
    let gray = made(&png(GrayImage::from_pixel(20, 20, image::Luma([77]))), &[("rotate", "10")]);
    assert!(gray.pixels().all(|pixel| pixel.0[3] == 0 || pixel.0[..3] == [77; 3]));
    let one = made(&png(RgbaImage::from_pixel(1, 1, Rgba([1, 2, 3, 255]))), &[("rotate", "45")]);
    assert_eq!(one.dimensions(), (2, 2));
    assert!(
        try_made(&jpeg(&picture(33, 20)), &[("rotate", "-1.5"), ("blur", "2"), ("sharpen", "1")]).is_ok()
    );
}
