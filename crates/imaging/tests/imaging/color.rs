//! Profiles are converted to sRGB, or left alone when they are broken.

use image::{Rgb, RgbImage, Rgba};
use moxcms::ColorProfile;

use crate::samples::{chunk, jpeg, made, png, webp, with_chunk, with_segment, worst_difference};

/// Orange, far from the edge of both gamuts.
const COLOR: [u8; 3] = [200, 120, 60];

fn plain() -> RgbImage {
    RgbImage::from_pixel(16, 16, Rgb(COLOR))
}

fn in_jpeg(profile: &[u8]) -> Vec<u8> {
    with_segment(&jpeg(&plain()), 0xe2, &[b"ICC_PROFILE\0\x01\x01", profile].concat())
}

fn in_png(profile: &[u8]) -> Vec<u8> {
    with_chunk(&png(plain()), b"iCCP", &[b"icc\0\0", stored(profile).as_slice()].concat())
}

fn in_webp(profile: &[u8]) -> Vec<u8> {
    let mut body = b"WEBPVP8X\x0a\0\0\0\x20\0\0\0\x0f\0\0\x0f\0\0ICCP".to_vec();
    body.extend((profile.len() as u32).to_le_bytes());
    body.extend(profile);
    body.resize(body.len() + profile.len() % 2, 0);
    body.extend(&webp(&plain())[12..]);
    [b"RIFF".as_slice(), &(body.len() as u32).to_le_bytes(), &body].concat()
}

/// A zlib stream that stores its bytes as they are.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let length = bytes.len() as u16;
    let (mut a, mut b) = (1u32, 0u32);
    for byte in bytes {
        a = (a + u32::from(*byte)) % 65521;
        b = (b + a) % 65521;
    }
    let checksum = ((b << 16) | a).to_be_bytes();
    [&[0x78, 0x01, 0x01][..], &length.to_le_bytes(), &(!length).to_le_bytes(), bytes, &checksum].concat()
}

#[test]
fn display_p3_becomes_srgb() {
    let profile = ColorProfile::new_display_p3().encode().unwrap();
    // By the definition of both spaces: P3's orange is redder and less green in sRGB.
    for (name, file) in [("jpeg", in_jpeg(&profile)), ("png", in_png(&profile)), ("webp", in_webp(&profile))]
    {
        let Rgba([r, g, b, _]) = *made(&file, &[]).get_pixel(8, 8);
        assert!((209..=219).contains(&r), "{name}: {r},{g},{b}");
        assert!((110..=120).contains(&g), "{name}: {r},{g},{b}");
        assert!((36..=56).contains(&b), "{name}: {r},{g},{b}");
    }
}

#[test]
fn srgb_and_broken_profiles_change_nothing() {
    let srgb = ColorProfile::new_srgb().encode().unwrap();
    let mut cut = ColorProfile::new_display_p3().encode().unwrap();
    cut.truncate(150);
    let untouched = made(&png(plain()), &[]);
    for profile in [srgb.as_slice(), &cut, b"no profile", &[0; 400]] {
        assert_eq!(worst_difference(&made(&in_png(profile), &[]), &untouched), 0);
    }
}

#[test]
fn a_profile_of_another_kind_is_ignored() {
    let gray = ColorProfile::new_gray_with_gamma(1.0).encode().unwrap();
    assert_eq!(worst_difference(&made(&in_png(&gray), &[]), &made(&png(plain()), &[])), 0);
}

#[test]
fn a_profile_in_two_segments_is_put_together() {
    let profile = ColorProfile::new_display_p3().encode().unwrap();
    let (first, second) = profile.split_at(200);
    let file = jpeg(&plain());
    // The second one stands first.
    let file = with_segment(&file, 0xe2, &[b"ICC_PROFILE\0\x01\x02", first].concat());
    let file = with_segment(&file, 0xe2, &[b"ICC_PROFILE\0\x02\x02", second].concat());
    assert_eq!(worst_difference(&made(&file, &[]), &made(&in_jpeg(&profile), &[])), 0);
}

#[test]
fn the_checksum_of_the_test_chunks_is_right() {
    assert_eq!(chunk(b"IEND", b""), b"\0\0\0\0IEND\xae\x42\x60\x82");
}
