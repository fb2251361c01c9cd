//! What the header walkers find.

use std::io::Cursor;

use domain::MediaType;
use imaging::{ProbeError, probe};

use crate::samples::{
    encoded, every_format, exif, icon, jpeg, picture, png, source, webp, with_chunk, with_exif, with_segment,
};

fn looks_like(bytes: &[u8]) -> Option<&'static str> {
    match probe(Cursor::new(bytes)) {
        Err(ProbeError::NotAnImage { looks_like }) => looks_like,
        other => panic!("{other:?}"),
    }
}

fn reason(bytes: &[u8]) -> String {
    match probe(Cursor::new(bytes)) {
        Err(ProbeError::Corrupt { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_format_is_found_with_its_size() {
    for (media_type, file) in every_format(&picture(37, 23)) {
        assert_eq!(probe(Cursor::new(file)).unwrap(), source(media_type, 37, 23));
    }
}

#[test]
fn the_orientation_is_read_wherever_a_format_keeps_it() {
    let picture = picture(9, 5);
    for number in 1..=8 {
        let in_webp = webp_with_exif(&webp(&picture), 9, 5, &exif(number));
        let files = [
            with_exif(&jpeg(&picture), number),
            with_chunk(&png(picture.clone()), b"eXIf", &exif(number)),
            in_webp,
        ];
        for file in files {
            let found = probe(Cursor::new(file)).unwrap();
            assert_eq!(found.orientation.exif(), number);
            assert_eq!((found.size.width(), found.size.height()), (9, 5), "as stored");
        }
    }
}

fn webp_with_exif(webp: &[u8], width: u8, height: u8, exif: &[u8]) -> Vec<u8> {
    let mut body = b"WEBPVP8X\x0a\0\0\0\x08\0\0\0".to_vec();
    body.extend([width - 1, 0, 0, height - 1, 0, 0]);
    body.extend(&webp[12..]);
    body.extend(b"EXIF");
    body.extend((exif.len() as u32).to_le_bytes());
    body.extend(exif);
    [b"RIFF".as_slice(), &(body.len() as u32).to_le_bytes(), &body].concat()
}

#[test]
fn frames_are_counted_where_the_header_says_them() {
    let frames = |file: &[u8]| probe(Cursor::new(file)).unwrap().frames;
    let picture = picture(9, 5);
    for (_, file) in every_format(&picture) {
        assert_eq!(frames(&file), 1);
    }
    let still = png(picture.clone());
    let padded = with_chunk(&still, b"zTXt", &[0; 2000]);
    assert_eq!(frames(&with_chunk(&padded, b"acTL", &[0, 0, 0, 7, 0, 0, 0, 0])), 7);
    assert_eq!(frames(&with_chunk(&still, b"acTL", &[0; 8])), 1, "none is a still image");
    let lying = with_chunk(&still, b"acTL", &[0xff; 8]);
    assert_eq!(frames(&lying) as usize, lying.len() / 38, "no more than fit into the file");

    let named =
        |name: &[u8; 4], body: &[u8]| [name.as_slice(), &(body.len() as u32).to_le_bytes(), body].concat();
    let animated = |count: usize, after: &[u8], flags: u8| {
        let canvas = named(b"VP8X", &[flags, 0, 0, 0, 8, 0, 0, 4, 0, 0]);
        let body = [b"WEBP".as_slice(), &canvas, &named(b"ANMF", &[0; 600]).repeat(count), after].concat();
        named(b"RIFF", &body)
    };
    assert_eq!(frames(&animated(3, &[], 2)), 3);
    assert_eq!(frames(&animated(3, &[], 0)), 1, "not said to be animated");
    let turned = probe(Cursor::new(animated(4, &named(b"EXIF", &exif(6)), 2 | 8))).unwrap();
    assert_eq!((turned.frames, turned.orientation.exif()), (4, 6));
    let many = frames(&animated(5000, &[], 2));
    assert!((400..5000).contains(&many), "counting {many} is bounded");
}

#[test]
fn a_damaged_exif_block_leaves_the_image_upright() {
    let file = jpeg(&picture(8, 8));
    for number in [0, 9, 255] {
        assert_eq!(probe(Cursor::new(with_exif(&file, number))).unwrap().orientation.exif(), 1);
    }
    let endless = with_segment(&file, 0xe1, b"Exif\0\0MM\0*\xff\xff\xff\xff\xff\xff");
    assert_eq!(probe(Cursor::new(endless)).unwrap().orientation.exif(), 1);
}

#[test]
fn large_segments_and_padding_before_the_size_are_passed_over() {
    let mut file = jpeg(&picture(8, 8));
    for _ in 0..40 {
        file = with_segment(&file, 0xe2, &[0xff; 65_000]);
    }
    file.splice(2..2, [0xff, 0xff, 0xff]);
    assert_eq!(probe(Cursor::new(file)).unwrap(), source(MediaType::Jpeg, 8, 8));
}

#[test]
fn a_bmp_from_the_top_has_a_negative_height() {
    let mut file = encoded(picture(7, 6), image::ImageFormat::Bmp);
    file[22..26].copy_from_slice(&(-6i32).to_le_bytes());
    assert_eq!(probe(Cursor::new(file)).unwrap(), source(MediaType::Bmp, 7, 6));
}

#[test]
fn the_picture_inside_an_icon_says_the_size() {
    let wide =
        encoded(image::DynamicImage::ImageRgb8(picture(256, 256)).into_rgba8(), image::ImageFormat::Bmp);
    let inside = icon(&png(picture(256, 200)), 0, 0);
    assert_eq!(probe(Cursor::new(inside)).unwrap(), source(MediaType::Ico, 256, 200));
    // A BMP without its file header; the height counts the mask.
    let mut inside = icon(&wide[14..], 0, 0);
    inside[30..34].copy_from_slice(&512u32.to_le_bytes());
    assert_eq!(probe(Cursor::new(inside)).unwrap(), source(MediaType::Ico, 256, 256));
}

#[test]
fn an_avif_says_the_size_of_its_primary_item() {
    let named = |name: &[u8; 4], payload: &[u8]| {
        [&(payload.len() as u32 + 8).to_be_bytes(), name.as_slice(), payload].concat()
    };
    let ispe =
        |w: u32, h: u32| named(b"ispe", &[&[0; 4], &w.to_be_bytes(), &h.to_be_bytes()[..]].concat()[..]);
    let ipco = named(b"ipco", &[ispe(64, 64), ispe(300, 200)].concat());
    let ipma = named(b"ipma", &[0, 0, 0, 0, 0, 0, 0, 1, 0, 7, 1, 0x82]);
    let pitm = named(b"pitm", &[0, 0, 0, 0, 0, 7]);
    let meta = named(b"meta", &[&[0; 4][..], &pitm, &named(b"iprp", &[ipco, ipma].concat())].concat());
    let file = [named(b"ftyp", b"avif\0\0\0\0mif1"), meta].concat();
    assert_eq!(probe(Cursor::new(&file)).unwrap(), source(MediaType::Avif, 300, 200));
    for length in 0..file.len() {
        assert!(probe(Cursor::new(&file[..length])).is_err(), "{length} bytes");
    }
}

#[test]
fn what_is_no_image_is_refused_by_name() {
    let samples: [(&[u8], Option<&str>); 16] = [
        (b"", Some("an empty file")),
        (b"<!DOCTYPE html><html></html>", Some("HTML")),
        (b"\xef\xbb\xbf <svg xmlns='http://www.w3.org/2000/svg'/>", Some("SVG")),
        (b"<?xml version='1.0'?><!-- hi --><svg/>", Some("SVG")),
        (b"<?xml version='1.0'?><note/>", Some("XML")),
        (b"\xff\xfe<\0s\0v\0g\0", Some("text")),
        (b"%PDF-1.7\n", Some("PDF")),
        (b"hello, world", Some("text")),
        (b"BM is how this text begins, and it goes on", Some("text")),
        (b"\x7fELF\x02\x01\x01\0", Some("an executable")),
        (b"MZ\x90\0", Some("an executable")),
        (b"PK\x03\x04", Some("a ZIP archive")),
        (b"\0\0\x02\0\x01\0", Some("a Windows cursor")),
        (b"\0\0\0\x14ftypmp42\0\0\0\0isom", Some("a video")),
        (b"\x89PNG\n\x1a\n", None),
        (b"\0\0\0\0\0\0\0\0\0\0\0\0", None),
    ];
    for (bytes, expected) in samples {
        assert_eq!(looks_like(bytes), expected, "{}", bytes.escape_ascii());
    }
}

#[test]
fn a_header_that_makes_no_sense_says_why() {
    let good = png(picture(4, 4));
    let mut flipped = good.clone();
    flipped[19] ^= 1;
    assert!(reason(&flipped).contains("checksum"));
    let header = |fields: &[u8; 13]| [&good[..8], &crate::samples::chunk(b"IHDR", fields)].concat();
    assert!(reason(&header(&[0, 0, 0, 0, 0, 0, 0, 4, 8, 2, 0, 0, 0])).contains("0×4"));
    assert!(reason(&header(&[0, 0, 0, 4, 0, 0, 0, 4, 3, 2, 0, 0, 0])).contains("3 bits"));
    assert!(reason(b"GIF89a\0\0\0\0\0\0\0").contains("0×0"));
    assert!(reason(b"\xff\xd8\xff\xd9").contains("ends before"));
    assert!(reason(b"\xff\xd8\xff\xe0\0\x01").contains("segment of 1"));
    assert!(reason(b"II*\0\x08\0\0\0\xff\xff").contains("65535 entries"));
}

#[test]
fn a_file_cut_anywhere_is_refused_or_has_its_size() {
    for (media_type, file) in every_format(&picture(21, 13)) {
        for length in 0..file.len() {
            if let Ok(found) = probe(Cursor::new(&file[..length])) {
                assert_eq!(found, source(media_type, 21, 13), "{media_type} of {length} bytes");
            }
        }
    }
}
