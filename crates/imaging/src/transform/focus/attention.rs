//! The part that draws the eye: edges, and more so edges in strong colors and tones of skin,
//! as the strategy of that name in sharp and as in smartcrop.js. What stands in the middle
//! of the part counts most, so that a face is not kept at its edge.

use super::Window;
use super::entropy::lightness;
use crate::pixels::Pixels;

/// The direction of skin in red, green and blue, of length 1, as in smartcrop.js.
const SKIN: [f64; 3] = [0.7347, 0.5369, 0.4145];
/// How near a color's direction must come to that of skin, as the cosine between them.
const SKIN_COSINE: f64 = 0.98;
/// Lightness of what can be skin.
const SKIN_LIGHTNESS: std::ops::RangeInclusive<u8> = 50..=245;
/// Lightness of what can be a strong color.
const COLOR_LIGHTNESS: std::ops::RangeInclusive<u8> = 12..=230;
/// What skin and strong colors count for beside edges.
const SKIN_WEIGHT: f64 = 4.0;
const COLOR_WEIGHT: f64 = 0.5;
/// What they count for where there is no edge.
const FLAT: f64 = 0.1;

pub(super) fn best(small: &Pixels, window: Window) -> usize {
    let columns = interest(small);
    let half = window.length as f64 / 2.0;
    let weight = |index: usize| 1.0 - ((index as f64 + 0.5 - half) / half).powi(2) * 0.9;
    let scores = columns.windows(window.length).map(|columns| {
        let sum: f64 = columns.iter().enumerate().map(|(index, score)| score * weight(index)).sum();
        // Whole numbers, so that what is equal but for rounding is equal.
        #[expect(clippy::cast_possible_truncation, reason = "a sum over a small image")]
        let score = (sum * 1024.0).round() as i64;
        score
    });
    window.best(scores)
}

/// How much there is to see in each column.
fn interest(small: &Pixels) -> Vec<f64> {
    let (pixels, _) = small.data().as_chunks::<3>();
    let (width, height) = (small.width(), small.height());
    let light: Vec<u8> = pixels.iter().map(|rgb| lightness(*rgb)).collect();
    let at = |x: usize, y: usize| f64::from(light.get(y * width + x).copied().unwrap_or_default());
    let mut columns = vec![0.0; width];
    for (y, row) in pixels.chunks_exact(width).enumerate() {
        for ((x, rgb), column) in row.iter().enumerate().zip(&mut columns) {
            let (left, right) = (x.saturating_sub(1), (x + 1).min(width - 1));
            let (above, below) = (y.saturating_sub(1), (y + 1).min(height - 1));
            let around = at(left, y) + at(right, y) + at(x, above) + at(x, below);
            let edge = (4.0 * at(x, y) - around).abs().min(255.0) / 255.0;
            let tint = skin(*rgb) * SKIN_WEIGHT + strength(*rgb) * COLOR_WEIGHT;
            *column += edge + tint * (edge + FLAT);
        }
    }
    columns
}

/// How much a color is that of skin, 0 to 1.
fn skin(rgb: [u8; 3]) -> f64 {
    let [r, g, b] = rgb.map(f64::from);
    let length = (r * r + g * g + b * b).sqrt();
    if length == 0.0 || !SKIN_LIGHTNESS.contains(&lightness(rgb)) {
        return 0.0;
    }
    let [red, green, blue] = SKIN;
    let cosine = (r * red + g * green + b * blue) / length;
    ((cosine - SKIN_COSINE) / (1.0 - SKIN_COSINE)).max(0.0)
}

/// How far a color is from gray, 0 to 1.
fn strength(rgb: [u8; 3]) -> f64 {
    let [r, g, b] = rgb;
    let most = r.max(g).max(b);
    if most == 0 || !COLOR_LIGHTNESS.contains(&lightness(rgb)) {
        return 0.0;
    }
    f64::from(most - r.min(g).min(b)) / f64::from(most)
}
