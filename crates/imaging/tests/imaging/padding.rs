//! Room around the picture, and device pixels.

use image::{GrayImage, Rgba, RgbaImage};

use crate::samples::{made, picture, png, try_made};

#[test]
fn padding_stands_around_the_picture_and_is_background() {
    let image = RgbaImage::from_fn(5, 3, |x, y| Rgba([x as u8 * 40, y as u8 * 90, 7, 200 + x as u8]));
    let file = png(image.clone());
    for (background, behind) in [("transparent", [0; 4]), ("ff8001", [255, 128, 1, 255])] {
        let padded = made(&file, &[("padding", "1,2,3,4"), ("background", background)]);
        assert_eq!(padded.dimensions(), (5 + 2 + 4, 3 + 1 + 3));
        for (x, y, pixel) in padded.enumerate_pixels() {
            let inside = (4..9).contains(&x) && (1..4).contains(&y);
            let expected = if inside { image.get_pixel(x - 4, y - 1).0 } else { behind };
            assert_eq!(pixel.0, expected, "{x},{y}");
        }
    }
    // It follows the resize and the box, and what is done to colors is not done to it.
    let query = [
        ("w", "4"),
        ("h", "4"),
        ("fit", "contain"),
        ("padding", "2"),
        ("background", "0000ff"),
        ("brightness", "0"),
    ];
    let padded = made(&file, &query);
    assert_eq!(padded.dimensions(), (8, 8));
    assert_eq!(padded.get_pixel(1, 1), &Rgba([0, 0, 255, 255]));
    assert_eq!(padded.get_pixel(4, 4).0[..3], [0, 0, 0]);
    // A JPEG of gray with white around it stays gray.
    let gray = try_made(&png(GrayImage::new(8, 8)), &[("padding", "8"), ("f", "jpeg")]).unwrap();
    assert_eq!(turbojpeg::read_header(&gray).unwrap().colorspace, turbojpeg::Colorspace::Gray);
    assert!(made(&gray, &[]).get_pixel(2, 2).0[0] >= 253);
}

#[test]
fn device_pixels_multiply_size_and_padding() {
    let file = png(picture(60, 40));
    let query = [("w", "11"), ("padding", "1,2"), ("dpr", "2.5")];
    assert_eq!(made(&file, &query), made(&file, &[("w", "28"), ("padding", "3,5")]));
}
