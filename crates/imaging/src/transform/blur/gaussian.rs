//! A separable Gaussian in 16-bit integers, in place.
//!
//! Written here because the edges must be mirrored, whatever the ratio of kernel to
//! image: libblur 0.24 clamps the top edge whatever it is told, and mirrors wrongly
//! beyond one period. Plain integer loops over whole rows become vector code on every
//! target (a product's upper half is one instruction, as long as the compiler cannot see
//! that a sample was shifted just before), and give the same bytes on every machine,
//! which cached results with strong ETags need. `pulp` compiles them for wider vectors too
//! and chooses when it runs: a blur takes less than half the time with them.

use pulp::{Simd, WithSimd};

use crate::pixels::Pixels;

/// Standard deviations that a kernel reaches; what lies beyond is less than half a level
/// of 255, even where black meets white.
const REACH: f64 = 3.5;

/// Neighbors on either side that a Gaussian of this standard deviation reaches.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most a few hundred")]
pub(crate) fn radius(sigma: f64) -> usize {
    (sigma * REACH).ceil() as usize
}

/// The weights of a Gaussian: that of the middle, and those of the neighbors on one side
/// from the nearest outwards. Over both sides their sum is one.
pub(crate) fn weights(sigma: f64) -> (f64, Vec<f64>) {
    let weight = |distance: usize| (-0.5 * (distance as f64 / sigma).powi(2)).exp();
    let sides: Vec<f64> = (1..=radius(sigma)).map(weight).collect();
    let total = 1.0 + 2.0 * sides.iter().sum::<f64>();
    (1.0 / total, sides.into_iter().map(|side| side / total).collect())
}

/// Fraction bits of a sample between the passes: two samples of this scale add up to
/// less than 2¹⁶.
const FRACTION_BITS: u32 = 6;

/// The weights of a symmetric kernel in 1/65536; their sum over both sides is one.
pub(super) struct Kernel {
    center: u16,
    /// From the nearest neighbor outwards.
    sides: Vec<u16>,
}

impl Kernel {
    /// A Gaussian of this standard deviation in pixels, 0.3 to 6.
    pub(super) fn gaussian(sigma: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most one half of 65536"
        )]
        let mut sides: Vec<u16> =
            weights(sigma).1.into_iter().map(|side| (side * 65536.0).round() as u16).collect();
        while sides.last() == Some(&0) {
            sides.pop();
        }
        // Rounding is made up for in the middle, so that a plain area keeps its level.
        let beside: u32 = sides.iter().map(|side| 2 * u32::from(*side)).sum();
        let center = u16::try_from(65536u32.saturating_sub(beside)).unwrap_or(u16::MAX);
        Self { center, sides }
    }

    /// Neighbors on either side that have a weight.
    pub(super) fn radius(&self) -> usize {
        self.sides.len()
    }

    /// Every product is cut off at its last bit; this makes up for half a bit of each.
    fn bias(&self) -> u16 {
        u16::try_from(self.sides.len().div_ceil(2)).unwrap_or(0)
    }
}

/// Where a pixel of the endlessly mirrored line lies in the line: `cba|abc|cba`.
pub(super) fn mirrored(index: i64, len: usize) -> usize {
    let period = 2 * len as i64;
    let within = index.rem_euclid(period);
    usize::try_from(within.min(period - 1 - within)).unwrap_or(0)
}

/// Convolves rows and columns, each with its kernel or not at all.
pub(super) fn convolve(pixels: &mut Pixels, across: Option<&Kernel>, down: Option<&Kernel>) {
    let identity = Kernel { center: u16::MAX, sides: Vec::new() };
    let (stride, height, channels) = (pixels.stride(), pixels.height(), pixels.channels().count());
    let (across, down) = (across.unwrap_or(&identity), down.unwrap_or(&identity));
    let margin = across.radius() * channels;
    // One row between the passes with its margins, and one behind them.
    let mut between = vec![0u16; stride + 2 * margin];
    let mut done = vec![0u16; stride];
    let simd = pulp::Arch::new();
    let mut window = Window::new(2 * down.radius() + 1, stride, height);

    for y in 0..height {
        window.reach(y + down.radius(), pixels.data());
        let center = y as i64;
        if let Some(middle) = between.get_mut(margin..margin + stride) {
            let row = |index| window.row(mirrored(index, height));
            let neighbors = |distance| (row(center - distance), row(center + distance));
            simd.dispatch(Weigh { to: middle, center: row(center), neighbors, kernel: down });
        }
        mirror_margins(&mut between, margin, stride, channels);
        let shifted = |distance: i64| {
            let start = margin as i64 + distance * channels as i64;
            usize::try_from(start).ok().and_then(|start| between.get(start..)).unwrap_or_default()
        };
        let neighbors = |distance: i64| (shifted(-distance), shifted(distance));
        simd.dispatch(Weigh { to: &mut done, center: shifted(0), neighbors, kernel: across });
        if let Some(row) = pixels.data_mut().get_mut(y * stride..(y + 1) * stride) {
            for (sample, sum) in row.iter_mut().zip(&done) {
                let rounded = (sum + (1 << (FRACTION_BITS - 1))) >> FRACTION_BITS;
                *sample = rounded.min(255) as u8;
            }
        }
    }
}

/// Adds up a row and its neighbors on both sides, each with its weight.
struct Weigh<'a, F> {
    to: &'a mut [u16],
    center: &'a [u16],
    neighbors: F,
    kernel: &'a Kernel,
}

impl<'a, F: Fn(i64) -> (&'a [u16], &'a [u16])> WithSimd for Weigh<'a, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { to, center, neighbors, kernel } = self;
        let bias = kernel.bias();
        for (sum, sample) in to.iter_mut().zip(center) {
            *sum = bias + scaled(*sample, kernel.center);
        }
        for (distance, weight) in (1..).zip(&kernel.sides) {
            let (before, behind) = neighbors(distance);
            for ((sum, before), behind) in to.iter_mut().zip(before).zip(behind) {
                *sum += scaled(*before + *behind, *weight);
            }
        }
    }
}

/// The upper half of a product.
#[inline(always)]
fn scaled(sample: u16, weight: u16) -> u16 {
    ((u32::from(sample) * u32::from(weight)) >> 16) as u16
}

/// The rows around the one that is being made, with fraction bits. They are copies, so
/// that the image can be overwritten behind them.
struct Window {
    rows: usize,
    stride: usize,
    height: usize,
    next: usize,
    data: Vec<u16>,
}

impl Window {
    fn new(rows: usize, stride: usize, height: usize) -> Self {
        let rows = rows.min(height);
        Self { rows, stride, height, next: 0, data: vec![0; rows * stride] }
    }

    /// Takes in the rows up to this one, as far as the image has them.
    fn reach(&mut self, last: usize, samples: &[u8]) {
        while self.next <= last && self.next < self.height {
            let from = samples.get(self.next * self.stride..).unwrap_or_default();
            let start = self.next % self.rows * self.stride;
            let place = self.data.get_mut(start..start + self.stride).unwrap_or_default();
            for (to, from) in place.iter_mut().zip(from) {
                *to = u16::from(*from) << FRACTION_BITS;
            }
            self.next += 1;
        }
    }

    fn row(&self, index: usize) -> &[u16] {
        let start = index % self.rows * self.stride;
        self.data.get(start..start + self.stride).unwrap_or_default()
    }
}

/// Continues a row of `stride` samples that begins at `margin` on both sides.
fn mirror_margins(row: &mut [u16], margin: usize, stride: usize, channels: usize) {
    let (width, radius) = (stride / channels, margin / channels);
    for distance in 0..radius {
        let before = (radius - 1 - distance, mirrored(-1 - distance as i64, width));
        let behind = (radius + width + distance, mirrored((width + distance) as i64, width));
        for (to, from) in [before, behind] {
            let from = margin + from * channels;
            row.copy_within(from..from + channels, to * channels);
        }
    }
}
