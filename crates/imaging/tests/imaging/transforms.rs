//! What the single transforms do to pixels.

use image::{DynamicImage, GrayImage, Rgba, RgbaImage, imageops};

use crate::samples::{exif, jpeg, made, picture, png, try_made, with_chunk, with_exif, worst_difference};

fn rgba(picture: impl Into<DynamicImage>) -> RgbaImage {
    picture.into().into_rgba8()
}

#[test]
fn turns_and_flips_move_whole_pixels() {
    let file = png(picture(61, 40));
    let upright = rgba(picture(61, 40));
    let mirrored = |image: &RgbaImage, flip: &str| match flip {
        "h" => imageops::flip_horizontal(image),
        "v" => imageops::flip_vertical(image),
        _ => imageops::rotate180(image),
    };
    for (degrees, turned) in [
        ("0", upright.clone()),
        ("90", imageops::rotate90(&upright)),
        ("180", imageops::rotate180(&upright)),
        ("270", imageops::rotate270(&upright)),
    ] {
        assert_eq!(made(&file, &[("rotate", degrees)]), turned, "{degrees}");
        for flip in ["h", "v", "hv"] {
            let query = [("flip", flip), ("rotate", degrees)];
            assert_eq!(made(&file, &query), mirrored(&turned, flip), "{query:?}");
        }
    }
}

#[test]
fn a_turn_comes_after_the_orientation_of_the_file() {
    for number in 1..=8 {
        let file = with_chunk(&png(picture(60, 41)), b"eXIf", &exif(number));
        let upright = made(&file, &[]);
        let expected = imageops::flip_vertical(&imageops::rotate90(&upright));
        assert_eq!(made(&file, &[("rotate", "90"), ("flip", "v")]), expected, "{number}");
        let small = made(&file, &[("rotate", "90"), ("flip", "v"), ("w", "20"), ("h", "16")]);
        let expected = made(&png(expected), &[("w", "20"), ("h", "16")]);
        assert!(worst_difference(&small, &expected) <= 1, "{number}, scaled");
    }
    let file = with_exif(&jpeg(&picture(60, 41)), 6);
    let expected = imageops::rotate270(&made(&file, &[]));
    assert_eq!(made(&file, &[("rotate", "270")]), expected);
}

#[test]
fn a_turn_keeps_alpha_and_gray_and_a_single_pixel() {
    let clear = RgbaImage::from_fn(3, 2, |x, y| Rgba([x as u8 * 80, y as u8 * 200, 9, 40 + x as u8]));
    assert_eq!(made(&png(clear.clone()), &[("rotate", "90")]), imageops::rotate90(&clear));
    let gray = GrayImage::from_fn(5, 3, |x, y| image::Luma([(x * 40 + y) as u8]));
    assert_eq!(made(&png(gray.clone()), &[("flip", "h")]), rgba(imageops::flip_horizontal(&gray)));
    let one = RgbaImage::from_pixel(1, 1, Rgba([1, 2, 3, 4]));
    assert_eq!(made(&png(one.clone()), &[("rotate", "270"), ("flip", "v")]), one);
    assert!(try_made(&png(one), &[("rotate", "90"), ("f", "jpeg")]).is_ok());
}

/// The rectangle of whole pixels, by other code than ours.
fn cut(image: &RgbaImage, [x, y, width, height]: [u32; 4]) -> RgbaImage {
    imageops::crop_imm(image, x, y, width, height).to_image()
}

#[test]
fn a_crop_is_a_rectangle_of_the_turned_picture() {
    for number in 1..=8 {
        let file = with_chunk(&png(picture(60, 41)), b"eXIf", &exif(number));
        let upright = made(&file, &[]);
        let kept = made(&file, &[("crop", "3,7,21,11")]);
        assert_eq!(kept, cut(&upright, [3, 7, 21, 11]), "{number}");
        let turned = imageops::flip_horizontal(&imageops::rotate270(&upright));
        let query = [("rotate", "270"), ("flip", "h"), ("crop", "5,2,9,30")];
        assert_eq!(made(&file, &query), cut(&turned, [5, 2, 9, 30]), "{number}");
        // Nothing beyond the rectangle reaches the scaled result.
        let query = [query.as_slice(), &[("w", "4")]].concat();
        let expected = made(&png(cut(&turned, [5, 2, 9, 30])), &[("w", "4")]);
        assert!(worst_difference(&made(&file, &query), &expected) <= 1, "{number}, scaled");
    }
}

#[test]
fn a_crop_that_stands_over_is_cut_off() {
    let image = RgbaImage::from_fn(5, 4, |x, y| Rgba([x as u8, y as u8, 7, 100 + x as u8]));
    assert_eq!(made(&png(image.clone()), &[("crop", "3,2,100,100")]), cut(&image, [3, 2, 2, 2]));
    assert_eq!(made(&png(image.clone()), &[("crop", "4,3,1,1")]), cut(&image, [4, 3, 1, 1]));
    let gray = GrayImage::from_fn(5, 4, |x, y| image::Luma([(x * 40 + y) as u8]));
    assert_eq!(made(&png(gray.clone()), &[("crop", "1,1,3,2")]), cut(&rgba(gray), [1, 1, 3, 2]));
}

#[test]
fn cover_keeps_the_part_that_is_asked_for() {
    // Nothing is scaled here, only cut, so that the pixels can be compared.
    let cut_to = |file: &[u8], size: (&'static str, &'static str), position| {
        made(file, &[("w", size.0), ("h", size.1), ("position", position)])
    };
    for number in 1..=8 {
        let file = with_chunk(&png(picture(60, 60)), b"eXIf", &exif(number));
        let upright = made(&file, &[]);
        for (position, left) in [("left", 0), ("top-left", 0), ("top", 15), ("center", 15), ("right", 30)] {
            let expected = cut(&upright, [left, 0, 30, 60]);
            assert_eq!(cut_to(&file, ("30", "60"), position), expected, "{number} {position}");
        }
        for (position, top) in [("top", 0), ("top-right", 0), ("left", 19), ("bottom-left", 38)] {
            let expected = cut(&upright, [0, top, 60, 22]);
            assert_eq!(cut_to(&file, ("60", "22"), position), expected, "{number} {position}");
        }
    }
}

#[test]
fn contain_puts_the_picture_where_it_is_asked_to() {
    let file = png(RgbaImage::from_pixel(4, 2, Rgba([10, 20, 30, 255])));
    let clear = Rgba([0, 0, 0, 0]);
    for (position, first) in [
        ("top", (3, 0)),
        ("top-left", (0, 0)),
        ("center", (3, 3)),
        ("right", (7, 3)),
        ("bottom-right", (7, 7)),
    ] {
        let query = [("w", "11"), ("h", "9"), ("fit", "contain"), ("position", position)];
        let result = made(&file, &query);
        assert_eq!(result.dimensions(), (11, 9));
        for (x, y, pixel) in result.enumerate_pixels() {
            let inside = (first.0..first.0 + 4).contains(&x) && (first.1..first.1 + 2).contains(&y);
            assert_eq!(*pixel == clear, !inside, "{position} {x},{y}");
        }
    }
}

#[test]
fn a_picture_grows_only_when_it_may() {
    let file = png(picture(40, 30));
    assert_eq!(made(&file, &[("w", "80")]).dimensions(), (40, 30));
    let large = made(&file, &[("w", "80"), ("enlarge", "true")]);
    assert_eq!(large.dimensions(), (80, 60));
    // A smooth picture scaled back is what it was, but for its ringing edges.
    let back = made(&png(large), &[("w", "40")]);
    assert!(worst_difference(&back, &rgba(picture(40, 30))) <= 4);
    let one = png(RgbaImage::from_pixel(1, 1, Rgba([9, 8, 7, 128])));
    for query in [
        &[("w", "3"), ("h", "200"), ("enlarge", "true")][..],
        &[("w", "3"), ("h", "200"), ("enlarge", "true"), ("fit", "fill")],
    ] {
        let result = made(&one, query);
        assert_eq!(result.dimensions(), (3, 200), "{query:?}");
        assert!(result.pixels().all(|pixel| pixel.0[3] == 128 && pixel.0[0].abs_diff(9) <= 1), "{query:?}");
    }
    // A box so narrow that its part of the picture is a fraction of a pixel.
    let narrow = [("w", "1"), ("h", "1000"), ("enlarge", "true")];
    assert_eq!(made(&png(picture(10, 10)), &narrow).dimensions(), (1, 1000));
}

/// What becomes of one color; alpha must stay.
fn toned(color: [u8; 3], query: &[(&str, &str)]) -> [u8; 3] {
    let [r, g, b] = color;
    let opaque = made(&png(image::RgbImage::from_pixel(1, 1, image::Rgb(color))), query);
    let Rgba([r2, g2, b2, _]) = *opaque.get_pixel(0, 0);
    let clear = made(&png(RgbaImage::from_pixel(3, 2, Rgba([r, g, b, 77]))), query);
    assert!(clear.pixels().all(|pixel| *pixel == Rgba([r2, g2, b2, 77])), "{color:?} {query:?}");
    [r2, g2, b2]
}

#[test]
fn colors_change_by_the_numbers_of_css() {
    let color = [200, 100, 50];
    for (query, expected) in [
        (&[("brightness", "1.5")][..], [255, 150, 75]),
        (&[("brightness", "0")], [0, 0, 0]),
        (&[("contrast", "2")], [255, 73, 0]),
        (&[("contrast", "0")], [128, 128, 128]),
        (&[("saturation", "2")], [255, 82, 0]),
        (&[("saturation", "0")], [118, 118, 118]),
        (&[("saturation", "0.5")], [159, 109, 84]),
        (&[("hue", "180")], [35, 135, 185]),
        (&[("hue", "-90")], [185, 89, 200]),
        (&[("gamma", "2")], [226, 160, 113]),
        (&[("gamma", "0.5")], [157, 39, 10]),
    ] {
        let result = toned(color, query);
        let near = result.iter().zip(expected).all(|(is, expected): (&u8, u8)| is.abs_diff(expected) <= 1);
        assert!(near, "{query:?}: {result:?}");
    }
}

#[test]
fn grayscale_is_the_luminance_of_linear_light() {
    let gray = |color| toned(color, &[("grayscale", "true")]);
    assert_eq!(gray([255, 0, 0]), [127; 3]);
    assert_eq!(gray([0, 255, 0]), [220; 3]);
    assert_eq!(gray([0, 0, 255]), [76; 3]);
    assert_eq!(gray([91, 91, 91]), [91; 3]);
    let jpeg = try_made(&png(picture(32, 32)), &[("grayscale", "true"), ("f", "jpeg")]).unwrap();
    assert_eq!(turbojpeg::read_header(&jpeg).unwrap().colorspace, turbojpeg::Colorspace::Gray);
    let webp = try_made(&png(picture(32, 32)), &[("grayscale", "true"), ("f", "webp")]).unwrap();
    assert_eq!(made(&webp, &[]).dimensions(), (32, 32));
}

#[test]
fn changes_of_color_have_one_order_and_are_cut_off_between() {
    let sixty = |query: &[(&str, &str)]| toned([60; 3], query)[0];
    assert_eq!(sixty(&[("contrast", "2"), ("brightness", "2")]), 113, "brightness first");
    assert_eq!(toned([200; 3], &[("brightness", "10"), ("contrast", "0.5")]), [191; 3]);
    assert_eq!(sixty(&[("brightness", "2"), ("gamma", "0.5")]), 28, "gamma before brightness");
    let color = [200, 100, 50];
    let turned = toned(color, &[("hue", "120"), ("saturation", "3")]);
    let after = toned(toned(color, &[("saturation", "3")]), &[("hue", "120")]);
    assert!(turned.iter().zip(after).all(|(one, other)| one.abs_diff(other) <= 1), "{turned:?} {after:?}");
    let both = toned(color, &[("saturation", "2"), ("grayscale", "true")]);
    assert_eq!(both, toned(toned(color, &[("saturation", "2")]), &[("grayscale", "true")]));
}

#[test]
fn gray_is_only_lit() {
    let gray = GrayImage::from_fn(16, 16, |x, y| image::Luma([(x * 16 + y) as u8]));
    let file = png(gray.clone());
    let query = [("saturation", "5"), ("hue", "77"), ("grayscale", "true")];
    assert_eq!(made(&file, &query), rgba(gray));
    let lit = made(&file, &[("brightness", "2"), ("contrast", "0.5")]);
    for (x, y, pixel) in lit.enumerate_pixels() {
        let expected = (f64::from(x * 16 + y) * 2.0).min(255.0) * 0.5 + 63.75;
        assert!((f64::from(pixel.0[0]) - expected).abs() <= 0.51, "{x},{y}");
    }
}

#[test]
fn a_background_fills_the_box_exactly() {
    let file = png(RgbaImage::from_pixel(4, 2, Rgba([10, 20, 30, 255])));
    let contain = [("w", "4"), ("h", "6"), ("fit", "contain"), ("background", "#ff8001")];
    let boxed = made(&file, &contain);
    assert_eq!(boxed.get_pixel(0, 0), &Rgba([255, 128, 1, 255]));
    assert_eq!(boxed.get_pixel(3, 5), &Rgba([255, 128, 1, 255]));
    assert_eq!(boxed.get_pixel(0, 2), &Rgba([10, 20, 30, 255]));
    // What is done to the picture is not done to what is behind it.
    let gray = made(&file, &[&contain[..], &[("grayscale", "true")]].concat());
    assert_eq!(gray.get_pixel(0, 0), &Rgba([255, 128, 1, 255]));
    assert_eq!(gray.get_pixel(0, 2).0[0], gray.get_pixel(0, 2).0[2]);
}

#[test]
fn a_background_shows_where_the_format_has_no_alpha() {
    let file = png(RgbaImage::from_pixel(32, 16, Rgba([200, 0, 0, 128])));
    let near = |pixel: &Rgba<u8>, expected: [u8; 3]| {
        let near = pixel.0.iter().zip(expected).all(|(is, expected)| is.abs_diff(expected) <= 3);
        assert!(near, "{pixel:?} is not {expected:?}");
    };
    let flat = |query: &[(&str, &str)]| {
        let query = [query, &[("f", "jpeg"), ("q", "95")]].concat();
        made(&try_made(&file, &query).unwrap(), &[])
    };
    near(flat(&[]).get_pixel(9, 9), [227, 127, 127]);
    near(flat(&[("background", "black")]).get_pixel(9, 9), [100, 0, 0]);
    let boxed = flat(&[("background", "0000ff"), ("w", "32"), ("h", "48"), ("fit", "contain")]);
    near(boxed.get_pixel(3, 3), [0, 0, 255]);
    near(boxed.get_pixel(16, 24), [100, 0, 127]);
    assert_eq!(made(&file, &[("background", "black")]).get_pixel(0, 0), &Rgba([200, 0, 0, 128]));
}

#[test]
fn a_gray_picture_takes_a_background_of_any_color() {
    let file = png(GrayImage::from_pixel(16, 8, image::Luma([60])));
    let boxed = |background| {
        let query = [("w", "16"), ("h", "24"), ("fit", "contain"), ("background", background), ("f", "jpeg")];
        try_made(&file, &query).unwrap()
    };
    let colorspace = |file: &[u8]| turbojpeg::read_header(file).unwrap().colorspace;
    assert_eq!(colorspace(&boxed("808080")), turbojpeg::Colorspace::Gray);
    assert!(made(&boxed("808080"), &[]).get_pixel(2, 2).0[0].abs_diff(128) <= 2);
    let Rgba([r, g, b, _]) = *made(&boxed("ff0000"), &[]).get_pixel(2, 2);
    assert!(r >= 250 && g <= 5 && b <= 5, "{r},{g},{b}");
}

#[test]
fn sharpening_adds_what_a_blur_takes_away() {
    let checkered =
        |x: u32, y: u32| if (x / 5 + y / 4).is_multiple_of(2) { [200, 30, 90] } else { [60, 90, 90] };
    let image = image::RgbImage::from_fn(40, 30, |x, y| image::Rgb(checkered(x, y)));
    let file = png(image.clone());
    for sigma in ["0.3", "1", "2.5", "10"] {
        let soft = made(&file, &[("blur", sigma)]);
        let sharp = made(&file, &[("sharpen", sigma)]);
        for (x, y, pixel) in sharp.enumerate_pixels() {
            let (before, soft) = (image.get_pixel(x, y).0, soft.get_pixel(x, y).0);
            for channel in 0..3 {
                let expected = (2 * i32::from(before[channel]) - i32::from(soft[channel])).clamp(0, 255);
                assert_eq!(i32::from(pixel.0[channel]), expected, "{sigma} at {x},{y}");
            }
        }
    }
    let gray = png(GrayImage::from_pixel(9, 7, image::Luma([77])));
    assert!(made(&gray, &[("sharpen", "3")]).pixels().all(|pixel| *pixel == Rgba([77, 77, 77, 255])));
}

#[test]
fn sharpening_keeps_alpha_and_does_not_let_what_is_clear_bleed() {
    let sides =
        RgbaImage::from_fn(40, 20, |x, _| if x < 20 { Rgba([255, 0, 0, 0]) } else { Rgba([9, 9, 200, 255]) });
    let result = made(&png(sides.clone()), &[("sharpen", "3")]);
    for (before, after) in sides.pixels().zip(result.pixels()) {
        assert_eq!(before.0[3], after.0[3]);
        assert!(before.0[3] == 0 || worst(before, after) <= 3, "{before:?} became {after:?}");
    }
    let one = RgbaImage::from_pixel(1, 1, Rgba([100, 150, 200, 255]));
    assert_eq!(made(&png(one.clone()), &[("sharpen", "10")]), one);
}

fn worst(one: &Rgba<u8>, other: &Rgba<u8>) -> u8 {
    one.0.iter().zip(other.0).map(|(a, b)| a.abs_diff(b)).max().unwrap()
}

#[test]
fn each_square_becomes_its_mean() {
    let gray = GrayImage::from_raw(5, 3, vec![0, 10, 20, 30, 7, 20, 30, 40, 51, 9, 1, 2, 3, 4, 5]).unwrap();
    let squares = made(&png(gray), &[("pixelate", "2")]);
    let samples: Vec<u8> = squares.pixels().map(|pixel| pixel.0[0]).collect();
    assert_eq!(samples, [15, 15, 35, 35, 8, 15, 15, 35, 35, 8, 2, 2, 4, 4, 5]);

    let image = picture(61, 40);
    let one = made(&png(image.clone()), &[("pixelate", "1000")]);
    for channel in 0..3 {
        let mean = image.pixels().map(|pixel| f64::from(pixel.0[channel])).sum::<f64>() / (61.0 * 40.0);
        assert!(one.pixels().all(|pixel| (f64::from(pixel.0[channel]) - mean).abs() <= 0.5));
    }
    let single = RgbaImage::from_pixel(1, 1, Rgba([1, 2, 3, 4]));
    assert_eq!(made(&png(single.clone()), &[("pixelate", "2")]), single);
}

#[test]
fn what_is_clear_has_no_say_in_the_mean() {
    let image = RgbaImage::from_fn(4, 2, |x, y| match (x, y) {
        (0 | 1, 0) => Rgba([255, 0, 0, 0]),
        (0 | 1, _) => Rgba([10, 20, 30, 100]),
        _ => Rgba([50, 60, 70, 0]),
    });
    let squares = made(&png(image), &[("pixelate", "2")]);
    assert_eq!(squares.get_pixel(1, 0), &Rgba([10, 20, 30, 50]));
    assert_eq!(squares.get_pixel(3, 1).0[3], 0);
}

#[test]
fn the_memory_that_is_announced_covers_every_step() {
    let source = crate::samples::source(domain::MediaType::Png, 1000, 500);
    let bytes = |query: &[(&str, &str)]| {
        imaging::working_memory_bytes(None, &source, &crate::samples::plan(source, query))
    };
    // Two images and the blur's half-size one.
    assert!(bytes(&[("sharpen", "10")]) >= 1000 * 500 * 4 * 2 + 500 * 250 * 4);
    // The original and the larger result, with its encoder.
    assert!(bytes(&[("w", "2000"), ("enlarge", "true")]) >= 1000 * 500 * 4 + 2000 * 1000 * 4);
    // The original's buffer stays as large as it was.
    assert!(bytes(&[("crop", "0,0,10,10"), ("rotate", "90")]) >= 1000 * 500 * 4 + 10 * 10 * 4);
    // Also beside a box as large that nothing is scaled for.
    let large = crate::samples::source(domain::MediaType::Png, 10_000, 5000);
    let boxed = [("crop", "0,0,10,10"), ("w", "6400"), ("h", "5000"), ("fit", "contain"), ("f", "jpeg")];
    // The original and a canvas with alpha of twice its size.
    assert!(bytes(&[("rotate", "45"), ("w", "10")]) >= 1000 * 500 * 4 + 1060 * 1060 * 4);
    // A canvas for the padding, and the original that was laid on it.
    assert!(bytes(&[("padding", "1000")]) >= 1000 * 500 * 4 + 3000 * 2500 * 4);
    let bytes = imaging::working_memory_bytes(None, &large, &crate::samples::plan(large, &boxed));
    assert!(bytes >= (10_000 * 4 + 6400 * 3) * 5000, "a JPEG has no alpha: {bytes}");
}

#[test]
fn sepia_and_negative_are_those_of_css() {
    let color = [200, 100, 50];
    for (query, expected) in [
        (&[("sepia", "true")][..], [165, 147, 114]),
        (&[("negate", "true")], [55, 155, 205]),
        (&[("invert", "true"), ("sepia", "true")], [90, 108, 141]),
        // Each is cut off before the next.
        (&[("sepia", "true"), ("brightness", "2")], [255, 243, 189]),
    ] {
        let result = toned(color, query);
        let near = result.iter().zip(expected).all(|(is, expected): (&u8, u8)| is.abs_diff(expected) <= 1);
        assert!(near, "{query:?}: {result:?}");
    }
    let clear = png(RgbaImage::from_pixel(2, 2, Rgba([10, 20, 30, 40])));
    assert_eq!(made(&clear, &[("negate", "true")]).get_pixel(0, 0), &Rgba([245, 235, 225, 40]));
}

#[test]
fn a_tint_colors_gray_and_a_threshold_leaves_black_and_white() {
    let gray = png(GrayImage::from_fn(16, 16, |x, y| image::Luma([(x * 16 + y) as u8])));
    let tinted = made(&gray, &[("tint", "teal")]);
    let [red, green, blue, _] = tinted.get_pixel(8, 0).0;
    assert!(red < green && red < blue, "{red} {green} {blue}");
    let light = |image: &RgbaImage, x| {
        toned(<[u8; 3]>::try_from(&image.get_pixel(x, 0).0[..3]).unwrap(), &[("grayscale", "true")])[0]
    };
    assert!(light(&tinted, 8).abs_diff(128) <= 2, "it stays as light as it was");
    let cut = made(&gray, &[("threshold", "100")]);
    for (x, y, pixel) in cut.enumerate_pixels() {
        let expected = if x * 16 + y >= 100 { 255 } else { 0 };
        assert_eq!(pixel.0[..3], [expected; 3], "{x},{y}");
    }
    assert_eq!(toned([255, 0, 0], &[("threshold", "127")]), [255; 3]);
    assert_eq!(toned([255, 0, 0], &[("threshold", "128")]), [0; 3]);
}

#[test]
fn a_picture_is_stretched_to_black_and_white() {
    let dull = png(GrayImage::from_fn(16, 16, |x, _| image::Luma([100 + x as u8])));
    let stretched = made(&dull, &[("normalize", "true")]);
    assert_eq!([0, 5, 15].map(|x| stretched.get_pixel(x, 3).0[0]), [0, 85, 255]);
    let flat = png(GrayImage::from_pixel(4, 4, image::Luma([77])));
    assert_eq!(made(&flat, &[("normalise", "true")]).get_pixel(0, 0).0[0], 77);
}

#[test]
fn what_is_transparent_is_flattened_also_where_it_need_not_be() {
    let half = png(RgbaImage::from_pixel(4, 4, Rgba([200, 0, 0, 128])));
    let flat = made(&half, &[("flatten", "blue")]);
    assert_eq!(flat.get_pixel(1, 1), &Rgba([100, 0, 127, 255]));
    let padded = made(&half, &[("flatten", "0f0"), ("padding", "2")]);
    assert_eq!(padded.get_pixel(0, 0), &Rgba([0, 255, 0, 255]));
    let jpeg = try_made(&half, &[("flatten", "blue"), ("f", "jpeg"), ("q", "100")]).unwrap();
    assert!(worst_difference(&made(&jpeg, &[]), &flat) <= 3);
}

#[test]
fn round_corners_are_clear_or_show_the_background() {
    for file in [png(picture(40, 30)), png(GrayImage::from_pixel(40, 30, image::Luma([9])))] {
        let round = made(&file, &[("radius", "10")]);
        let plain = made(&file, &[]);
        assert_eq!((round.get_pixel(0, 0).0[3], round.get_pixel(39, 29).0[3]), (0, 0));
        assert_eq!(round.get_pixel(20, 0), plain.get_pixel(20, 0));
        assert_eq!(round.get_pixel(10, 10), plain.get_pixel(10, 10));
    }
    let query = [("radius", "max"), ("f", "jpeg"), ("background", "f00")];
    let circle = made(&try_made(&png(picture(31, 31)), &query).unwrap(), &[]);
    let [red, green, blue, _] = circle.get_pixel(0, 0).0;
    assert!(red > 230 && green < 30 && blue < 30, "{red} {green} {blue}");
    let doubled = made(&png(picture(40, 40)), &[("radius", "5"), ("dpr", "2")]);
    assert_eq!(doubled, made(&png(picture(40, 40)), &[("radius", "10")]));
    assert_eq!(made(&png(picture(1, 1)), &[("radius", "max")]).get_pixel(0, 0).0[3], 255);
}

#[test]
fn a_point_decides_what_cover_keeps() {
    let file = png(RgbaImage::from_fn(100, 20, |x, _| Rgba([x as u8, 0, 0, 255])));
    let kept = |focus| {
        let square = made(&file, &[("w", "20"), ("h", "20"), ("focus", focus)]);
        (square.get_pixel(0, 0).0[0], square.get_pixel(19, 0).0[0])
    };
    assert_eq!(kept("0.3,0.5"), (20, 39));
    assert_eq!(kept("0,0"), (0, 19));
    assert_eq!(kept("1,1"), (80, 99));
    let parts = made(&file, &[("crop", "0.1,0.5,0.25,0.5")]);
    assert_eq!((parts.dimensions(), parts.get_pixel(0, 0).0[0]), ((25, 10), 10));
}

#[test]
fn chroma_is_as_asked_for() {
    use turbojpeg::Subsamp;
    let file = png(picture(64, 64));
    for (query, expected) in [
        (&[("q", "80")][..], Subsamp::Sub2x2),
        (&[("q", "80"), ("chroma", "444")], Subsamp::None),
        (&[("q", "95")], Subsamp::None),
        (&[("q", "95"), ("chroma", "420")], Subsamp::Sub2x2),
    ] {
        let jpeg = try_made(&file, &[query, &[("f", "jpeg")]].concat()).unwrap();
        assert_eq!(turbojpeg::read_header(&jpeg).unwrap().subsamp, expected, "{query:?}");
    }
}
