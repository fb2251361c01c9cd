//! Blurs along a side of a few pixels, however wide the Gaussian is.
//!
//! Beyond a short side the mirrored picture repeats many times within the kernel. Folding
//! the kernel onto the side gives a matrix of side × side weights, which is exact and
//! costs the same for every sigma.

use super::gaussian::mirrored;
use crate::pixels::Pixels;

/// Standard deviations that the kernel reaches.
const REACH: f64 = 4.0;

/// Blurs along the rows.
pub(super) fn blur_rows(pixels: &mut Pixels, sigma: f64) {
    let matrix = folded(sigma, pixels.width());
    let (stride, channels) = (pixels.stride(), pixels.channels().count());
    let mut before = vec![0; stride];
    for row in pixels.data_mut().chunks_exact_mut(stride) {
        before.copy_from_slice(row);
        for (index, sample) in row.iter_mut().enumerate() {
            let column = before.iter().skip(index % channels).step_by(channels);
            *sample = weighted(column, matrix.get(index / channels));
        }
    }
}

/// Blurs along the columns.
pub(super) fn blur_columns(pixels: &mut Pixels, sigma: f64) {
    let matrix = folded(sigma, pixels.height());
    let stride = pixels.stride();
    let mut before = vec![0; pixels.height()];
    for index in 0..stride {
        for (kept, sample) in before.iter_mut().zip(pixels.data().iter().skip(index).step_by(stride)) {
            *kept = *sample;
        }
        let column = pixels.data_mut().iter_mut().skip(index).step_by(stride);
        for (sample, weights) in column.zip(&matrix) {
            *sample = weighted(before.iter(), Some(weights));
        }
    }
}

fn weighted<'a>(samples: impl Iterator<Item = &'a u8>, weights: Option<&Vec<f32>>) -> u8 {
    let sum: f32 =
        samples.zip(weights.into_iter().flatten()).map(|(sample, weight)| f32::from(*sample) * weight).sum();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a weighted mean of bytes; the cast saturates"
    )]
    let mean = sum.round() as u8;
    mean
}

/// Row i holds the weight of every pixel in the blurred pixel i.
fn folded(sigma: f64, side: usize) -> Vec<Vec<f32>> {
    #[expect(clippy::cast_possible_truncation, reason = "at most a thousand")]
    let radius = (sigma * REACH).ceil() as i64;
    let weight = |distance: i64| (-0.5 * (distance as f64 / sigma).powi(2)).exp();
    let total: f64 = (-radius..=radius).map(weight).sum();
    let row = |center: usize| {
        let mut row = vec![0.0f64; side];
        for distance in -radius..=radius {
            if let Some(sum) = row.get_mut(mirrored(center as i64 + distance, side)) {
                *sum += weight(distance) / total;
            }
        }
        #[expect(clippy::cast_possible_truncation, reason = "precision enough for a byte")]
        row.into_iter().map(|weight| weight as f32).collect()
    };
    (0..side).map(row).collect()
}
