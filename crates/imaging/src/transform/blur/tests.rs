//! The blur against the exact one.
#![expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small numbers made here")]

use domain::Size;

use super::*;
use crate::pixels::Channels;

fn image(width: u32, height: u32, channels: Channels) -> Pixels {
    let size = Size::new(width, height).unwrap();
    let mut pixels = Pixels::zeroed(size, channels);
    let (stride, count) = (pixels.stride(), channels.count());
    let mut state = 12345u32;
    for (index, sample) in pixels.data_mut().iter_mut().enumerate() {
        let (x, y, channel) = (index % stride / count, index / stride, index % count);
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = f64::from(state >> 24) - 128.0;
        let waves = 60.0 * (x as f64 / (7.0 + channel as f64)).sin() + 50.0 * (y as f64 / 23.0).cos();
        let edge = if (x / 37 + y / 29 + channel).is_multiple_of(2) { 60.0 } else { -40.0 };
        let border = if x == 0 || y == 0 { 200.0 } else { 0.0 };
        *sample = (110.0 + waves + edge + border + noise * 0.4).clamp(0.0, 255.0) as u8;
    }
    pixels
}

fn accuracy(width: u32, height: u32, channels: Channels, sigma: f64) -> (f64, f64) {
    let before = image(width, height, channels);
    let mut after = before.clone();
    blur(&mut after, sigma);
    let samples: Vec<f64> = before.data().iter().copied().map(f64::from).collect();
    let exact = exact::blurred(&samples, before.width(), channels.count(), sigma);
    exact::distance(after.data().iter().copied().map(f64::from), &exact)
}

#[test]
fn sigma_means_sigma() {
    for sigma in
        [0.3, 0.5, 1.0, 2.0, 3.49, 3.5, 4.5, 6.99, 7.0, 10.0, 14.0, 20.0, 28.0, 56.0, 99.0, 112.0, 250.0]
    {
        let (decibels, worst) = accuracy(200, 150, Channels::Rgb, sigma);
        println!("sigma {sigma:>5}: {decibels:.1} dB, worst {worst:.2}");
        assert!(decibels >= 51.0, "sigma {sigma}: {decibels:.1} dB, worst {worst:.2}");
    }
}

#[test]
fn sides_that_are_no_multiple_of_the_reduction_are_as_exact() {
    for (width, height) in [(201, 149), (97, 203), (65, 64), (33, 47)] {
        for sigma in [3.5, 5.0, 10.0, 33.0, 250.0] {
            let (decibels, worst) = accuracy(width, height, Channels::Gray, sigma);
            assert!(decibels >= 50.0, "{width}×{height} sigma {sigma}: {decibels:.1} dB, worst {worst:.2}");
        }
    }
}

#[test]
fn images_smaller_than_the_kernel_are_as_exact() {
    for (width, height) in [(1, 1), (2, 3), (1, 40), (40, 1), (5, 5), (16, 17), (17, 16), (3, 130)] {
        for sigma in [0.3, 1.0, 3.4, 5.0, 20.0, 250.0] {
            for channels in [Channels::Gray, Channels::Rgb, Channels::Rgba] {
                let (decibels, worst) = accuracy(width, height, channels, sigma);
                assert!(
                    decibels >= 47.0 && worst <= 2.0,
                    "{width}×{height} sigma {sigma}: {decibels:.1} dB, worst {worst:.2}"
                );
            }
        }
    }
}

#[test]
fn a_plain_area_keeps_its_level() {
    let size = Size::new(70, 50).unwrap();
    for level in [0u8, 1, 127, 254, 255] {
        for sigma in [0.3, 0.77, 1.0, 3.3, 3.49, 3.5, 12.0, 79.0, 250.0] {
            let mut pixels = Pixels::new(size, Channels::Gray, vec![level; 3500]).unwrap();
            blur(&mut pixels, sigma);
            assert!(pixels.data().iter().all(|sample| *sample == level), "{level} sigma {sigma}");
        }
    }
}

#[test]
fn the_reduction_leaves_enough_sigma() {
    let expected = [(0.3, 1), (3.49, 1), (3.5, 2), (7.0, 4), (14.0, 8), (50.0, 16), (250.0, 64)];
    for (sigma, k) in expected {
        assert_eq!(reduction(sigma), k, "sigma {sigma}");
    }
}
