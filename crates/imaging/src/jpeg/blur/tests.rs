//! The blurred JPEG against the exact blur of the pixels that libjpeg-turbo decodes.
#![expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small numbers made here")]

use domain::plan::Options;
use domain::{MediaType, Orientation};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use turbojpeg::{Image, PixelFormat, Subsamp};

use super::*;
use crate::transform::blur::exact as exact_blur;

/// Samples of 8 bits, row by row, of one or three channels.
#[derive(Clone)]
struct Picture {
    width: usize,
    height: usize,
    channels: usize,
    samples: Vec<f64>,
}

/// Waves, edges, noise, and a border of another level, unlike any photo.
fn picture(width: usize, height: usize, channels: usize) -> Picture {
    let mut state = 12345u32;
    let mut samples = Vec::with_capacity(width * height * channels);
    for y in 0..height {
        for x in 0..width {
            for channel in 0..channels {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let noise = f64::from(state >> 24) - 128.0;
                let waves = 40.0 * (x as f64 / (7.0 + channel as f64)).sin() + 40.0 * (y as f64 / 23.0).cos();
                let edge = if (x / 37 + y / 29 + channel).is_multiple_of(2) { 40.0 } else { -40.0 };
                let border = if x == 0 || y + 1 == height { 90.0 } else { 0.0 };
                samples.push((118.0 + waves + edge + border + noise * 0.2).clamp(0.0, 255.0).round());
            }
        }
    }
    Picture { width, height, channels, samples }
}

impl Picture {
    fn bytes(&self) -> Vec<u8> {
        self.samples.iter().map(|sample| sample.round().clamp(0.0, 255.0) as u8).collect()
    }

    /// By libjpeg-turbo.
    fn encoded(&self, quality: i32, sampling: Subsamp) -> Vec<u8> {
        let format = if self.channels == 1 { PixelFormat::GRAY } else { PixelFormat::RGB };
        let bytes = self.bytes();
        let (width, height) = (self.width, self.height);
        let image = Image { pixels: bytes.as_slice(), width, pitch: width * self.channels, height, format };
        turbojpeg::compress(image, quality, sampling).unwrap().to_vec()
    }

    fn decoded(jpeg: &[u8]) -> Self {
        let is_gray = turbojpeg::read_header(jpeg).unwrap().colorspace == turbojpeg::Colorspace::Gray;
        let (format, channels) = if is_gray { (PixelFormat::GRAY, 1) } else { (PixelFormat::RGB, 3) };
        let Image { pixels, width, height, .. } = turbojpeg::decompress(jpeg, format).unwrap();
        Self { width, height, channels, samples: pixels.into_iter().map(f64::from).collect() }
    }

    /// The exact blur.
    fn blurred(&self, sigma: f64) -> Self {
        Self { samples: exact_blur::blurred(&self.samples, self.width, self.channels, sigma), ..*self }
    }

    /// As the orientation shows it, pixel by pixel, by the words of Exif.
    fn turned(&self, exif: u8) -> Self {
        let Self { width, height, channels, .. } = *self;
        let (to_width, to_height) = if exif >= 5 { (height, width) } else { (width, height) };
        let mut samples = vec![0.0; self.samples.len()];
        for y in 0..height {
            for x in 0..width {
                let (right, bottom) = (width - 1 - x, height - 1 - y);
                let (to_x, to_y) = [
                    (x, y),
                    (right, y),
                    (right, bottom),
                    (x, bottom),
                    (y, x),
                    (bottom, x),
                    (bottom, right),
                    (y, right),
                ][usize::from(exif) - 1];
                let (from, to) = ((y * width + x) * channels, (to_y * to_width + to_x) * channels);
                samples[to..to + channels].copy_from_slice(&self.samples[from..from + channels]);
            }
        }
        Self { width: to_width, height: to_height, channels, samples }
    }

    /// The distance in decibels, and the largest difference.
    fn distance(&self, exact: &Self) -> (f64, f64) {
        assert_eq!((self.width, self.height, self.channels), (exact.width, exact.height, exact.channels));
        exact_blur::distance(self.samples.iter().copied(), &exact.samples)
    }
}

fn source(jpeg: &[u8], orientation: u8) -> Source {
    let header = turbojpeg::read_header(jpeg).unwrap();
    Source {
        media_type: MediaType::Jpeg,
        size: Size::new(header.width as u32, header.height as u32).unwrap(),
        orientation: Orientation::from_exif(orientation.into()).unwrap(),
        frames: 1,
    }
}

fn try_blur(jpeg: &[u8], orientation: u8, query: &[(&str, &str)]) -> Option<Vec<u8>> {
    let source = source(jpeg, orientation);
    let options = Options::parse(query.iter().copied()).unwrap();
    let plan = Plan::resolve(&options, source, 100_000_000).unwrap();
    blur(jpeg, &source, &plan, &|| true)
}

fn blurred(jpeg: &[u8], sigma: f64, quality: u8) -> Vec<u8> {
    let (sigma, quality) = (sigma.to_string(), quality.to_string());
    try_blur(jpeg, 1, &[("blur", &sigma), ("quality", &quality)]).expect("a plain JPEG")
}

/// Holds a blurred original to the exact blur: nearly as it is before it is encoded, by
/// quality 100, and at the usual quality, each against libjpeg-turbo's encoding of the exact
/// pixels, whose colors at half the resolution lose as much.
fn check(jpeg: &[u8], sigma: f64, what: &str) {
    let exact = Picture::decoded(jpeg).blurred(sigma);
    let sampling = if exact.channels == 1 { Subsamp::Gray } else { Subsamp::Sub2x2 };
    for quality in [100, 80] {
        let (ours, worst) = Picture::decoded(&blurred(jpeg, sigma, quality)).distance(&exact);
        let (theirs, _) = Picture::decoded(&exact.encoded(quality.into(), sampling)).distance(&exact);
        println!(
            "{what}, sigma {sigma}, quality {quality}: {ours:.2} dB, worst {worst:.1}; theirs {theirs:.2} dB"
        );
        let enough = if quality == 100 { (theirs - 1.0).min(50.0) } else { theirs - 0.5 };
        assert!(ours >= enough, "{what}, sigma {sigma}, quality {quality}: {ours:.2} dB of {theirs:.2}");
    }
}

#[test]
fn sigma_means_sigma() {
    let jpeg = picture(560, 528, 3).encoded(92, Subsamp::Sub2x2);
    for sigma in [2.0, 2.5, 4.0, 7.9, 8.0, 10.0, 15.9, 16.0, 20.0, 50.0] {
        check(&jpeg, sigma, "4:2:0");
    }
}

#[test]
fn the_widest_blur_is_as_exact() {
    let jpeg = picture(1320, 1200, 1).encoded(92, Subsamp::Gray);
    for sigma in [100.0, 250.0] {
        check(&jpeg, sigma, "gray");
    }
}

#[test]
fn every_sampling_is_as_exact() {
    for (sampling, what) in [
        (Subsamp::None, "4:4:4"),
        (Subsamp::Sub2x1, "4:2:2"),
        (Subsamp::Sub1x2, "4:4:0"),
        (Subsamp::Sub2x2, "4:2:0"),
    ] {
        let jpeg = picture(400, 336, 3).encoded(92, sampling);
        for sigma in [2.0, 5.0, 10.0, 20.0] {
            check(&jpeg, sigma, what);
        }
    }
    let gray = picture(400, 336, 1).encoded(92, Subsamp::Gray);
    for sigma in [2.0, 5.0, 10.0, 20.0] {
        check(&gray, sigma, "gray");
    }
}

#[test]
fn sides_that_end_within_a_block_or_a_cell_are_as_exact() {
    for (width, height) in [(401, 339), (403, 343), (415, 351)] {
        for sampling in [Subsamp::Sub2x2, Subsamp::None] {
            let jpeg = picture(width, height, 3).encoded(92, sampling);
            for sigma in [2.0, 8.0, 16.0] {
                check(&jpeg, sigma, &format!("{width}x{height} {sampling:?}"));
            }
        }
    }
}

/// What an encoder puts beyond the edge, to fill up its blocks, must not show.
#[test]
fn what_lies_beyond_the_edge_does_not_count() {
    let (width, height) = (401, 345);
    let mut larger = picture(408, 352, 1);
    for y in 0..352 {
        for x in 0..408 {
            if x >= width || y >= height {
                larger.samples[y * 408 + x] = 255.0;
            }
        }
    }
    let mut jpeg = larger.encoded(100, Subsamp::Gray);
    let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[
        (height >> 8) as u8,
        height as u8,
        (width >> 8) as u8,
        width as u8,
    ]);
    for sigma in [2.0, 8.0, 16.0] {
        check(&jpeg, sigma, "padded with white");
    }
}

#[test]
fn every_orientation_is_turned_as_it_is_blurred() {
    for (width, height) in [(400, 320), (403, 337)] {
        let jpeg = picture(width, height, 3).encoded(92, Subsamp::Sub2x2);
        let exact = Picture::decoded(&jpeg).blurred(9.0);
        for orientation in 1..=8 {
            let turned = try_blur(&jpeg, orientation, &[("blur", "9"), ("quality", "100")]).unwrap();
            let (decibels, worst) = Picture::decoded(&turned).distance(&exact.turned(orientation));
            assert!(decibels >= 50.0, "{orientation}: {decibels:.1} dB, worst {worst:.1}");
        }
        let flipped = try_blur(&jpeg, 6, &[("blur", "9"), ("quality", "100"), ("rotate", "270")]).unwrap();
        assert!(Picture::decoded(&flipped).distance(&exact).0 >= 50.0);
    }
}

fn encoder_with(change: impl Fn(&mut Encoder<&mut Vec<u8>>)) -> Vec<u8> {
    let picture = picture(400, 336, 3);
    let mut jpeg = Vec::new();
    let mut encoder = Encoder::new(&mut jpeg, 92);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    change(&mut encoder);
    encoder.encode(&picture.bytes(), 400, 336, ColorType::Rgb).unwrap();
    jpeg
}

#[test]
fn restart_markers_and_optimal_codes_are_read() {
    check(&encoder_with(|encoder| encoder.set_restart_interval(7)), 10.0, "restart markers");
    let picture = picture(400, 336, 3);
    let bytes = picture.bytes();
    let mut compressor = turbojpeg::Compressor::new().unwrap();
    compressor.set_optimize(true).unwrap();
    let image =
        Image { pixels: bytes.as_slice(), width: 400, pitch: 1200, height: 336, format: PixelFormat::RGB };
    check(&compressor.compress_to_vec(image).unwrap(), 10.0, "optimal codes");
}

#[test]
fn progressive_scans_are_read() {
    for (width, height, sampling) in
        [(400, 336, Subsamp::Sub2x2), (403, 341, Subsamp::Sub2x1), (401, 336, Subsamp::Gray)]
    {
        let picture = picture(width, height, if sampling == Subsamp::Gray { 1 } else { 3 });
        let bytes = picture.bytes();
        let format = if sampling == Subsamp::Gray { PixelFormat::GRAY } else { PixelFormat::RGB };
        let image =
            Image { pixels: bytes.as_slice(), width, pitch: width * picture.channels, height, format };
        let mut compressor = turbojpeg::Compressor::new().unwrap();
        compressor.set_progressive(true).unwrap();
        compressor.set_quality(92).unwrap();
        compressor.set_subsamp(sampling).unwrap();
        let progressive = compressor.compress_to_vec(image).unwrap();
        compressor.set_progressive(false).unwrap();
        let baseline = compressor.compress_to_vec(image).unwrap();
        assert!(progressive.windows(2).any(|pair| pair == [0xff, 0xc2]));
        // The same coefficients, told in another order.
        assert_eq!(blurred(&progressive, 2.0, 80), blurred(&baseline, 2.0, 80), "{sampling:?}");
        for sigma in [8.0, 16.0] {
            // The last bits are not read, since next to nothing is left of what they are for.
            let baseline = Picture::decoded(&blurred(&baseline, sigma, 100));
            let (decibels, worst) = Picture::decoded(&blurred(&progressive, sigma, 100)).distance(&baseline);
            assert!(decibels >= 52.0, "{sampling:?} {sigma}: {decibels:.1} dB, worst {worst}");
        }
    }
    let restarts = encoder_with(|encoder| {
        encoder.set_progressive(true);
        encoder.set_restart_interval(5);
    });
    check(&restarts, 8.0, "progressive with restart markers");
}

#[test]
fn what_is_not_plain_is_left_to_others() {
    let is_left = |jpeg: &[u8]| try_blur(jpeg, 1, &[("blur", "10")]).is_none();
    assert!(is_left(&encoder_with(|encoder| encoder.set_sampling_factor(SamplingFactor::F_4_1))), "4:1:1");
    let small = picture(60, 336, 3).encoded(92, Subsamp::Sub2x2);
    assert!(is_left(&small), "an image as narrow as the blur");

    let plain = encoder_with(|_| {});
    assert!(!is_left(&plain));
    let at = |marker: u8| plain.windows(2).position(|pair| pair == [0xff, marker]).unwrap();
    let (frame, scan) = (at(0xc0), at(0xda));
    let changed = |place: usize, value: u8| {
        let mut jpeg = plain.clone();
        jpeg[place] = value;
        jpeg
    };
    assert!(is_left(&changed(frame + 1, 0xc9)), "arithmetic coding");
    let mut adobe_rgb = plain.clone();
    adobe_rgb.splice(2..scan, plain[frame..scan].to_vec());
    let tables = plain[20..frame].to_vec();
    adobe_rgb.splice(2..2, tables);
    adobe_rgb.splice(2..2, *b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\0");
    assert!(is_left(&adobe_rgb), "Adobe's RGB");
}

#[test]
fn data_that_are_not_whole_are_left_to_others() {
    let plain = picture(400, 336, 3).encoded(92, Subsamp::Sub2x2);
    let is_left = |jpeg: &[u8]| try_blur(jpeg, 1, &[("blur", "10")]).is_none();
    assert!(!is_left(&plain));
    for cut in [plain.len() - 4, plain.len() - 100, plain.len() / 2] {
        assert!(is_left(&plain[..cut]), "cut at {cut} of {}", plain.len());
    }
    // No pixel is missing if only the end is, nor if something stands before it.
    let whole = try_blur(&plain, 1, &[("blur", "10")]);
    let mut stray = plain.clone();
    stray.splice(plain.len() - 2..plain.len() - 2, [0x12, 0x34]);
    for harmless in [&stray, &plain[..plain.len() - 1], &plain[..plain.len() - 2]] {
        assert_eq!(try_blur(harmless, 1, &[("blur", "10")]), whole);
    }
    // Wherever a byte is changed, it is left or gives an image of the right size.
    let progressive = encoder_with(|encoder| encoder.set_progressive(true));
    let source = source(&plain, 1);
    let plan = Plan::resolve(&Options::parse([("blur", "10")]).unwrap(), source, 1_000_000).unwrap();
    for whole in [plain, progressive] {
        for place in (20..whole.len()).step_by(97) {
            let mut damaged = whole.clone();
            damaged[place] ^= 0x55;
            if let Some(result) = blur(&damaged, &source, &plan, &|| true) {
                assert_eq!((Picture::decoded(&result).width, Picture::decoded(&result).height), (400, 336));
            }
        }
    }
}

#[test]
fn a_plan_with_more_than_a_blur_is_left_to_others() {
    let jpeg = picture(400, 336, 3).encoded(92, Subsamp::Sub2x2);
    for more in
        [("width", "100"), ("crop", "0,0,9,9"), ("grayscale", "true"), ("sharpen", "1"), ("format", "png")]
    {
        assert!(try_blur(&jpeg, 1, &[("blur", "10"), more]).is_none(), "{more:?}");
    }
    assert!(try_blur(&jpeg, 1, &[]).is_none());
    assert!(try_blur(&jpeg, 1, &[("blur", "1.99")]).is_none(), "too fine for reduced planes");
}

#[test]
fn a_stop_ends_the_work() {
    let jpeg = picture(400, 336, 3).encoded(92, Subsamp::Sub2x2);
    let source = source(&jpeg, 1);
    let plan = Plan::resolve(&Options::parse([("blur", "10")]).unwrap(), source, 1_000_000).unwrap();
    assert!(blur(&jpeg, &source, &plan, &|| false).is_none());
}
