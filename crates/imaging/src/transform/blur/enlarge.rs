//! Smooth enlarging of what was blurred at a fraction of its size: Catmull-Rom (Keys'
//! cubic convolution with a = -1/2, IEEE TASSP 29(6), 1981) on samples as they are.
//!
//! First down the columns, then along the rows, each sum of bytes by 16-bit weights
//! rounded once, so that every CPU gives the same bytes. Rows are taken eight at a time,
//! transposed in between, which makes plain loops of both passes.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use crate::pixels::{Channels, Pixels};

/// The part of an image that is enlarged, in pixels; it may begin and end within one.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// How many rows of the result are made together.
const BATCH: usize = 8;

/// Pixels on either side of a pixel of the result that weigh in it.
const REACH: f64 = 2.0;

/// Samples of a row that are weighed together.
const LANES: usize = 16;

/// Weights are 16-bit integers.
const WEIGHT_BITS: u32 = 16;

/// Enlarges a part of `from` to the whole of `to`, which has the same channels. Colors
/// with alpha are premultiplied on both sides.
pub(super) fn enlarge(from: &Pixels, part: Part, to: &mut Pixels) {
    match from.channels() {
        Channels::Gray => enlarge_channels::<1>(from, part, to),
        Channels::Rgb => enlarge_channels::<3>(from, part, to),
        Channels::Rgba => enlarge_channels::<4>(from, part, to),
    }
}

fn enlarge_channels<const N: usize>(from: &Pixels, part: Part, to: &mut Pixels) {
    let across = Sampling::new(from.width(), part.left, part.width, to.width());
    let down = Sampling::new(from.height(), part.top, part.height, to.height());
    let mut columns = vec![[0; BATCH]; from.stride().next_multiple_of(LANES)];
    let stride = to.stride();
    let simd = pulp::Arch::new();
    for (batch, taps) in to.data_mut().chunks_mut(stride * BATCH).zip(down.taps.chunks(BATCH)) {
        simd.dispatch(WeighRows { from, taps, rounding: down.rounding, to: &mut columns });
        simd.dispatch(WeighColumns::<N> { from: &columns, across: &across, to: batch, stride });
    }
}

/// How the pixels along one axis come from those of the source.
struct Sampling {
    rounding: Rounding,
    /// For each pixel of the result.
    taps: Vec<Taps>,
}

/// How a sum of weighed bytes becomes a byte.
#[derive(Clone, Copy)]
struct Rounding {
    /// Binary places of the weights behind the point.
    places: u32,
}

/// The weights of neighboring pixels, which add up to one but for their rounding.
struct Taps {
    first: usize,
    weights: Vec<i16>,
}

impl Sampling {
    /// For `pixels` pixels that cover so much of `len` ones.
    fn new(len: usize, start: f64, covered: f64, pixels: usize) -> Self {
        let scale = covered / pixels as f64;
        let exact: Vec<_> =
            (0..pixels).map(|index| exact_taps(start + (index as f64 + 0.5) * scale, scale, len)).collect();
        let largest = exact.iter().flat_map(|(_, weights)| weights).copied().fold(0.0, f64::max);
        let rounding = Rounding::for_weights_up_to(largest);
        let taps = exact.into_iter().map(|(first, weights)| Taps {
            first,
            weights: weights.into_iter().map(|weight| rounding.weight(weight)).collect(),
        });
        Self { taps: taps.collect(), rounding }
    }
}

/// The weights of the pixels around a center, and the first of them.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "lengths within an image")]
fn exact_taps(center: f64, scale: f64, len: usize) -> (usize, Vec<f64>) {
    let scale = scale.max(1.0);
    let first = (center - REACH * scale).floor().max(0.0) as usize;
    let end = ((center + REACH * scale).ceil() as usize).min(len);
    let weights = (first..end).map(|pixel| catmull_rom((pixel as f64 - (center - 0.5)) / scale));
    let weights: Vec<f64> = weights.collect();
    let total: f64 = weights.iter().sum();
    (first, weights.into_iter().map(|weight| weight / total).collect())
}

fn catmull_rom(x: f64) -> f64 {
    let x = x.abs();
    if x < 1.0 {
        (1.5 * x - 2.5) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * -0.5
    } else {
        0.0
    }
}

impl Rounding {
    /// As many places as the largest weight leaves in its bits.
    fn for_weights_up_to(largest: f64) -> Self {
        let limit = f64::from(1 << (WEIGHT_BITS - 1));
        let fits = |places: &u32| (largest * f64::from(1 << places)).round() < limit;
        Self { places: (1..WEIGHT_BITS).rev().find(fits).unwrap_or(1) }
    }

    #[expect(clippy::cast_possible_truncation, reason = "it fits by the choice of places")]
    fn weight(self, exact: f64) -> i16 {
        (exact * f64::from(1 << self.places)).round() as i16
    }

    /// What a sum begins with, so that cutting the places off rounds it.
    #[inline(always)]
    fn half(self) -> i32 {
        1 << (self.places - 1)
    }

    #[inline(always)]
    #[expect(clippy::cast_sign_loss, reason = "clamped to a byte")]
    fn byte(self, sum: i32) -> u8 {
        (sum >> self.places).clamp(0, 255) as u8
    }
}

/// Adds up rows, each with its weight, to the rows of a batch.
struct WeighRows<'a> {
    from: &'a Pixels,
    /// Of the rows of the batch.
    taps: &'a [Taps],
    rounding: Rounding,
    to: &'a mut [[u8; BATCH]],
}

impl WithSimd for WeighRows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let stride = self.from.stride();
        for (index, to) in self.to.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
            let columns = index * LANES..stride.min((index + 1) * LANES);
            let mut sums = [[self.rounding.half(); LANES]; BATCH];
            for (sums, taps) in sums.iter_mut().zip(self.taps) {
                let rows = self.from.data().get(taps.first * stride..).unwrap_or_default();
                // In registers until it is whole.
                let mut total = *sums;
                for (weight, row) in taps.weights.iter().zip(rows.chunks_exact(stride)) {
                    let samples = lanes(row, columns.clone());
                    for (sum, sample) in total.iter_mut().zip(samples) {
                        *sum += i32::from(*weight) * i32::from(sample);
                    }
                }
                *sums = total;
            }
            for (place, sums) in sums.iter().enumerate() {
                for (to, sum) in to.iter_mut().zip(sums) {
                    if let Some(to) = to.get_mut(place) {
                        *to = self.rounding.byte(*sum);
                    }
                }
            }
        }
    }
}

/// Some samples of a row, filled up with zeros behind its end.
#[inline(always)]
fn lanes(row: &[u8], columns: Range<usize>) -> [u8; LANES] {
    let samples = row.get(columns).unwrap_or_default();
    if let Some(whole) = samples.first_chunk() {
        return *whole;
    }
    let mut filled = [0; LANES];
    filled.iter_mut().zip(samples).for_each(|(to, sample)| *to = *sample);
    filled
}

/// Adds up the pixels of each row of a batch, each with its weight.
struct WeighColumns<'a, const N: usize> {
    from: &'a [[u8; BATCH]],
    across: &'a Sampling,
    to: &'a mut [u8],
    stride: usize,
}

impl<const N: usize> WithSimd for WeighColumns<'_, N> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Sampling { rounding, taps } = self.across;
        for (index, taps) in taps.iter().enumerate() {
            let pixels = self.from.get(taps.first * N..).unwrap_or_default().as_chunks::<N>().0;
            let mut sums = [[rounding.half(); BATCH]; N];
            for (weight, pixel) in taps.weights.iter().zip(pixels) {
                for (sums, samples) in sums.iter_mut().zip(pixel) {
                    for (sum, sample) in sums.iter_mut().zip(samples) {
                        *sum += i32::from(*weight) * i32::from(*sample);
                    }
                }
            }
            let bytes = sums.map(|sums| sums.map(|sum| rounding.byte(sum)));
            for (place, row) in self.to.chunks_exact_mut(self.stride).enumerate() {
                if let Some(pixel) = row.get_mut(index * N..).and_then(|row| row.first_chunk_mut::<N>()) {
                    *pixel = bytes.each_ref().map(|bytes| bytes.get(place).copied().unwrap_or_default());
                }
            }
        }
    }
}
