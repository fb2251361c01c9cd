//! Harmless damage is taken, and what lacks pixels is not.

use image::{DynamicImage, ImageFormat};
use imaging::Error;

use crate::samples::{encoded, jpeg, made, picture, png, progressive, try_made, worst_difference};

#[test]
fn a_jpeg_that_lacks_only_its_end_mark_is_shown() {
    let trailer = b"\0\0SEFH a trailer SEFT".repeat(9);
    for whole in [jpeg(&picture(320, 240)), progressive(&picture(320, 240))] {
        let cut = &whole[..whole.len() - 2];
        for query in [&[][..], &[("w", "100")], &[("blur", "8")]] {
            let expected = made(&whole, query);
            for file in [cut.to_vec(), [cut, &trailer].concat(), [&whole, trailer.as_slice()].concat()] {
                assert_eq!(worst_difference(&made(&file, query), &expected), 0, "{query:?}");
            }
        }
        let half = &whole[..whole.len() / 2];
        assert!(matches!(try_made(half, &[]), Err(Error::Corrupt { .. })));
        let half = [half, &trailer].concat();
        assert!(matches!(try_made(&half, &[]), Err(Error::Corrupt { .. })));
    }
}

#[test]
fn a_png_needs_nothing_behind_its_last_row() {
    let whole = png(picture(40, 30));
    for missing in [1, 8, 12] {
        assert_eq!(made(&whole[..whole.len() - missing], &[]), made(&whole, &[]));
    }
    assert!(matches!(try_made(&whole[..whole.len() / 2], &[]), Err(Error::Corrupt { .. })));
}

#[test]
fn the_last_hundredth_may_be_missing() {
    for format in [ImageFormat::Bmp, ImageFormat::Gif] {
        let rgba = DynamicImage::ImageRgb8(picture(120, 400)).into_rgba8();
        let whole = encoded(DynamicImage::ImageRgba8(rgba).into_rgb8(), format);
        let cut = &whole[..whole.len() - whole.len() / 200];
        let (expected, found) = (made(&whole, &[]), made(cut, &[]));
        assert!(expected.rows().zip(found.rows()).filter(|(a, b)| a.clone().eq(b.clone())).count() >= 396);
        let cut = &whole[..whole.len() - whole.len() / 20];
        assert!(matches!(try_made(cut, &[]), Err(Error::Corrupt { .. })), "{format:?}");
    }
}

#[test]
fn a_few_bytes_that_promise_much_are_refused_for_what_they_are() {
    // It says 8191 × 8191 pixels.
    let mut gif = b"GIF89a\xff\x1f\xff\x1f\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\xff\x1f\xff\x1f\0\x02".to_vec();
    gif.extend([2, 0x4c, 1, 0, 0x3b]);
    assert!(matches!(
        try_made(&gif, &[("w", "8")]),
        Err(Error::TooManyPixels { .. } | Error::Corrupt { .. })
    ));
}

#[test]
fn a_gif_of_one_color_is_whole_however_few_its_bytes() {
    let picture = image::RgbImage::from_pixel(200, 300, image::Rgb([9, 99, 199]));
    let file = encoded(picture.clone(), ImageFormat::Gif);
    assert!(file.len() < 2000, "{} bytes", file.len());
    assert_eq!(made(&file, &[("animate", "false")]), DynamicImage::ImageRgb8(picture).into_rgba8());
}
