//! Taking a plain border off.

use domain::plan::Unplannable;
use domain::{MediaType, Orientation, Size};
use image::{GrayImage, Rgb, RgbImage, Rgba, RgbaImage, imageops};
use imaging::{Error, working_memory_bytes};

use crate::samples::{exif, jpeg, made, picture, plan, png, source, try_made, with_chunk, worst_difference};

/// The smooth picture with a border of one color: left 9, top 4, right 2, bottom 7.
fn framed(inner: &RgbImage, color: [u8; 3]) -> RgbImage {
    let mut image = RgbImage::from_pixel(inner.width() + 11, inner.height() + 11, Rgb(color));
    imageops::replace(&mut image, inner, 9, 4);
    image
}

fn rgba(image: RgbImage) -> RgbaImage {
    image::DynamicImage::ImageRgb8(image).into_rgba8()
}

#[test]
fn the_border_and_no_more_is_taken_off() {
    let inner = picture(40, 30);
    for color in [[255; 3], [0; 3], [250, 3, 3]] {
        assert_eq!(made(&png(framed(&inner, color)), &[("trim", "10")]), rgba(inner.clone()), "{color:?}");
    }
    // One pixel that differs is picture, wherever it is.
    for (x, y) in [(0, 6), (12, 0), (12, 6), (3, 2), (5, 4)] {
        let mut image = GrayImage::from_pixel(13, 7, image::Luma([100]));
        image.put_pixel(x, y, image::Luma([111]));
        assert_eq!(made(&png(image.clone()), &[("trim", "10")]).dimensions(), (1, 1), "{x},{y}");
        assert_eq!(made(&png(image), &[("trim", "11")]).dimensions(), (13, 7), "all of it is border");
    }
    let mut image = GrayImage::from_pixel(13, 7, image::Luma([100]));
    image.put_pixel(11, 1, image::Luma([0]));
    image.put_pixel(2, 5, image::Luma([0]));
    assert_eq!(made(&png(image), &[("trim", "0")]).dimensions(), (10, 5));
}

#[test]
fn a_picture_of_one_color_and_one_without_a_border_stay_whole() {
    for (w, h) in [(1, 1), (20, 10)] {
        let plain = RgbaImage::from_pixel(w, h, Rgba([9, 8, 7, 60]));
        assert_eq!(made(&png(plain.clone()), &[("trim", "50")]), plain);
    }
    let mut image = rgba(picture(30, 20));
    image.put_pixel(0, 0, Rgba([0, 255, 0, 255]));
    assert_eq!(made(&png(image.clone()), &[("trim", "20")]), image);
}

#[test]
fn what_is_clear_is_alike_whatever_its_color() {
    let clear = |x: u32, y: u32| Rgba([x as u8 * 9, y as u8 * 9, 200, u8::from(x == 1)]);
    let image = RgbaImage::from_fn(20, 15, |x, y| {
        if (5..9).contains(&x) && (3..11).contains(&y) { Rgba([x as u8, 0, 0, 255]) } else { clear(x, y) }
    });
    assert_eq!(made(&png(image), &[("trim", "2")]).dimensions(), (4, 8));
}

#[test]
fn it_follows_the_turn_and_precedes_crop_and_resize() {
    let query = [("rotate", "90"), ("flip", "h"), ("trim", "10"), ("crop", "3,5,12,40"), ("w", "6")];
    for number in 1..=8 {
        let file = with_chunk(&png(framed(&picture(40, 30), [255; 3])), b"eXIf", &exif(number));
        let turned = imageops::flip_horizontal(&imageops::rotate90(&made(&file, &[])));
        let rest = made(&png(turned), &[("trim", "10")]);
        let expected = made(&png(rest), &query[3..]);
        assert!(worst_difference(&made(&file, &query), &expected) <= 1, "{number}");
    }
    // The corner that counts is that of the turned picture.
    let halves = png(RgbImage::from_fn(30, 10, |x, _| Rgb(if x < 10 { [0; 3] } else { [255; 3] })));
    assert_eq!(made(&halves, &[("trim", "9")]).dimensions(), (20, 10));
    assert_eq!(made(&halves, &[("trim", "9"), ("flip", "h")]).dimensions(), (10, 10));
    // Beside a picture turned by an angle everything is clear, and nothing is taken off that.
    let turned = made(&png(picture(40, 30)), &[("rotate", "30")]);
    assert_eq!(made(&png(picture(40, 30)), &[("rotate", "30"), ("trim", "9")]), turned);
}

#[test]
fn every_step_works_on_the_rest() {
    let inner = picture(40, 30);
    let file = png(framed(&inner, [255; 3]));
    for query in [
        &[("w", "20"), ("h", "20"), ("position", "left")][..],
        &[("w", "20"), ("h", "20"), ("position", "entropy")],
        &[("w", "80"), ("h", "80"), ("fit", "contain"), ("enlarge", "true"), ("background", "black")],
        &[("padding", "3"), ("blur", "2"), ("sharpen", "1"), ("grayscale", "true"), ("pixelate", "4")],
    ] {
        let trimmed = [query, &[("trim", "10")]].concat();
        assert_eq!(made(&file, &trimmed), made(&png(inner.clone()), query), "{query:?}");
    }
    let soft = made(&jpeg(&framed(&picture(160, 120), [255; 3])), &[("trim", "40")]);
    assert!(soft.width().abs_diff(160) <= 2 && soft.height().abs_diff(120) <= 2, "{:?}", soft.dimensions());
}

#[test]
fn what_cannot_be_made_of_the_rest_says_so() {
    let file = png(framed(&picture(40, 30), [255; 3]));
    let error = try_made(&file, &[("trim", "10"), ("crop", "41,0,5,5")]).unwrap_err();
    assert!(matches!(error, Error::Impossible(Unplannable::CropOutside { .. })), "{error}");
    assert!(error.to_string().contains("40×30"), "{error}");
    let dot = RgbImage::from_fn(50, 50, |x, y| Rgb([if (x, y) == (20, 20) { 0 } else { 255 }; 3]));
    let tall = [("trim", "10"), ("w", "20000"), ("enlarge", "true")];
    let error = try_made(&png(dot), &tall).unwrap_err();
    assert!(matches!(error, Error::Impossible(Unplannable::OutputTooLarge { .. })), "{error}");
}

#[test]
fn the_memory_that_is_announced_covers_whatever_is_left() {
    for media_type in [MediaType::Jpeg, MediaType::Png] {
        let whole = source(media_type, 900, 400);
        for query in [
            &[("w", "300")][..],
            &[("w", "300"), ("enlarge", "true"), ("blur", "3")],
            &[("h", "700"), ("enlarge", "true"), ("sharpen", "2"), ("padding", "40")],
            &[("w", "800"), ("h", "10"), ("fit", "fill"), ("enlarge", "true")],
            &[("w", "500"), ("h", "600"), ("fit", "outside"), ("enlarge", "true")],
            &[("w", "500"), ("h", "600"), ("position", "attention"), ("enlarge", "true")],
            &[("w", "1500"), ("h", "600"), ("fit", "contain")],
            &[("crop", "10,10,200,300"), ("h", "2000"), ("enlarge", "true")],
        ] {
            let announced = plan(whole, &[query, &[("trim", "9")]].concat());
            let bytes = working_memory_bytes(None, &whole, &announced);
            assert!(bytes >= 900 * 400 * 3);
            for (w, h) in [(1, 1), (900, 1), (1, 400), (900, 400), (300, 300), (20, 399), (899, 7)] {
                let size = Size::new(w, h).unwrap();
                let rest =
                    domain::plan::Source { media_type, size, orientation: Orientation::UPRIGHT, frames: 1 };
                if let Ok(plan) = announced.trimmed(size) {
                    let needed = working_memory_bytes(None, &rest, &plan);
                    assert!(bytes >= needed, "{announced} of {w}x{h}: {bytes} < {needed}");
                }
            }
        }
    }
}
