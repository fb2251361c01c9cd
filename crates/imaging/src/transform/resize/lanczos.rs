//! Scales with Lanczos3 in linear light, with premultiplied alpha.
//!
//! Written here because of what the image is at this point. A JPEG that was decoded at a
//! fraction of its size ends within a pixel, which then counts only as much as the
//! picture covers it. Light needs more than the 8 bits of a sample, and converting row by
//! row instead of the whole image takes neither its memory nor the time of 64-bit sums.
//! Sums down the columns come first, since they are plain vector code. Every sum is made
//! in one order and without fused operations, so that all machines give the same bytes.

use std::f64::consts::PI;
use std::ops::Range;

use domain::Size;
use pulp::{Simd, WithSimd};

use crate::light;
use crate::pixels::{Channels, Pixels};

/// Source pixels on either side that a result depends on, at its own scale.
const REACH: f64 = 3.0;

/// The same as a whole number.
const TAPS_REACH: u64 = 3;

/// What is left of a side's ratio when squares of pixels have been averaged first, at
/// least. Averaging is much cheaper, and bounds the work and memory of a large ratio.
const RATIO_LEFT: f64 = 2.0;

/// What is left at most: less than twice as much, since whole pixels are averaged.
const MAX_SCALE: u64 = 4;

/// Steps of a weight from 0 to 1.
const WEIGHT_STEPS: f64 = 1_048_576.0;

/// Samples of a row that are weighed at once.
const LANES: usize = 32;

/// Rows of the result that are made at once.
const BATCH: usize = 8;

/// One axis of a scaling, in pixels of the source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Axis {
    /// Where the part that is scaled begins.
    pub(crate) start: f64,
    /// How long it is.
    pub(crate) len: f64,
    /// Where what may be looked at begins; a whole number.
    pub(crate) from: f64,
    /// Where it ends.
    pub(crate) to: f64,
}

impl Axis {
    /// A side of so many pixels.
    pub(in crate::transform) fn whole(side: u32) -> Self {
        Self { start: 0.0, len: f64::from(side), from: 0.0, to: f64::from(side) }
    }
}

/// The part of an image, scaled to this size.
pub(in crate::transform) fn scaled(pixels: &Pixels, across: Axis, down: Axis, size: Size) -> Pixels {
    match pixels.channels() {
        Channels::Gray => scaled_channels::<1>(pixels, across, down, size),
        Channels::Rgb => scaled_channels::<3>(pixels, across, down, size),
        Channels::Rgba => scaled_channels::<4>(pixels, across, down, size),
    }
}

fn scaled_channels<const N: usize>(pixels: &Pixels, across: Axis, down: Axis, size: Size) -> Pixels {
    let across = Sampling::new(across, size.width());
    let down = Sampling::new(down, size.height());
    let bytes = light::Bytes::table();
    let mut rows = Rows::<N>::new(pixels, &across, &down);
    let mut middle = vec![[0.0; BATCH]; rows.stride];
    let mut to = Pixels::zeroed(size, pixels.channels());
    let stride = to.stride();
    let simd = pulp::Arch::new();
    for (batch, taps) in to.data_mut().chunks_mut(stride * BATCH).zip(down.taps.chunks(BATCH)) {
        let span = span(taps);
        rows.reach(span.end);
        simd.dispatch(WeighRows { taps, first: span.start, rows: rows.kept(span), to: &mut middle });
        simd.dispatch(WeighColumns::<N> { taps: &across.taps, from: &middle, bytes, to: batch, stride });
    }
    to
}

/// The bytes that scaling a picture of this size, or a part of it, takes beside both
/// pictures, at most: rows in linear light, and the weights of every row and column.
pub(in crate::transform) fn scaling_bytes(picture: Size, to: Size, channels: u64) -> u64 {
    /// Where a pixel's weights begin, how many there are, and what their buffer costs.
    const TAPS_BYTES: u64 = 48;

    let axis = |pixels: u32, to: u32| {
        // What averaging leaves of the ratio; of a part it may leave more than of the whole.
        let scale = (u64::from(pixels).div_ceil(to.into())).clamp(1, MAX_SCALE);
        let averaged = u64::from(pixels).min(u64::from(to) * MAX_SCALE + LANES as u64);
        (scale, averaged, u64::from(to) * (TAPS_BYTES + 4 * (2 * TAPS_REACH * scale + 2)))
    };
    let (_, columns, columns_weights) = axis(picture.width(), to.width());
    let (scale, rows, rows_weights) = axis(picture.height(), to.height());
    let batch = BATCH as u64;
    let kept = ((2 * TAPS_REACH + batch) * scale + 3).min(rows + 1);
    (columns + LANES as u64) * channels * 4 * (kept + batch) + columns_weights + rows_weights
}

/// How the pixels along one axis come from those of the source.
struct Sampling {
    /// The first pixel of the source that is looked at.
    first: usize,
    /// So many are, the last one perhaps only in part.
    count: usize,
    /// So many are averaged to one before the rest is done with Lanczos3.
    averaged: usize,
    /// For each pixel of the result, in averaged pixels from the first one on.
    taps: Vec<Taps>,
}

/// The weights of neighboring pixels, which add up to one.
pub(crate) struct Taps {
    pub(crate) first: usize,
    pub(crate) weights: Vec<f32>,
}

impl Sampling {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "lengths within an image")]
    fn new(axis: Axis, pixels: u32) -> Self {
        let ratio = axis.len / f64::from(pixels);
        let reach = (REACH * ratio.max(1.0)).ceil() + 1.0;
        let from = axis.from.max((axis.start - reach).floor());
        let to = axis.to.min((axis.start + axis.len + reach).ceil());
        let averaged = (ratio / RATIO_LEFT).floor().max(1.0);
        let scale = ratio / averaged;
        let (start, end) = ((axis.start - from) / averaged, (to - from) / averaged);
        let taps = (0..pixels).map(|index| Taps::new(start + (f64::from(index) + 0.5) * scale, scale, end));
        Self {
            first: from as usize,
            count: (to - from).ceil() as usize,
            averaged: averaged as usize,
            taps: taps.collect(),
        }
    }

    /// How many averaged pixels there are.
    fn len(&self) -> usize {
        self.count.div_ceil(self.averaged)
    }

    /// The pixels of the source that are averaged to this one.
    fn source(&self, index: usize) -> Range<usize> {
        let end = |index: usize| self.first + self.count.min(index * self.averaged);
        end(index)..end(index + 1)
    }
}

impl Taps {
    /// For so many pixels along an axis, in pixels of the source, none of them averaged.
    pub(crate) fn along(axis: Axis, pixels: u32) -> Vec<Self> {
        let scale = axis.len / f64::from(pixels);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within an image")]
        let from = axis.from as usize;
        let taps = |index: u32| {
            let center = axis.start - axis.from + (f64::from(index) + 0.5) * scale;
            let Self { first, weights } = Self::new(center, scale, axis.to - axis.from);
            Self { first: first + from, weights }
        };
        (0..pixels).map(taps).collect()
    }

    /// Behind the last pixel that is weighed.
    pub(crate) fn end(&self) -> usize {
        self.first + self.weights.len()
    }

    /// For a pixel whose center is here, of a source that ends there.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "lengths within an image")]
    fn new(center: f64, scale: f64, end: f64) -> Self {
        let scale = scale.max(1.0);
        let first = (center - REACH * scale).floor().max(0.0);
        let last = (center + REACH * scale).ceil().min(end.ceil());
        let first = first.min(last - 1.0);
        // The last pixel of the source counts as much as it is within.
        let weight = |pixel: f64| lanczos3((pixel + 0.5 - center) / scale) * (end - pixel).min(1.0);
        let pixels = std::iter::successors(Some(first), |pixel| Some(pixel + 1.0));
        let weights: Vec<f64> = pixels.take_while(|pixel| *pixel < last).map(weight).collect();
        let total: f64 = weights.iter().sum();
        // Rounded, so that no last bit of a platform's sine decides on a byte of a result.
        let rounded = |weight: f64| (weight / total * WEIGHT_STEPS).round() / WEIGHT_STEPS;
        Self {
            first: first as usize,
            weights: weights.into_iter().map(|weight| rounded(weight) as f32).collect(),
        }
    }
}

/// All that some neighboring pixels of the result are weighed of.
fn span(taps: &[Taps]) -> Range<usize> {
    let end = |taps: &Taps| taps.first + taps.weights.len();
    taps.first().map_or(0, |taps| taps.first)..taps.iter().map(end).max().unwrap_or(0)
}

fn lanczos3(x: f64) -> f64 {
    let sinc = |x: f64| if x == 0.0 { 1.0 } else { (PI * x).sin() / (PI * x) };
    if x.abs() < REACH { sinc(x) * sinc(x / REACH) } else { 0.0 }
}

/// Rows of the source in linear light, of which the last few are kept.
struct Rows<'a, const N: usize> {
    pixels: &'a Pixels,
    across: &'a Sampling,
    down: &'a Sampling,
    light: [f32; 256],
    /// Samples of a row, filled up to a whole number of lanes.
    stride: usize,
    kept: usize,
    next: usize,
    data: Vec<f32>,
}

impl<'a, const N: usize> Rows<'a, N> {
    fn new(pixels: &'a Pixels, across: &'a Sampling, down: &'a Sampling) -> Self {
        let stride = (across.len() * N).next_multiple_of(LANES);
        let kept = down.taps.chunks(BATCH).map(|taps| span(taps).len()).max().unwrap_or(1);
        let data = vec![0.0; stride * kept];
        Self { pixels, across, down, light: light::of_bytes(), stride, kept, next: 0, data }
    }

    /// Takes in the averaged rows before this one.
    fn reach(&mut self, end: usize) {
        // What lies before those that are kept is never asked for again.
        self.next = self.next.max(end.saturating_sub(self.kept));
        while self.next < end {
            let start = self.next % self.kept * self.stride;
            let to = self.data.get_mut(start..start + self.stride).unwrap_or_default();
            to.fill(0.0);
            let rows = self.down.source(self.next);
            for row in rows.clone() {
                let start = row * self.pixels.stride() + self.across.first * N;
                let row = self.pixels.data().get(start..start + self.across.count * N).unwrap_or_default();
                add_light::<N>(to, row, self.across.averaged, &self.light);
            }
            if self.down.averaged > 1 || self.across.averaged > 1 {
                let (to, _) = to.as_chunks_mut::<N>();
                for (index, pixel) in to.iter_mut().enumerate() {
                    let count = rows.len() * self.across.source(index).len();
                    pixel.iter_mut().for_each(|sum| *sum /= count.max(1) as f32);
                }
            }
            self.next += 1;
        }
    }

    /// Rows of those that are kept.
    fn kept(&self, rows: Range<usize>) -> Vec<&[[f32; LANES]]> {
        let row = |row: usize| {
            let start = row % self.kept * self.stride;
            self.data.get(start..start + self.stride).unwrap_or_default().as_chunks().0
        };
        rows.map(row).collect()
    }
}

/// Adds the light of a row's pixels, so many of them to each sum. Colors count as much as
/// they are visible.
fn add_light<const N: usize>(sums: &mut [f32], row: &[u8], averaged: usize, light: &[f32; 256]) {
    let light = |sample: &u8| light.get(usize::from(*sample)).copied().unwrap_or_default();
    if averaged == 1 && N != 4 {
        sums.iter_mut().zip(row).for_each(|(sum, sample)| *sum += light(sample));
        return;
    }
    let (sums, _) = sums.as_chunks_mut::<N>();
    for (sum, pixels) in sums.iter_mut().zip(row.as_chunks::<N>().0.chunks(averaged)) {
        for pixel in pixels {
            let alpha = if let [_, _, _, alpha] = pixel.as_slice() { f32::from(*alpha) } else { 1.0 };
            for (index, (sum, sample)) in sum.iter_mut().zip(pixel).enumerate() {
                *sum += if index == 3 { alpha } else { light(sample) * alpha };
            }
        }
    }
}

/// Adds up rows, each with its weight, to the rows of a batch: some columns of all of them
/// before the next ones, so that a sample is fetched once for all that it weighs in.
struct WeighRows<'a> {
    taps: &'a [Taps],
    /// The first of these rows.
    first: usize,
    rows: Vec<&'a [[f32; LANES]]>,
    to: &'a mut [[f32; BATCH]],
}

impl WithSimd for WeighRows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for (index, to) in self.to.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
            let mut sums = [[0.0; LANES]; BATCH];
            for (sums, taps) in sums.iter_mut().zip(self.taps) {
                let rows = self.rows.get(taps.first - self.first..).unwrap_or_default();
                // In registers until it is whole.
                let mut total = [0.0; LANES];
                for (weight, row) in taps.weights.iter().zip(rows) {
                    if let Some(samples) = row.get(index) {
                        for (sum, sample) in total.iter_mut().zip(samples) {
                            *sum += weight * sample;
                        }
                    }
                }
                *sums = total;
            }
            for (place, sums) in sums.iter().enumerate() {
                for (to, sum) in to.iter_mut().zip(sums) {
                    if let Some(to) = to.get_mut(place) {
                        *to = *sum;
                    }
                }
            }
        }
    }
}

/// Adds up the pixels of each row of a batch, each with its weight, for all pixels of the
/// result.
struct WeighColumns<'a, const N: usize> {
    taps: &'a [Taps],
    from: &'a [[f32; BATCH]],
    bytes: &'a light::Bytes,
    to: &'a mut [u8],
    stride: usize,
}

impl<const N: usize> WithSimd for WeighColumns<'_, N> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for (index, taps) in self.taps.iter().enumerate() {
            let pixels = self.from.get(taps.first * N..).unwrap_or_default().as_chunks::<N>().0;
            let mut sums = [[0.0; BATCH]; N];
            for (weight, pixel) in taps.weights.iter().zip(pixels) {
                for (sums, samples) in sums.iter_mut().zip(pixel) {
                    for (sum, sample) in sums.iter_mut().zip(samples) {
                        *sum += weight * sample;
                    }
                }
            }
            for (place, row) in self.to.chunks_exact_mut(self.stride).enumerate() {
                let sums = sums.each_ref().map(|sums| sums.get(place).copied().unwrap_or_default());
                if let Some(pixel) = row.get_mut(index * N..).and_then(|row| row.first_chunk_mut::<N>()) {
                    *pixel = encoded(sums, self.bytes);
                }
            }
        }
    }
}

/// The pixel of so much light.
#[inline(always)]
fn encoded<const N: usize>(sums: [f32; N], bytes: &light::Bytes) -> [u8; N] {
    let alpha = if let [_, _, _, alpha] = sums.as_slice() { *alpha } else { 1.0 };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
    let visible = (alpha + 0.5) as u8;
    if visible == 0 {
        return [0; N];
    }
    let mut pixel = sums.map(|sum| bytes.of(sum / alpha));
    if let [_, _, _, alpha] = pixel.as_mut_slice() {
        *alpha = visible;
    }
    pixel
}
