//! Bytes that lie, end too early, or blow up.

use std::io::Cursor;

use domain::MediaType;
use imaging::{Error, Limits, ProbeError, can_process, derive, probe};

use crate::samples::{
    LIMITS, chunk, every_format, jpeg, picture, plan, png, source, try_made, webp, with_chunk,
};

#[test]
fn a_file_cut_anywhere_is_an_error_and_never_a_panic() {
    for (media_type, file) in every_format(&picture(21, 13)) {
        let source = source(media_type, 21, 13);
        let plan = plan(source, &[("blur", "1")]);
        for length in 0..file.len() {
            match derive(&file[..length], &source, &plan, &LIMITS, &|| true) {
                // What is missing may be the trailer or padding.
                Ok(_) => assert!(length + 64 > file.len(), "{media_type} of {length} bytes"),
                Err(Error::Corrupt { .. }) => {}
                // The last picture of a TIFF or icon is gone with its directory.
                Err(Error::Unsupported { .. } | Error::Mismatch { .. }) => {}
                Err(error) => panic!("{media_type} of {length} bytes: {error}"),
            }
        }
    }
}

#[test]
fn a_flipped_byte_never_panics() {
    for (media_type, file) in every_format(&picture(21, 13)) {
        for index in 0..file.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut file = file.clone();
                file[index] ^= flip;
                let Ok(source) = probe(Cursor::new(&file)) else { continue };
                if source.size.pixels() > 1_000_000 {
                    continue;
                }
                let plan = plan(source, &[("w", "8"), ("f", "png")]);
                let result = derive(&file, &source, &plan, &LIMITS, &|| true);
                assert!(!matches!(result, Err(Error::Panicked { .. })), "{media_type} {index}: {result:?}");
            }
        }
    }
}

#[test]
fn a_truncated_photo_is_corrupt_and_not_half_gray() {
    let file = jpeg(&picture(400, 300));
    let cut = &file[..file.len() * 2 / 3];
    assert!(matches!(try_made(cut, &[]), Err(Error::Corrupt { .. })));
}

#[test]
fn stray_bytes_between_segments_do_no_harm() {
    let file = jpeg(&picture(40, 30));
    let stray = [&file[..2], &[0, 1, 2, 3], &file[2..]].concat();
    let whole = try_made(&file, &[("f", "png")]).unwrap();
    // Such a file does not begin like a JPEG; the bytes must stand behind a segment.
    assert!(matches!(probe(Cursor::new(stray)), Err(ProbeError::NotAnImage { .. })));
    let first_segment = 4 + usize::from(u16::from_be_bytes([file[4], file[5]]));
    let stray = [&file[..first_segment], &[0, 1, 2, 3], &file[first_segment..]].concat();
    assert_eq!(try_made(&stray, &[("f", "png")]).unwrap(), whole);
}

#[test]
fn too_many_pixels_are_refused_before_anything_is_allocated() {
    let header = [0, 0, 0xc3, 0x50, 0, 0, 0xc3, 0x50, 8, 6, 0, 0, 0];
    let bomb = [&png(picture(1, 1))[..8], &chunk(b"IHDR", &header), &chunk(b"IDAT", b"x")].concat();
    let error = try_made_unplanned(&bomb);
    assert_eq!(error, Error::TooManyPixels { pixels: 2_500_000_000, max_pixels: LIMITS.max_pixels });

    let file = jpeg(&picture(100, 100));
    let source = source(MediaType::Jpeg, 100, 100);
    let limits = Limits::of_pixels(9_999);
    let error = derive(&file, &source, &plan(source, &[]), &limits, &|| true).unwrap_err();
    assert_eq!(error, Error::TooManyPixels { pixels: 10_000, max_pixels: 9_999 });
}

/// Derives with a plan for another, small image: the pixels are counted first.
fn try_made_unplanned(file: &[u8]) -> Error {
    let small = plan(source(MediaType::Png, 8, 8), &[]);
    derive(file, &probe(Cursor::new(file)).unwrap(), &small, &LIMITS, &|| true).unwrap_err()
}

#[test]
fn a_header_that_promises_pixels_which_are_not_there_is_corrupt() {
    let header = [0, 0, 0x20, 0, 0, 0, 0x20, 0, 8, 6, 0, 0, 0];
    let bomb = [&png(picture(1, 1))[..8], &chunk(b"IHDR", &header), &chunk(b"IDAT", b"x")].concat();
    assert!(matches!(try_made(&bomb, &[("w", "8")]), Err(Error::Corrupt { .. })));
}

#[test]
fn a_profile_bomb_costs_a_bounded_amount() {
    // A deflate stream of zeros, by repeating its longest match: 258 bytes in 2 bits.
    let mut stream =
        vec![0x78, 0x9c, 0xec, 0xc1, 0x01, 0x01, 0, 0, 0, 0x80, 0x90, 0xfe, 0xaf, 0xee, 0x08, 0x0a];
    stream.resize(1 << 20, 0);
    let bomb = with_chunk(&png(picture(16, 16)), b"iCCP", &[b"icc\0\0", stream.as_slice()].concat());
    assert!(try_made(&bomb, &[]).is_ok());
}

#[test]
fn another_image_than_the_one_planned_for_is_a_mismatch() {
    let file = jpeg(&picture(30, 20));
    for wrong in [source(MediaType::Jpeg, 20, 30), source(MediaType::Png, 30, 20)] {
        let result = derive(&file, &wrong, &plan(wrong, &[]), &LIMITS, &|| true);
        assert!(matches!(result, Err(Error::Mismatch { .. })), "{result:?}");
    }
}

#[test]
fn a_webp_whose_canvas_and_frame_disagree_is_refused() {
    let file = webp(&picture(16, 16));
    let mut body = b"WEBPVP8X\x0a\0\0\0\0\0\0\0\xff\x0f\0\xff\x0f\0".to_vec();
    body.extend(&file[12..]);
    let lie = [b"RIFF".as_slice(), &(body.len() as u32).to_le_bytes(), &body].concat();
    assert!(matches!(try_made(&lie, &[("w", "8")]), Err(Error::Corrupt { .. } | Error::Mismatch { .. })));
}

#[test]
fn every_type_is_processed_but_what_is_patented() {
    for media_type in MediaType::ALL {
        assert_eq!(can_process(media_type), media_type != MediaType::Heic || cfg!(feature = "heic"));
    }
    let heic = source(MediaType::Heic, 8, 8);
    let result = derive(b"", &heic, &plan(heic, &[]), &LIMITS, &|| true);
    assert!(matches!(result, Err(Error::Unsupported { .. } | Error::Corrupt { .. })));
}
