//! Lanczos3 on rows of light as they come, and the result as they are done.
//!
//! Of the picture only the sums of the rows are held that are not complete yet, about seven.

use super::super::vector::vectorized;
use crate::transform::resize::lanczos::Taps;

/// Values that are summed up at once, in registers.
const LANES: usize = 32;
/// Rows of the result that are made at once.
pub(in crate::jpeg) const BATCH: usize = 8;

/// Rows of light over a row of units: for each row of cells and each channel, for each place
/// within a unit, all units. Cells of no unit are never looked at.
pub(super) struct LightRow {
    pub(super) channels: usize,
    /// Rows of cells, and cells of a unit in a row.
    pub(super) rows: usize,
    pub(super) phases: usize,
    /// Units, filled up to whole lanes.
    pub(super) stride: usize,
    values: Vec<f32>,
}

impl LightRow {
    pub(super) fn new(channels: usize, rows: usize, phases: usize, stride: usize) -> Self {
        // The last values of a row are read with what follows them.
        let values = vec![0.0; channels * rows * phases * stride + LANES];
        Self { channels, rows, phases, stride, values }
    }

    /// Values of all channels in a row.
    fn row_len(&self) -> usize {
        self.channels * self.phases * self.stride
    }

    /// Sets the light of some units.
    #[inline(always)]
    pub(super) fn set_lanes<const N: usize>(
        &mut self,
        channel: usize,
        (phase, row): (usize, usize),
        place: usize,
        light: [f32; N],
    ) {
        let start = row * self.row_len() + (channel * self.phases + phase) * self.stride + place;
        if let Some(to) = self.values.get_mut(start..).and_then(|rest| rest.first_chunk_mut::<N>()) {
            *to = light;
        }
    }

    /// Values of a row that are summed up at once.
    #[inline(always)]
    fn chunk(&self, row: usize, index: usize) -> Option<&[f32; LANES]> {
        self.values.get(row * self.row_len() + index * LANES..)?.first_chunk::<LANES>()
    }
}

/// Up to eight rows of the result in light, 0 to 1 but for what Lanczos3 rings beyond.
pub(in crate::jpeg) struct Strip<'a> {
    /// The rows that there are.
    pub(in crate::jpeg) rows: usize,
    /// For each channel: for each column, its rows.
    pub(in crate::jpeg) channels: &'a [Vec<[f32; BATCH]>],
}

/// Sums up rows of light to rows of the result.
pub(super) struct Resample {
    across: Vec<Taps>,
    down: Vec<Taps>,
    /// The cell that the first unit begins with.
    first_cell: usize,
    /// Sums of rows of the result that have begun, from `done` on.
    sums: std::collections::VecDeque<Vec<f32>>,
    /// Rows of the result that are complete.
    done: usize,
    /// Complete rows of sums that are not part of a strip yet.
    complete: Vec<Vec<f32>>,
    spare: Vec<Vec<f32>>,
    /// By channel and cell, the rows of a strip before the columns are summed up.
    columns: Vec<Vec<[f32; BATCH]>>,
    strip: Vec<Vec<[f32; BATCH]>>,
}

impl Resample {
    /// For a result of so many columns and rows, of cells whose first column is given.
    pub(super) fn new(across: Vec<Taps>, down: Vec<Taps>, first_cell: usize, light: &LightRow) -> Self {
        let cells = light.phases * light.stride;
        Self {
            first_cell,
            sums: std::collections::VecDeque::new(),
            done: 0,
            complete: Vec::with_capacity(BATCH),
            spare: Vec::new(),
            columns: vec![vec![[0.0; BATCH]; cells]; light.channels],
            strip: vec![vec![[0.0; BATCH]; across.len()]; light.channels],
            across,
            down,
        }
    }

    /// Takes in the next rows of cells, of which the first is given, and hands out the strips
    /// that are complete with them.
    pub(super) fn take(&mut self, light: &LightRow, first: usize, each: &mut dyn FnMut(&Strip<'_>)) {
        let end = first + light.rows;
        let reached = self.down.iter().skip(self.done).take_while(|taps| taps.first < end).count();
        while self.sums.len() < reached {
            let mut sums = self.spare.pop().unwrap_or_default();
            sums.clear();
            sums.resize(light.row_len().next_multiple_of(LANES), 0.0);
            self.sums.push_back(sums);
        }
        vectorized(
            #[inline(always)]
            || {
                for (taps, sums) in self.down.iter().skip(self.done).zip(&mut self.sums) {
                    add_rows(sums, light, taps, first);
                }
            },
        );
        while self.down.get(self.done).is_some_and(|taps| taps.end() <= end)
            && let Some(sums) = self.sums.pop_front()
        {
            self.done += 1;
            self.complete.push(sums);
            if self.complete.len() == BATCH || self.done == self.down.len() {
                self.finish_strip(light, each);
            }
        }
    }

    /// Whether all rows of the result are complete.
    pub(super) fn is_complete(&self) -> bool {
        self.done == self.down.len()
    }

    fn finish_strip(&mut self, light: &LightRow, each: &mut dyn FnMut(&Strip<'_>)) {
        let rows = self.complete.len();
        vectorized(
            #[inline(always)]
            || {
                for (channel, columns) in self.columns.iter_mut().enumerate() {
                    put_in_order(&self.complete, light, channel, columns);
                }
                for (columns, strip) in self.columns.iter().zip(&mut self.strip) {
                    for (taps, to) in self.across.iter().zip(strip) {
                        let cells = columns.get(taps.first - self.first_cell..).unwrap_or_default();
                        let mut sums = [0.0; BATCH];
                        for (weight, cells) in taps.weights.iter().zip(cells) {
                            for (sum, cell) in sums.iter_mut().zip(cells) {
                                *sum += weight * cell;
                            }
                        }
                        *to = sums;
                    }
                }
            },
        );
        each(&Strip { rows, channels: &self.strip });
        self.spare.append(&mut self.complete);
    }
}

/// Adds the rows of light to a row of the result, each with its weight.
#[inline(always)]
fn add_rows(sums: &mut [f32], light: &LightRow, taps: &Taps, first: usize) {
    let skipped = taps.first.saturating_sub(first);
    let weights = taps.weights.get(first.saturating_sub(taps.first)..).unwrap_or_default();
    for (index, sums) in sums.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        // In registers until it is whole.
        let mut total = *sums;
        for (row, weight) in (skipped..light.rows).zip(weights) {
            if let Some(values) = light.chunk(row, index) {
                for (sum, value) in total.iter_mut().zip(values) {
                    *sum += weight * value;
                }
            }
        }
        *sums = total;
    }
}

/// Puts the cells of up to eight rows in the order of the picture, rows beside each other.
#[inline(always)]
fn put_in_order(rows: &[Vec<f32>], light: &LightRow, channel: usize, to: &mut [[f32; BATCH]]) {
    let (phases, stride) = (light.phases, light.stride);
    for phase in 0..phases {
        let start = (channel * phases + phase) * stride;
        let row =
            |index: usize| rows.get(index).and_then(|row| row.get(start..start + stride)).unwrap_or_default();
        let rows: [&[f32]; BATCH] = std::array::from_fn(row);
        let places = to.iter_mut().skip(phase).step_by(phases);
        for (unit, place) in places.enumerate() {
            *place = rows.map(|row| row.get(unit).copied().unwrap_or(0.0));
        }
    }
}
