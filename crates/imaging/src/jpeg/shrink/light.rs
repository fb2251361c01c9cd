//! From cells to the light that they give.
//!
//! The mean of gamma-encoded samples is too dark: light is the mean of what samples stand
//! for, and the curve between is bent. The difference is half the curve's second derivative
//! times the variance of the samples, and sRGB's curve is so near a square that this is
//! nearly all of it. The variance within a cell is the energy of the coefficients that were
//! not kept (Parseval). Where it is as large as a mean allows, as in a checkerboard, the
//! samples have only two values, and the light is their mean exactly; between, `rho` says
//! how near it is to that.

use super::super::cells::CellRow;
use super::super::coefficients::LANES;

/// Above this, a block is of two levels more than of tones: text, halftone, dither, and none
/// of more than a hundredth of a photo's blocks.
const TWO_LEVELS: f32 = 0.2;
/// Half the second derivative of light by samples, over (sample)^0.4: 1.4 × 2.4 / 2, over
/// 1.055².
const HALF_BEND: f32 = 1.5094;

/// What the energy of some blocks says of them.
#[derive(Clone, Copy)]
pub(super) struct Texture {
    /// How near the samples are to having two values, 0 to 1.
    pub(super) rho: [f32; LANES],
}

impl Texture {
    /// Blocks of smooth tones.
    pub(super) const NONE: Self = Self { rho: [0.0; LANES] };

    /// The texture of a block whose cells begin here, with so much energy, in squares of
    /// samples.
    #[inline(always)]
    pub(super) fn of(
        luma: &CellRow,
        (phase, row): (usize, usize),
        (across, down): (usize, usize),
        place: usize,
        energy: &[f32; LANES],
    ) -> Self {
        let count = (across * down) as f32;
        let (mut sums, mut squares) = ([0.0f32; LANES], [0.0f32; LANES]);
        let (mut clamped, mut clamped_squares) = ([0.0f32; LANES], [0.0f32; LANES]);
        for row in row..row + down {
            for phase in phase..phase + across {
                let cells = luma.lanes(row, phase, place);
                for lane in 0..LANES {
                    let Some(cell) = cells.get(lane) else { continue };
                    let (cell, within) = (share(*cell), level(*cell));
                    add(&mut sums, lane, cell);
                    add(&mut squares, lane, cell * cell);
                    add(&mut clamped, lane, within);
                    add(&mut clamped_squares, lane, within * within);
                }
            }
        }
        let mut rho = [0.0; LANES];
        for (lane, rho) in rho.iter_mut().enumerate() {
            let at = |lanes: &[f32; LANES]| lanes.get(lane).copied().unwrap_or(0.0);
            let (mean, within) = (at(&sums) / count, at(&clamped) / count);
            let between = at(&squares) / count - mean * mean;
            let between_clamped = at(&clamped_squares) / count - within * within;
            // What clamping took away belongs to the inside of the cells again.
            let variance = at(energy) * (1.0 / (64.0 * 255.0 * 255.0)) + between - between_clamped;
            let most = within - at(&clamped_squares) / count;
            // A mean of nearly 0 or 1 leaves no room for variance, and rounding makes some.
            *rho = (variance / most.max(1e-5)).clamp(0.0, 1.0);
        }
        Self { rho }
    }

    /// How many of the first blocks, so many, are of two levels.
    pub(super) fn two_levels(&self, blocks: usize) -> usize {
        self.rho.iter().take(blocks).filter(|rho| **rho > TWO_LEVELS).count()
    }
}

#[inline(always)]
fn add(lanes: &mut [f32; LANES], lane: usize, value: f32) {
    if let Some(sum) = lanes.get_mut(lane) {
        *sum += value;
    }
}

/// A sample of −128 to 127 as 0 to 1, not cut off.
#[inline(always)]
fn share(cell: f32) -> f32 {
    (cell + 128.0) * (1.0 / 255.0)
}

/// The same cut off where samples end.
#[inline(always)]
fn level(cell: f32) -> f32 {
    share(cell).clamp(0.0, 1.0)
}

/// The light of gray cells, 0 to 1.
#[inline(always)]
pub(super) fn of_gray(luma: &[f32; LANES], texture: &Texture) -> [f32; LANES] {
    let mut light = [0.0; LANES];
    for ((light, luma), rho) in light.iter_mut().zip(luma).zip(&texture.rho) {
        let luma = level(*luma);
        *light = of_sample(luma, rho * luma * (1.0 - luma), *rho);
    }
    light
}

/// The light of cells of Y, Cb and Cr, by the matrix of JFIF (ITU-T T.871): red, green, blue.
#[inline(always)]
pub(super) fn of_colors(
    luma: &[f32; LANES],
    blue: &[f32; LANES],
    red: &[f32; LANES],
    texture: &Texture,
) -> [[f32; LANES]; 3] {
    let [mut r, mut g, mut b] = [[0.0; LANES]; 3];
    let cells = luma.iter().zip(blue).zip(red).zip(&texture.rho);
    for (((((luma, blue), red), rho), r), (g, b)) in cells.zip(&mut r).zip(g.iter_mut().zip(&mut b)) {
        let within = level(*luma);
        let variance = rho * within * (1.0 - within);
        *r = of_sample(level(luma + 1.402 * red), variance, *rho);
        *g = of_sample(level(luma - 0.344_136 * blue - 0.714_136 * red), variance, *rho);
        *b = of_sample(level(luma + 1.772 * blue), variance, *rho);
    }
    [r, g, b]
}

/// The mean light of samples of this mean and variance, all 0 to 1.
#[inline(always)]
fn of_sample(mean: f32, variance: f32, rho: f32) -> f32 {
    let t = (mean + 0.055) * (1.0 / 1.055);
    let bend = power_0_4(t);
    let curve = if mean <= 0.04045 { mean * (1.0 / 12.92) } else { t * t * bend };
    let variance = variance.min(mean * (1.0 - mean));
    curve + HALF_BEND * bend * variance * (1.0 - rho) + (mean - curve) * rho * rho
}

/// x^0.4 for 0.05 to 1, within 0.15 % (a least squares fit of the relative error).
#[inline(always)]
fn power_0_4(x: f32) -> f32 {
    let p = 2.121_465_2f32;
    let p = p * x - 6.589_583;
    let p = p * x + 8.067_152;
    let p = p * x - 5.157_842_6;
    let p = p * x + 2.353_521;
    p * x + 0.206_805_1
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "small numbers made here")]
mod tests {
    use super::*;
    use crate::light::linear;

    #[test]
    fn the_curve_is_that_of_srgb() {
        for byte in 0..=255u8 {
            let sample = f64::from(byte) / 255.0;
            let exact = linear(sample);
            let made = f64::from(of_sample(sample as f32, 0.0, 0.0));
            assert!((made - exact).abs() <= 0.002 * exact + 1e-6, "{byte}: {made} {exact}");
        }
    }

    #[test]
    fn the_light_of_two_levels_is_their_mean() {
        for share in [0.1f32, 0.5, 0.9] {
            let made = of_sample(share, share * (1.0 - share), 1.0);
            assert!((made - share).abs() < 1e-6, "{share}: {made}");
        }
    }

    #[test]
    fn the_light_of_a_spread_is_the_mean_of_the_light() {
        // Even spreads of tones, as within a cell of a photo.
        for (low, high) in [(0.4, 0.6), (0.2, 0.5), (0.6, 0.95), (0.1, 0.2)] {
            let levels = (0..1000).map(|i| low + (high - low) * (f64::from(i) + 0.5) / 1000.0);
            let exact = levels.map(linear).sum::<f64>() / 1000.0;
            let mean = (low + high) / 2.0;
            let variance = (high - low) * (high - low) / 12.0;
            let rho = variance / (mean * (1.0 - mean));
            let made = f64::from(of_sample(mean as f32, variance as f32, rho as f32));
            assert!((made / exact - 1.0).abs() < 0.012, "{low} {high}: {made} {exact}");
        }
    }
}
