//! How results are written.

use std::cell::Cell;
use std::io::Cursor;

use domain::MediaType;
use imaging::{Error, derive, probe};
use turbojpeg::{PixelFormat, decompress, read_header};

use crate::samples::{LIMITS, jpeg, picture, plan, png, source, try_made};

#[test]
fn a_progressive_jpeg_has_the_same_pixels_in_fewer_bytes() {
    for original in
        [png(texture(300, 200)), png(image::DynamicImage::ImageRgb8(texture(300, 200)).into_luma8())]
    {
        let plain = try_made(&original, &[("f", "jpeg")]).unwrap();
        let progressive = try_made(&original, &[("f", "jpeg"), ("progressive", "true")]).unwrap();
        assert!(!read_header(&plain).unwrap().is_progressive);
        assert!(read_header(&progressive).unwrap().is_progressive);
        assert!(progressive.len() < plain.len(), "{} {}", progressive.len(), plain.len());
        let pixels = |file: &[u8]| decompress(file, PixelFormat::RGB).unwrap().pixels;
        assert_eq!(pixels(&plain), pixels(&progressive));
    }
}

#[test]
fn other_formats_are_the_same_whether_progressive_or_not() {
    let original = jpeg(&picture(40, 30));
    for format in ["png", "webp", "avif"] {
        let plain = try_made(&original, &[("f", format)]).unwrap();
        assert_eq!(try_made(&original, &[("f", format), ("progressive", "true")]).unwrap(), plain);
    }
}

#[test]
fn a_result_is_as_good_as_its_bytes_allow() {
    let original = png(texture(200, 150));
    for format in ["jpeg", "webp", "avif"] {
        let sized = |query: &[(&str, &str)]| try_made(&original, &[&[("f", format)], query].concat());
        let full = sized(&[]).unwrap().len();
        for percent in [90, 60] {
            let max_bytes = full * percent / 100;
            let found = sized(&[("max_bytes", &max_bytes.to_string())]).unwrap().len();
            assert!(found <= max_bytes && found * 10 >= max_bytes * 9, "{format}: {found} of {max_bytes}");
        }
        let least = sized(&[("q", "10")]).unwrap().len() as u64;
        let refused = sized(&[("max_bytes", "100")]).unwrap_err();
        assert!(matches!(refused, Error::TooManyBytes { smallest, .. } if smallest == least), "{refused}");
    }
    let refused = try_made(&original, &[("f", "png"), ("max_bytes", "100")]).unwrap_err();
    assert!(refused.to_string().contains("lossless"), "{refused}");
}

#[test]
fn a_search_that_is_told_to_stop_stops() {
    let original = png(texture(200, 150));
    let source = probe(Cursor::new(&original)).unwrap();
    let plan = plan(source, &[("f", "jpeg"), ("max_bytes", "100")]);
    let asked = Cell::new(0);
    let all = || {
        asked.set(asked.get() + 1);
        true
    };
    assert!(matches!(derive(&original, &source, &plan, &LIMITS, &all), Err(Error::TooManyBytes { .. })));
    let times = asked.replace(0);
    let all_but_one = || {
        asked.set(asked.get() + 1);
        asked.get() < times
    };
    assert_eq!(derive(&original, &source, &plan, &LIMITS, &all_but_one), Err(Error::Stopped));
}

#[test]
fn an_avif_has_the_size_and_the_alpha_of_the_picture() {
    /// The name by which an AVIF knows that an item is the alpha of another.
    const ALPHA: &[u8] = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha";

    let has_alpha = |file: &[u8]| file.windows(ALPHA.len()).any(|window| window == ALPHA);
    for (width, height) in [(1, 1), (2, 3), (65, 33), (200, 150)] {
        let rgb = picture(width, height);
        let gray = image::DynamicImage::ImageRgb8(rgb.clone()).into_luma8();
        let mut clear = image::DynamicImage::ImageRgb8(rgb.clone()).into_rgba8();
        clear.get_pixel_mut(0, 0)[3] = 100;
        for (original, expected) in [(png(rgb), false), (png(gray), false), (png(clear), true)] {
            let file = try_made(&original, &[("f", "avif")]).unwrap();
            assert_eq!(probe(Cursor::new(&file)).unwrap(), source(MediaType::Avif, width, height));
            assert_eq!(has_alpha(&file), expected, "{width}×{height}");
            assert_eq!(try_made(&original, &[("f", "avif")]).unwrap(), file, "the same every time");
        }
    }
}

#[test]
fn the_quality_of_an_avif_can_be_chosen() {
    let original = png(texture(200, 150));
    let bytes = |quality| try_made(&original, &[("f", "avif"), ("q", quality)]).unwrap().len();
    let sizes = ["1", "30", "70", "100"].map(bytes);
    assert!(sizes.is_sorted_by(|a, b| a < b), "{sizes:?}");
}

/// A picture whose file shrinks with its quality.
fn texture(width: u32, height: u32) -> image::RgbImage {
    let mut state = 1u32;
    image::RgbImage::from_fn(width, height, |x, y| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = (state >> 27) as u8;
        image::Rgb([(x as u8) / 2 + noise, (y as u8) / 2 + noise, 90 + noise])
    })
}

#[test]
fn a_palette_has_the_colors_it_may_have_and_is_smaller() {
    let original = png(texture(200, 150));
    let full = try_made(&original, &[("f", "png")]).unwrap();
    let mut before = full.len();
    for (colors, worst) in [("256", 40), ("16", 110), ("2", 255)] {
        let file = try_made(&original, &[("f", "png"), ("colors", colors)]).unwrap();
        assert!(file.len() < before, "{colors}: {} of {before}", file.len());
        before = file.len();
        let reader = png::Decoder::new(Cursor::new(&file)).read_info().unwrap();
        assert_eq!(reader.info().color_type, png::ColorType::Indexed);
        let count = reader.info().palette.as_ref().unwrap().len() / 3;
        assert!(count <= colors.parse().unwrap(), "{colors}: {count}");
        let found = crate::samples::made(&file, &[]);
        let exact = crate::samples::made(&original, &[]);
        assert!(crate::samples::worst_difference(&found, &exact) <= worst, "{colors}");
    }
    let gif = try_made(&original, &[("f", "gif"), ("colors", "4")]).unwrap();
    let found = crate::samples::made(&gif, &[]);
    let colors: std::collections::BTreeSet<_> = found.pixels().map(|pixel| pixel.0).collect();
    assert!(colors.len() <= 4, "{colors:?}");
}

#[test]
fn clear_pixels_are_one_color_of_a_palette() {
    let mut picture = image::DynamicImage::ImageRgb8(picture(40, 30)).into_rgba8();
    picture.enumerate_pixels_mut().for_each(|(x, _, pixel)| pixel[3] = if x < 9 { 10 } else { 250 });
    let file = try_made(&png(picture), &[("f", "png"), ("colors", "8")]).unwrap();
    let found = crate::samples::made(&file, &[]);
    assert!(found.enumerate_pixels().all(|(x, _, pixel)| pixel[3] == if x < 9 { 0 } else { 255 }));
}

#[test]
fn a_lossless_webp_loses_nothing() {
    let original = png(texture(200, 150));
    let file = try_made(&original, &[("f", "webp"), ("lossless", "true")]).unwrap();
    assert_eq!(crate::samples::made(&file, &[]), crate::samples::made(&original, &[]));
}

#[test]
fn a_tiff_comes_back_as_it_was() {
    let rgb = texture(200, 150);
    let mut clear = image::DynamicImage::ImageRgb8(rgb.clone()).into_rgba8();
    clear.enumerate_pixels_mut().for_each(|(x, _, pixel)| pixel[3] = x as u8);
    let gray = image::DynamicImage::ImageRgb8(rgb.clone()).into_luma8();
    for original in [png(rgb), png(clear), png(gray)] {
        let file = try_made(&original, &[("f", "tiff")]).unwrap();
        let other = image::load_from_memory(&file).unwrap().into_rgba8();
        assert_eq!(other, crate::samples::made(&original, &[]), "by another decoder");
        assert_eq!(crate::samples::made(&file, &[]), other);
        assert!(try_made(&file, &[]).unwrap().starts_with(b"II*\0"), "a TIFF stays one");
    }
}
