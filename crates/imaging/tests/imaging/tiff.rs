//! TIFF of the kinds that scanners and printers write, put together by hand.

use image::{Rgb, RgbImage, Rgba};
use imaging::Error;
use moxcms::ColorProfile;

use crate::samples::{jpeg, made, try_made};

/// What a test says of a TIFF, and its pixels.
struct Tiff {
    tags: Vec<(u16, Vec<u16>)>,
    bytes: Vec<(u16, Vec<u8>)>,
    strips: Vec<Vec<u8>>,
}

const BITS: u16 = 258;
const COMPRESSION: u16 = 259;
const PHOTOMETRIC: u16 = 262;
const SAMPLES: u16 = 277;
const ROWS_PER_STRIP: u16 = 278;
const PLANES: u16 = 284;
const PREDICTOR: u16 = 317;
const PALETTE: u16 = 320;
const EXTRA: u16 = 338;
const FORMAT: u16 = 339;

impl Tiff {
    fn new(width: u16, height: u16, photometric: u16, bits: &[u16], data: &[u8]) -> Self {
        let tags = vec![
            (256, vec![width]),
            (257, vec![height]),
            (BITS, bits.to_vec()),
            (COMPRESSION, vec![1]),
            (PHOTOMETRIC, vec![photometric]),
            (SAMPLES, vec![bits.len() as u16]),
            (ROWS_PER_STRIP, vec![height]),
        ];
        Self { tags, bytes: Vec::new(), strips: vec![data.to_vec()] }
    }

    fn with(mut self, tag: u16, values: &[u16]) -> Self {
        self.tags.retain(|(other, _)| *other != tag);
        self.tags.push((tag, values.to_vec()));
        self
    }

    /// The file, little-endian, of 32-bit or of 64-bit offsets.
    fn file(&self, is_big: bool) -> Vec<u8> {
        let mut file: Vec<u8> = if is_big { b"II+\0\x08\0\0\0".to_vec() } else { b"II*\0".to_vec() };
        let word = |number: usize| {
            if is_big {
                (number as u64).to_le_bytes().to_vec()
            } else {
                (number as u32).to_le_bytes().to_vec()
            }
        };
        let link = file.len();
        file.extend(word(0));
        let mut places = Vec::new();
        for strip in &self.strips {
            places.push(file.len());
            file.extend(strip);
        }
        let lengths: Vec<usize> = self.strips.iter().map(Vec::len).collect();
        let mut entries: Vec<(u16, u16, usize, Vec<u8>)> = Vec::new();
        for (tag, values) in &self.tags {
            entries.push((
                *tag,
                3,
                values.len(),
                values.iter().flat_map(|value| value.to_le_bytes()).collect(),
            ));
        }
        for (tag, bytes) in &self.bytes {
            entries.push((*tag, 7, bytes.len(), bytes.clone()));
        }
        for (tag, values) in [(273, places), (279, lengths)] {
            let bytes = values.iter().flat_map(|value| (*value as u32).to_le_bytes()).collect();
            entries.push((tag, 4, values.len(), bytes));
        }
        entries.sort_by_key(|(tag, ..)| *tag);
        let fields: Vec<Vec<u8>> = entries
            .iter()
            .map(|(.., bytes)| {
                let room = word(0).len();
                if bytes.len() > room {
                    let at = file.len();
                    file.extend(bytes);
                    word(at)
                } else {
                    let mut field = bytes.clone();
                    field.resize(room, 0);
                    field
                }
            })
            .collect();
        let start = word(file.len());
        file[link..link + start.len()].copy_from_slice(&start);
        let count = entries.len();
        file.extend(if is_big {
            (count as u64).to_le_bytes().to_vec()
        } else {
            (count as u16).to_le_bytes().to_vec()
        });
        for ((tag, kind, count, _), field) in entries.into_iter().zip(fields) {
            file.extend(tag.to_le_bytes());
            file.extend(kind.to_le_bytes());
            file.extend(word(count));
            file.extend(field);
        }
        file.extend(word(0));
        file
    }

    fn pixel(&self, x: u32, y: u32) -> [u8; 4] {
        made(&self.file(false), &[]).get_pixel(x, y).0
    }
}

#[test]
fn a_big_tiff_is_a_tiff() {
    let tiff = Tiff::new(2, 1, 2, &[8, 8, 8], &[1, 2, 3, 40, 50, 60]);
    assert_eq!(made(&tiff.file(true), &[]), made(&tiff.file(false), &[]));
    assert_eq!(tiff.pixel(1, 0), [40, 50, 60, 255]);
}

#[test]
fn gray_of_every_depth_reaches_white() {
    for (bits, data, middle) in [
        (1, vec![0b0100_0000], 255),
        (2, vec![0b0010_1100], 170),
        (4, vec![0x08, 0xf0], 136),
        (8, vec![0, 100, 255], 100),
        (12, vec![0x00, 0x08, 0x00, 0xff, 0xf0], 128),
        (16, vec![0, 0, 0x80, 0x80, 0xff, 0xff], 128),
        (32, [0, u32::MAX / 2, u32::MAX].iter().flat_map(|v| v.to_le_bytes()).collect(), 127),
    ] {
        let tiff = Tiff::new(3, 1, 1, &[bits], &data);
        let row = [0, 1, 2].map(|x| tiff.pixel(x, 0)[0]);
        let last = if bits == 1 { 0 } else { 255 };
        assert_eq!(row, [0, middle, last], "{bits} bits");
        let inverse = tiff.with(PHOTOMETRIC, &[0]);
        assert_eq!([0, 1, 2].map(|x| inverse.pixel(x, 0)[0]), row.map(|level| 255 - level), "{bits} bits");
    }
}

#[test]
fn floating_point_samples_are_from_0_to_1() {
    let singles: Vec<u8> = [0.0f32, 0.5, 7.0].iter().flat_map(|value| value.to_le_bytes()).collect();
    let doubles: Vec<u8> = [0.0f64, 0.5, 7.0].iter().flat_map(|value| value.to_le_bytes()).collect();
    let halves: Vec<u8> = [0u16, 0x3800, 0x4700].iter().flat_map(|value| value.to_le_bytes()).collect();
    for (bits, data) in [(16, halves), (32, singles), (64, doubles)] {
        let tiff = Tiff::new(3, 1, 1, &[bits], &data).with(FORMAT, &[3]);
        assert_eq!([0, 1, 2].map(|x| tiff.pixel(x, 0)[0]), [0, 128, 255], "{bits} bits");
    }
}

#[test]
fn a_palette_gives_its_colors() {
    let palette = [0, 65_535, 257 * 10, 0, 0, 257 * 20, 257 * 7, 0, 257 * 30];
    let palette = [&palette[..], &[0; 3]].concat();
    let palette: Vec<u16> =
        [0, 1, 2].iter().flat_map(|c| [&palette[c * 3..c * 3 + 3], &[0u16]].concat()).collect();
    let tiff = Tiff::new(3, 1, 3, &[2], &[0b0001_1000]).with(PALETTE, &palette);
    assert_eq!([0, 1, 2].map(|x| tiff.pixel(x, 0)), [[0, 0, 7, 255], [255, 0, 0, 255], [10, 20, 30, 255]]);
}

#[test]
fn associated_alpha_is_divided_out_and_other_alpha_is_not() {
    let data = [100, 50, 10, 128];
    let tiff = |extra: &[u16]| Tiff::new(1, 1, 2, &[8; 4], &data).with(EXTRA, extra);
    assert_eq!(tiff(&[1]).pixel(0, 0), [199, 100, 20, 128]);
    assert_eq!(tiff(&[2]).pixel(0, 0), [100, 50, 10, 128]);
    assert_eq!(tiff(&[0]).pixel(0, 0), [100, 50, 10, 255], "a sample of no known meaning");
    let gray = Tiff::new(1, 1, 1, &[8, 8], &[64, 128]).with(EXTRA, &[1]);
    assert_eq!(gray.pixel(0, 0), [128, 128, 128, 128]);
    let deep = Tiff::new(1, 1, 1, &[16, 16], &[0, 0x40, 0, 0x80]).with(EXTRA, &[1]);
    assert_eq!(deep.pixel(0, 0), [128, 128, 128, 128]);
}

#[test]
fn planes_are_put_together() {
    let mut tiff = Tiff::new(2, 2, 2, &[8; 3], &[]).with(PLANES, &[2]).with(ROWS_PER_STRIP, &[1]);
    tiff.strips = vec![vec![1, 2], vec![3, 4], vec![10, 20], vec![30, 40], vec![100, 110], vec![120, 130]];
    assert_eq!(tiff.pixel(1, 1), [4, 40, 130, 255]);
    assert_eq!(tiff.pixel(0, 1), [3, 30, 120, 255]);
}

#[test]
fn predicted_samples_are_added_up() {
    let tiff = Tiff::new(3, 1, 1, &[8], &[10, 5, 250]).with(PREDICTOR, &[2]);
    assert_eq!([0, 1, 2].map(|x| tiff.pixel(x, 0)[0]), [10, 15, 9]);
    let deep = Tiff::new(2, 1, 1, &[16], &[0xff, 0x10, 0x01, 0x10]).with(PREDICTOR, &[2]);
    assert_eq!([0, 1].map(|x| deep.pixel(x, 0)[0]), [17, 33]);
}

#[test]
fn colors_at_half_resolution_are_those_of_their_pixels() {
    // Four lightnesses, then both colors of the four.
    let tiff = Tiff::new(2, 2, 6, &[8; 3], &[50, 100, 150, 200, 128, 128]);
    assert_eq!([(0, 0), (1, 0), (0, 1), (1, 1)].map(|(x, y)| tiff.pixel(x, y)[0]), [50, 100, 150, 200]);
    let red = Tiff::new(2, 2, 6, &[8; 3], &[76, 76, 76, 76, 85, 255]);
    let [r, g, b, _] = red.pixel(1, 1);
    assert!(r >= 253 && g <= 2 && b <= 2, "{r},{g},{b}");
}

#[test]
fn a_jpeg_inside_is_decoded() {
    let picture = RgbImage::from_fn(16, 16, |x, y| Rgb([x as u8 * 16, y as u8 * 16, 60]));
    let tiff = Tiff::new(16, 16, 6, &[8; 3], &jpeg(&picture)).with(COMPRESSION, &[7]);
    let found = made(&tiff.file(false), &[]);
    assert_eq!(found, made(&jpeg(&picture), &[]));
}

#[test]
fn cielab_is_converted() {
    // Under D50 a gray of lightness 53.4 is sRGB's 127 or 128; the red of sRGB is 54, 81, 70.
    let signed = Tiff::new(2, 1, 8, &[8; 3], &[136, 0, 0, 138, 81, 70]);
    let [gray, red] = [0, 1].map(|x| signed.pixel(x, 0));
    assert!(gray[..3].iter().all(|level| level.abs_diff(127) <= 2), "{gray:?}");
    assert!(red[0] >= 250 && red[1] <= 25 && red[2] <= 25, "{red:?}");
    let moved = Tiff::new(1, 1, 9, &[8; 3], &[138, 81 + 128, 70 + 128]);
    assert_eq!(moved.pixel(0, 0), red);
}

#[test]
fn inks_without_a_profile_are_those_of_print() {
    let tiff = Tiff::new(3, 1, 5, &[8; 4], &[0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 255]);
    assert!(tiff.pixel(0, 0)[..3].iter().all(|level| *level >= 253));
    let [r, g, b, _] = tiff.pixel(1, 0);
    assert!(r <= 40 && (120..190).contains(&g) && b >= 190, "{r},{g},{b}");
    assert!(tiff.pixel(2, 0)[..3].iter().all(|level| *level <= 60));
}

#[test]
fn sixteen_bits_go_through_their_profile_before_they_are_eight() {
    let levels: Vec<u8> = (0..256u16).flat_map(|level| level.to_le_bytes()).collect();
    let mut tiff = Tiff::new(256, 1, 1, &[16], &levels);
    tiff.bytes.push((34675, ColorProfile::new_gray_with_gamma(1.0).encode().unwrap()));
    let row = made(&tiff.file(false), &[]);
    let brightest = row.get_pixel(255, 0)[0];
    assert_eq!(brightest, 13, "255 of 65535 in linear light");
    let mut levels: Vec<u8> = row.pixels().map(|Rgba([level, ..])| *level).collect();
    levels.dedup();
    assert_eq!(levels.len(), 14);
}

#[test]
fn a_fax_is_black_on_white() {
    // Horizontal, white 4, black 2, under the end; then a row as the one above.
    let group4 = [0b0011_0111, 0b1111_1000];
    let tiff = Tiff::new(8, 2, 0, &[1], &group4).with(COMPRESSION, &[4]);
    for y in [0, 1] {
        let row: Vec<u8> = (0..8).map(|x| tiff.pixel(x, y)[0]).collect();
        assert_eq!(row, [255, 255, 255, 255, 0, 0, 255, 255], "row {y}");
    }
}

#[test]
fn what_is_missing_or_unknown_is_said() {
    let tiff = Tiff::new(8, 8, 2, &[8; 3], &[0; 100]);
    assert!(matches!(try_made(&tiff.file(false), &[]), Err(Error::Corrupt { .. })));
    let tiff = Tiff::new(1, 1, 2, &[8; 3], &[0; 3]).with(COMPRESSION, &[34_712]);
    let refused = try_made(&tiff.file(false), &[]);
    assert!(
        matches!(&refused, Err(Error::Unsupported { reason, .. }) if reason.contains("34712")),
        "{refused:?}"
    );
}
