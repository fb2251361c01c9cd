//! The exact blur, which tests hold every way of blurring to: f64, radius 6 sigma, mirrored
//! edges.
#![expect(clippy::cast_possible_truncation, reason = "small numbers made in tests")]

/// Rows of pixels of so many channels, blurred and not rounded.
pub(crate) fn blurred(samples: &[f64], width: usize, channels: usize, sigma: f64) -> Vec<f64> {
    let stride = width * channels;
    let mut between = vec![0.0; samples.len()];
    let rows = folded(sigma, samples.len() / stride);
    for (to, (first, weights)) in between.chunks_exact_mut(stride).zip(rows) {
        for (from, weight) in samples.chunks_exact(stride).skip(first).zip(&weights) {
            to.iter_mut().zip(from).for_each(|(to, from)| *to += weight * from);
        }
    }
    let columns = folded(sigma, width);
    let mut blurred = vec![0.0; between.len()];
    for (to, from) in blurred.chunks_exact_mut(stride).zip(between.chunks_exact(stride)) {
        for (to, (first, weights)) in to.chunks_exact_mut(channels).zip(&columns) {
            for (from, weight) in from.chunks_exact(channels).skip(*first).zip(weights) {
                to.iter_mut().zip(from).for_each(|(to, from)| *to += weight * from);
            }
        }
    }
    blurred
}

/// For each sample of a line, the weights in its blurred value of those from the first that
/// has one.
fn folded(sigma: f64, len: usize) -> Vec<(usize, Vec<f64>)> {
    let radius = (6.0 * sigma).ceil() as i64;
    let weights: Vec<f64> = (-radius..=radius).map(|d| (-0.5 * (d as f64 / sigma).powi(2)).exp()).collect();
    let total: f64 = weights.iter().sum();
    let mirrored = |index: i64| {
        let within = index.rem_euclid(2 * len as i64) as usize;
        within.min(2 * len - 1 - within)
    };
    let row = |center: usize| {
        let mut row = vec![0.0; len];
        for (distance, weight) in (-radius..).zip(&weights) {
            row[mirrored(center as i64 + distance)] += weight / total;
        }
        let has_weight = |weight: &f64| *weight != 0.0;
        let (first, last) =
            (row.iter().position(has_weight).unwrap(), row.iter().rposition(has_weight).unwrap());
        (first, row[first..=last].to_vec())
    };
    (0..len).map(row).collect()
}

/// How far samples are from the exact ones: in decibels, and at the worst.
pub(crate) fn distance(samples: impl Iterator<Item = f64>, exact: &[f64]) -> (f64, f64) {
    let (mut squares, mut worst) = (0.0, 0.0f64);
    for (sample, exact) in samples.zip(exact) {
        squares += (sample - exact).powi(2);
        worst = worst.max((sample - exact).abs());
    }
    let mean: f64 = squares / exact.len() as f64;
    (10.0 * (255.0 * 255.0 / mean.max(1e-9)).log10(), worst)
}
