//! What comes out of the pipeline.

use std::io::Cursor;

use domain::MediaType;
use image::{DynamicImage, Rgba, RgbaImage, imageops};
use imaging::{Error, derive, probe, working_memory_bytes};

use crate::samples::{
    LIMITS, every_format, jpeg, made, picture, plan, png, source, try_made, webp, with_chunk, with_exif,
    with_segment, worst_difference,
};

fn rgba(picture: &image::RgbImage) -> RgbaImage {
    DynamicImage::ImageRgb8(picture.clone()).into_rgba8()
}

#[test]
fn every_format_decodes_to_the_same_picture() {
    let picture = picture(61, 43);
    for (media_type, file) in every_format(&picture) {
        let tolerance = match media_type {
            MediaType::Jpeg => 8,
            MediaType::Gif => 60,
            _ => 0,
        };
        let difference = worst_difference(&made(&file, &[]), &rgba(&picture));
        assert!(difference <= tolerance, "{media_type}: {difference}");
    }
}

#[test]
fn each_orientation_is_applied() {
    let picture = picture(60, 40);
    let upright = rgba(&picture);
    for number in 1..=8 {
        let expected = match number {
            1 => upright.clone(),
            2 => imageops::flip_horizontal(&upright),
            3 => imageops::rotate180(&upright),
            4 => imageops::flip_vertical(&upright),
            5 => imageops::flip_horizontal(&imageops::rotate90(&upright)),
            6 => imageops::rotate90(&upright),
            7 => imageops::flip_horizontal(&imageops::rotate270(&upright)),
            _ => imageops::rotate270(&upright),
        };
        let from_png = made(&with_chunk(&png(picture.clone()), b"eXIf", &crate::samples::exif(number)), &[]);
        assert_eq!(worst_difference(&from_png, &expected), 0, "orientation {number}");
        let from_jpeg = made(&with_exif(&jpeg(&picture), number), &[]);
        assert!(worst_difference(&from_jpeg, &expected) <= 8, "orientation {number}");

        // Scaled before it is turned, which must not show.
        let file = with_chunk(&png(picture.clone()), b"eXIf", &crate::samples::exif(number));
        let small = made(&file, &[("w", "20"), ("h", "16")]);
        let expected = made(&png(DynamicImage::ImageRgba8(expected)), &[("w", "20"), ("h", "16")]);
        assert!(worst_difference(&small, &expected) <= 1, "orientation {number}, scaled");
    }
}

#[test]
fn each_fit_gives_the_size_and_the_content_it_promises() {
    let file = png(picture(120, 60));
    let near = |image: &RgbaImage, x: u32, y: u32, expected: [u8; 2]| {
        let Rgba([r, g, _, _]) = *image.get_pixel(x, y);
        assert!(r.abs_diff(expected[0]) <= 6 && g.abs_diff(expected[1]) <= 6, "{r},{g} at {x},{y}");
    };
    let cover = made(&file, &[("w", "30"), ("h", "30")]);
    assert_eq!(cover.dimensions(), (30, 30));
    near(&cover, 0, 15, [30 + 50, 130]);
    near(&cover, 29, 15, [30 + 150, 130]);

    let fill = made(&file, &[("w", "30"), ("h", "30"), ("fit", "fill")]);
    near(&fill, 0, 15, [32, 130]);
    near(&fill, 29, 15, [228, 130]);

    assert_eq!(made(&file, &[("w", "30"), ("h", "30"), ("fit", "inside")]).dimensions(), (30, 15));
    assert_eq!(made(&file, &[("w", "30"), ("h", "30"), ("fit", "outside")]).dimensions(), (60, 30));

    let contain = made(&file, &[("w", "30"), ("h", "31"), ("fit", "contain")]);
    assert_eq!(contain.dimensions(), (30, 31));
    assert_eq!(contain.get_pixel(15, 0), &Rgba([0, 0, 0, 0]), "PNG can be transparent");
    assert_eq!(contain.get_pixel(15, 15).0[3], 255);

    let on_white = try_made(&file, &[("w", "30"), ("h", "31"), ("fit", "contain"), ("f", "jpeg")]).unwrap();
    let on_white = made(&on_white, &[]);
    assert!(on_white.get_pixel(15, 1).0.iter().all(|sample| *sample >= 250), "JPEG cannot");
}

#[test]
fn what_is_transparent_does_not_bleed() {
    let sides =
        RgbaImage::from_fn(40, 20, |x, _| if x < 20 { Rgba([255, 0, 0, 0]) } else { Rgba([0, 0, 255, 255]) });
    let file = png(sides);
    for query in [&[("blur", "3")][..], &[("blur", "12")], &[("w", "10")]] {
        let result = made(&file, query);
        for Rgba([r, _, b, alpha]) in result.pixels() {
            assert!(*r <= 1, "red {r} under {query:?}");
            assert!(*alpha < 32 || *b >= 240, "blue {b} at alpha {alpha} under {query:?}");
        }
    }
}

#[test]
fn alpha_is_kept_where_the_format_has_it_and_laid_on_white_where_not() {
    let file = png(RgbaImage::from_pixel(16, 16, Rgba([200, 0, 0, 128])));
    let webp = try_made(&file, &[("f", "webp")]).unwrap();
    let alpha = made(&webp, &[]).get_pixel(8, 8).0[3];
    assert!(alpha.abs_diff(128) <= 1);
    let flat = made(&try_made(&file, &[("f", "jpeg")]).unwrap(), &[]);
    let Rgba([r, g, b, _]) = *flat.get_pixel(8, 8);
    assert!(r.abs_diff(227) <= 3 && g.abs_diff(127) <= 3 && b.abs_diff(127) <= 3, "{r},{g},{b}");
}

#[test]
fn gray_stays_gray() {
    let gray = DynamicImage::ImageRgb8(picture(32, 32)).into_luma8();
    let result = try_made(&png(gray), &[("f", "jpeg"), ("blur", "2")]).unwrap();
    assert_eq!(turbojpeg::read_header(&result).unwrap().colorspace, turbojpeg::Colorspace::Gray);
    let again = try_made(&result, &[("f", "png")]).unwrap();
    assert_eq!(again[25], 0, "a PNG of color type gray");
}

#[test]
fn inks_become_colors() {
    let inks: Vec<u8> = [255u8, 0, 0, 255].repeat(64 * 64);
    let mut compressor = turbojpeg::Compressor::new().unwrap();
    compressor.set_quality(95).unwrap();
    compressor.set_subsamp(turbojpeg::Subsamp::None).unwrap();
    let file = compressor
        .compress_to_vec(turbojpeg::Image {
            pixels: inks.as_slice(),
            width: 64,
            pitch: 256,
            height: 64,
            format: turbojpeg::PixelFormat::CMYK,
        })
        .unwrap();
    let Rgba([r, g, b, _]) = *made(&file, &[]).get_pixel(30, 30);
    let is_red = (210..=240).contains(&r) && g <= 40 && b <= 50;
    assert!(is_red, "no cyan, all magenta and yellow is the red of print: {r},{g},{b}");
}

#[test]
fn metadata_do_not_reach_the_result() {
    let secret = b"SECRETMAKE";
    let noted = with_segment(&with_exif(&jpeg(&picture(48, 32)), 6), 0xfe, secret);
    let noted = with_segment(&noted, 0xe1, b"http://ns.adobe.com/xap/1.0/\0SECRETMAKE");
    let in_png = with_chunk(&png(picture(48, 32)), b"tEXt", b"Make\0SECRETMAKE");
    for file in [noted, in_png] {
        for format in ["jpeg", "png", "webp"] {
            let result = try_made(&file, &[("f", format)]).unwrap();
            for word in [secret.as_slice(), b"Exif", b"eXIf", b"EXIF", b"ICC", b"tEXt"] {
                assert!(!result.windows(word.len()).any(|bytes| bytes == word), "{format}");
            }
        }
    }
}

#[test]
fn the_first_frame_of_an_animation_is_taken() {
    let size = (20, 12);
    let frames =
        [[255, 0, 0, 255], [0, 255, 0, 255]].map(|color| RgbaImage::from_pixel(size.0, size.1, Rgba(color)));
    let mut config = webp::WebPConfig::new().unwrap();
    config.lossless = 1;
    let mut encoder = webp::AnimEncoder::new(size.0, size.1, &config);
    for (index, frame) in frames.iter().enumerate() {
        encoder.add_frame(webp::AnimFrame::from_rgba(frame, size.0, size.1, index as i32 * 100));
    }
    let animated = encoder.encode().to_vec();
    assert_eq!(made(&animated, &[]).get_pixel(3, 3), &Rgba([255, 0, 0, 255]));

    let mut gif = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut gif);
    encoder.encode_frames(frames.into_iter().map(image::Frame::new)).unwrap();
    drop(encoder);
    assert_eq!(made(&gif, &[]).get_pixel(3, 3), &Rgba([255, 0, 0, 255]));
}

#[test]
fn the_work_stops_when_it_is_told_to() {
    let file = jpeg(&picture(64, 64));
    let source = source(MediaType::Jpeg, 64, 64);
    let plan = plan(source, &[("w", "20"), ("blur", "2")]);
    let asked = std::cell::Cell::new(0);
    let times = |limit| {
        asked.set(0);
        derive(&file, &source, &plan, &LIMITS, &|| {
            asked.set(asked.get() + 1);
            asked.get() <= limit
        })
    };
    assert!(times(100).is_ok());
    let all = asked.get();
    for limit in 0..all {
        assert_eq!(times(limit), Err(Error::Stopped));
    }
}

#[test]
fn results_are_the_same_every_time() {
    let file = webp(&picture(200, 150));
    for format in ["jpeg", "png", "webp"] {
        let query = [("f", format), ("blur", "6"), ("w", "100")];
        assert_eq!(try_made(&file, &query), try_made(&file, &query));
    }
}

#[test]
fn the_memory_that_is_announced_covers_the_pixels() {
    for (media_type, file) in every_format(&picture(200, 100)) {
        let source = probe(Cursor::new(file)).unwrap();
        let bytes = working_memory_bytes(None, &source, &plan(source, &[("blur", "10")]));
        assert!(bytes >= 200 * 100 * 4, "{media_type}: {bytes}");
    }
}
