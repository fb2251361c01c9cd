//! From a blurred plane of cells straight to the quantised coefficients of a JPEG.
//!
//! Scaling a plane up with a cubic B-spline and transforming its blocks of 8 × 8 samples are
//! both linear. Their product is one small matrix for each direction, from the cells
//! around a block to its lowest coefficients, so no sample of the full size is ever made.
//! Both directions are done for a row of blocks at a time, along contiguous memory.

use super::super::cosine::{ZIGZAG, basis};
use super::super::vector::vectorized;
use super::plane::{Axis, Plane};

/// Blocks, or cells, that are worked on at once, in registers.
const LANES: usize = 16;

/// The most frequencies of a direction.
const MAX_FREQUENCIES: usize = 8;

/// From cells to coefficients in one direction.
struct Direction {
    /// By cell and frequency.
    weights: Vec<[f32; MAX_FREQUENCIES]>,
    /// The first cell of the first block, in the row with its margin.
    first: usize,
    /// Cells from one block to the next.
    step: usize,
}

impl Direction {
    /// For blocks of eight samples, of which each cell has so many.
    fn new(axis: Axis, samples: usize) -> Self {
        // Where the middle of a sample lies among the middles of cells, the margin included.
        let place =
            |sample: usize| (sample as f64 + 0.5) / samples as f64 + axis.start - 0.5 + axis.before as f64;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a margin has some cells"
        )]
        let whole = |place: f64| place as usize;
        let first = whole(place(0)).saturating_sub(1);
        let mut weights = vec![[0.0; MAX_FREQUENCIES]; whole(place(7)) + 3 - first];
        for sample in 0..8 {
            let from = whole(place(sample)).saturating_sub(1 + first);
            for (cell, weight) in weights.iter_mut().skip(from).zip(b_spline(place(sample).fract())) {
                for (frequency, sum) in cell.iter_mut().enumerate() {
                    *sum += basis(frequency, sample) * weight;
                }
            }
        }
        #[expect(clippy::cast_possible_truncation, reason = "precision enough for a byte")]
        let single = |cell: [f64; MAX_FREQUENCIES]| cell.map(|weight| weight as f32);
        Self { weights: weights.into_iter().map(single).collect(), first, step: 8 / samples }
    }
}

/// The variance, in cells, that scaling up adds: that of four boxes.
pub(super) const SCALING_VARIANCE: f64 = 4.0 / 12.0;

/// The weights of the cubic B-spline for the four cells around a place between the second
/// and the third (Unser, "Splines: a perfect fit for signal and image processing", 1999).
fn b_spline(fraction: f64) -> [f64; 4] {
    let (t, s) = (fraction, 1.0 - fraction);
    let middle = |t: f64| (4.0 - 6.0 * t * t + 3.0 * t * t * t) / 6.0;
    [s * s * s / 6.0, middle(t), middle(s), t * t * t / 6.0]
}

/// Makes the rows of blocks of one component.
pub(super) struct Synthesis {
    plane: Plane,
    across: Direction,
    down: Direction,
    frequencies: usize,
    /// One over the quantisation step, by row and column.
    reciprocals: [[f32; MAX_FREQUENCIES]; MAX_FREQUENCIES],
    /// For each row and column, which of the coefficients it is in the order of the zigzag.
    ranks: [[usize; MAX_FREQUENCIES]; MAX_FREQUENCIES],
    /// For each frequency down, the cells after the columns have been summed up.
    between: Vec<Vec<f32>>,
    /// One row of those, its cells apart by their place in a block's step.
    phases: Vec<Vec<f32>>,
    rows: Vec<BlockRow>,
}

/// A row of blocks, coefficient by coefficient.
#[derive(Clone)]
pub(super) struct BlockRow {
    /// For each coefficient, the values of all blocks.
    values: Vec<Vec<i16>>,
    /// For every 16 coefficients, which of them each block has.
    masks: Vec<Vec<u16>>,
    /// For each block, the value of its first coefficient if it has no other.
    levels: Vec<i16>,
    /// The place in the zigzag of each coefficient.
    places: Vec<u8>,
}

impl Synthesis {
    /// For so many blocks in a row, and so many rows made at once, of a plane whose cells
    /// have so many samples of the result, across and down. Of each block the lowest coefficients are made, so many
    /// each way, and quantised with these steps, which are in the order of the zigzag.
    pub(super) fn new(
        plane: Plane,
        samples: (usize, usize),
        (blocks, rows): (usize, usize),
        frequencies: usize,
        steps: &[u8; 64],
    ) -> Self {
        let across = Direction::new(plane.across, samples.0);
        let down = Direction::new(plane.down, samples.1);
        let mut reciprocals = [[0.0; MAX_FREQUENCIES]; MAX_FREQUENCIES];
        let mut ranks = [[0; MAX_FREQUENCIES]; MAX_FREQUENCIES];
        let mut places = Vec::new();
        for ((place, natural), step) in (0u8..).zip(ZIGZAG).zip(steps) {
            let (row, column) = (usize::from(natural / 8), usize::from(natural % 8));
            if row < frequencies && column < frequencies {
                let cell = |table: &mut [[f32; 8]; 8]| {
                    table.get_mut(row)?.get_mut(column).map(|cell| *cell = 1.0 / f32::from(*step))
                };
                cell(&mut reciprocals);
                if let Some(rank) = ranks.get_mut(row).and_then(|row| row.get_mut(column)) {
                    *rank = places.len();
                }
                places.push(place);
            }
        }
        let padded = blocks.next_multiple_of(LANES);
        let shifts = across.weights.len() / across.step + 1;
        let length =
            (across.first + (padded + shifts) * across.step).max(plane.stride()).next_multiple_of(LANES);
        Self {
            between: vec![vec![0.0; length]; frequencies],
            phases: vec![vec![0.0; padded + shifts]; across.step],
            rows: vec![
                BlockRow {
                    values: vec![vec![0; padded]; places.len()],
                    masks: vec![vec![0; padded]; places.len().div_ceil(16)],
                    levels: vec![0; padded],
                    places,
                };
                rows
            ],
            plane,
            across,
            down,
            frequencies,
            reciprocals,
            ranks,
        }
    }

    /// Makes the rows of blocks of a unit, which is counted from the top.
    pub(super) fn make(&mut self, unit: usize) {
        let mut rows = std::mem::take(&mut self.rows);
        let first = unit * rows.len();
        vectorized(
            #[inline(always)]
            || {
                for (index, row) in (first..).zip(&mut rows) {
                    match self.frequencies {
                        ..=4 => self.make_row::<4>(index, row),
                        _ => self.make_row::<8>(index, row),
                    }
                }
            },
        );
        self.rows = rows;
    }

    /// The rows of blocks that were made last.
    pub(super) fn rows(&self) -> &[BlockRow] {
        &self.rows
    }

    #[inline(always)]
    fn make_row<const N: usize>(&mut self, index: usize, blocks: &mut BlockRow) {
        self.sum_columns::<N>(self.down.first + index * self.down.step);
        blocks.masks.iter_mut().for_each(|masks| masks.fill(0));
        for row in 0..N {
            self.split_phases(row);
            self.sum_rows::<N>(row, blocks);
        }
    }

    /// Sums up the columns of the cells from row `first` on, for each frequency.
    #[inline(always)]
    fn sum_columns<const N: usize>(&mut self, first: usize) {
        let stride = self.plane.stride();
        for start in (0..stride).step_by(LANES) {
            // The last cells are summed up with some of those before them once more.
            let start = start.min(stride.saturating_sub(LANES));
            let mut sums = [[0.0f32; LANES]; N];
            for (row, weights) in (first..).zip(&self.down.weights) {
                let Some(cells) =
                    self.plane.row(row).get(start..).and_then(|rest| rest.first_chunk::<LANES>())
                else {
                    continue;
                };
                for (sums, weight) in sums.iter_mut().zip(weights) {
                    for (sum, cell) in sums.iter_mut().zip(cells) {
                        *sum += weight * cell;
                    }
                }
            }
            for (between, sums) in self.between.iter_mut().zip(sums) {
                if let Some(place) = between.get_mut(start..).and_then(|rest| rest.first_chunk_mut::<LANES>())
                {
                    *place = sums;
                }
            }
        }
    }

    /// Puts every cell of a row to those that have the same place in their block's step.
    #[inline(always)]
    fn split_phases(&mut self, row: usize) {
        let cells = self.between.get(row).and_then(|row| row.get(self.across.first..)).unwrap_or_default();
        let step = self.across.step;
        match self.phases.as_mut_slice() {
            [only] => only.iter_mut().zip(cells).for_each(|(to, from)| *to = *from),
            [even, odd] => {
                for ((even, odd), [first, second]) in even.iter_mut().zip(odd).zip(cells.as_chunks::<2>().0) {
                    (*even, *odd) = (*first, *second);
                }
            }
            phases => {
                for (place, phase) in phases.iter_mut().enumerate() {
                    let cells = cells.iter().skip(place).step_by(step);
                    phase.iter_mut().zip(cells).for_each(|(to, from)| *to = *from);
                }
            }
        }
    }

    /// Sums up the cells of each block for the coefficients of one row, and quantises.
    #[inline(always)]
    fn sum_rows<const N: usize>(&self, row: usize, blocks: &mut BlockRow) {
        let (Some(reciprocals), Some(ranks)) = (self.reciprocals.get(row), self.ranks.get(row)) else {
            return;
        };
        let padded = blocks.values.first().map_or(0, Vec::len);
        for start in (0..padded).step_by(LANES) {
            let mut sums = [[0.0f32; LANES]; N];
            for (cell, weights) in self.across.weights.iter().enumerate() {
                let (shift, phase) = (cell / self.across.step, cell % self.across.step);
                let Some(cells) = self
                    .phases
                    .get(phase)
                    .and_then(|phase| phase.get(start + shift..))
                    .and_then(|rest| rest.first_chunk::<LANES>())
                else {
                    continue;
                };
                for (sums, weight) in sums.iter_mut().zip(weights) {
                    for (sum, cell) in sums.iter_mut().zip(cells) {
                        *sum += weight * cell;
                    }
                }
            }
            if row == 0
                && let (Some(sums), Some(reciprocal)) = (sums.first(), reciprocals.first())
                && let Some(levels) =
                    blocks.levels.get_mut(start..).and_then(|rest| rest.first_chunk_mut::<LANES>())
            {
                for (level, sum) in levels.iter_mut().zip(sums) {
                    *level = rounded(f32::from(rounded(sum / 8.0)) * 8.0 * reciprocal);
                }
            }
            for ((sums, reciprocal), rank) in sums.iter().zip(reciprocals).zip(ranks) {
                let values = blocks.values.get_mut(*rank).and_then(|values| values.get_mut(start..));
                let masks = blocks.masks.get_mut(rank / 16).and_then(|masks| masks.get_mut(start..));
                let values = values.and_then(|values| values.first_chunk_mut::<LANES>());
                let masks = masks.and_then(|masks| masks.first_chunk_mut::<LANES>());
                if let (Some(values), Some(masks)) = (values, masks) {
                    let bit = 1u16 << (rank % 16);
                    for ((value, mask), sum) in values.iter_mut().zip(masks).zip(sums) {
                        *value = rounded(sum * reciprocal);
                        *mask |= if *value == 0 { 0 } else { bit };
                    }
                }
            }
        }
    }
}

/// The nearest whole number, within what a coefficient can be.
#[inline(always)]
fn rounded(value: f32) -> i16 {
    /// Added to a small number it leaves no bits for a fraction: 1.5 × 2²³.
    const SHIFT: f32 = 12_582_912.0;
    let shifted = value.clamp(-1023.0, 1023.0) + SHIFT;
    #[expect(clippy::cast_possible_truncation, reason = "at most 1023 either way")]
    let number = (shifted.to_bits().cast_signed() - SHIFT.to_bits().cast_signed()) as i16;
    number
}

impl BlockRow {
    /// The first coefficient of a block. Where it is alone, the block becomes one level, so
    /// it is the one of the nearest level, of which decoders make that level again.
    #[inline(always)]
    pub(super) fn level(&self, block: usize) -> i16 {
        let is_alone = self.masks.iter().all(|masks| masks.get(block).is_none_or(|mask| mask & !1 == 0));
        let levels = if is_alone { Some(&self.levels) } else { self.values.first() };
        levels.and_then(|levels| levels.get(block)).copied().unwrap_or(0)
    }

    /// The others that are not zero, each with its place in the zigzag, in that order.
    #[inline(always)]
    pub(super) fn others(&self, block: usize, mut each: impl FnMut(u8, i16)) {
        for (group, masks) in self.masks.iter().enumerate() {
            let mut mask = masks.get(block).copied().unwrap_or(0);
            if group == 0 {
                mask &= !1;
            }
            while mask != 0 {
                let rank = group * 16 + mask.trailing_zeros() as usize;
                mask &= mask - 1;
                let value = self.values.get(rank).and_then(|values| values.get(block)).copied();
                if let (Some(place), Some(value)) = (self.places.get(rank), value) {
                    each(*place, value);
                }
            }
        }
    }
}
