//! From the lowest coefficients of blocks to cells: the picture at a fraction of its size.
//!
//! Cells are samples, N × N of them by the inverse transform of N points of a block's N × N
//! lowest coefficients; or means, of squares of its samples. Of colors at half the resolution a block has twice the cells each way, so
//! that they land on the same grid and nothing is scaled up.

use std::f32::consts::SQRT_2;

use super::coefficients::{Border, ComponentRow, Kept, LANES, WholeBlock};
use super::cosine::{ZIGZAG, basis, mean_of_basis};
use super::frame::Component;

/// From the coefficients of a component to its cells.
pub(super) struct Cells {
    kept: Kept,
    /// Cells of a block, across and down.
    of_block: (usize, usize),
    /// By cell: what each coefficient in that direction adds to it.
    across: Vec<[f32; 8]>,
    down: Vec<[f32; 8]>,
    /// The quantisation steps by row and column.
    steps: [[f32; 8]; 8],
    border: Border,
    /// Room for the coefficients of some units in a row, and for what the rows become.
    row: Vec<[f32; LANES]>,
    rows: Vec<[f32; LANES]>,
}

/// Samples of a plane over a row of units, less 128: for each row of cells, for each place
/// within a unit, all units.
pub(super) struct CellRow {
    /// Cells of a unit in a row.
    pub(super) phases: usize,
    /// Units, filled up to whole lanes.
    pub(super) stride: usize,
    values: Vec<f32>,
}

impl CellRow {
    pub(super) fn new(rows: usize, phases: usize, stride: usize) -> Self {
        Self { phases, stride, values: vec![0.0; rows * phases * stride] }
    }

    /// Cells of some units.
    #[inline(always)]
    pub(super) fn lanes(&self, row: usize, phase: usize, first: usize) -> [f32; LANES] {
        let start = (row * self.phases + phase) * self.stride + first;
        let lanes = self.values.get(start..).and_then(|rest| rest.first_chunk::<LANES>());
        lanes.copied().unwrap_or([0.0; LANES])
    }

    /// The cells of this row and place within their unit, of all units.
    pub(super) fn units(&self, row: usize, phase: usize) -> &[f32] {
        let start = (row * self.phases + phase) * self.stride;
        self.values.get(start..start + self.stride).unwrap_or_default()
    }

    #[inline(always)]
    fn set_lanes(&mut self, row: usize, phase: usize, first: usize, cells: [f32; LANES]) {
        let start = (row * self.phases + phase) * self.stride + first;
        if let Some(place) = self.values.get_mut(start..).and_then(|rest| rest.first_chunk_mut::<LANES>()) {
            *place = cells;
        }
    }

    fn set(&mut self, row: usize, phase: usize, unit: usize, cell: f32) {
        if let Some(place) = self.values.get_mut((row * self.phases + phase) * self.stride + unit) {
            *place = cell;
        }
    }
}

impl Cells {
    /// Blocks of so many samples.
    pub(super) fn samples(
        component: &Component,
        border: Border,
        kept: Kept,
        of_block: (usize, usize),
    ) -> Self {
        Self::new(component, border, kept, samples(of_block.0), samples(of_block.1))
    }

    /// Blocks of as many means as coefficients are kept, 1, 2, 4 or 8 each way.
    pub(super) fn means(component: &Component, border: Border, kept: Kept) -> Self {
        Self::new(component, border, kept, means(kept.0), means(kept.1))
    }

    fn new(
        component: &Component,
        border: Border,
        kept: Kept,
        across: Vec<[f32; 8]>,
        down: Vec<[f32; 8]>,
    ) -> Self {
        let mut steps = [[0.0; 8]; 8];
        for (natural, step) in ZIGZAG.iter().zip(component.quantisation) {
            let (row, column) = (usize::from(natural / 8), usize::from(natural % 8));
            if let Some(place) = steps.get_mut(row).and_then(|row| row.get_mut(column)) {
                *place = f32::from(step);
            }
        }
        Self {
            kept,
            of_block: (across.len(), down.len()),
            steps,
            border,
            row: vec![[0.0; LANES]; kept.0],
            rows: vec![[0.0; LANES]; kept.1 * across.len()],
            across,
            down,
        }
    }

    /// Makes the cells of some units of a row, from unit `first` on; `from` is the unit that
    /// the cells begin with.
    #[inline(always)]
    pub(super) fn transform(&mut self, row: &ComponentRow, units: std::ops::Range<usize>, to: &mut CellRow) {
        let from = units.start;
        for y in 0..row.blocks.1 {
            for x in 0..row.blocks.0 {
                for first in units.clone().step_by(LANES) {
                    self.transform_lanes(row, (x, y), first, first - from, to);
                }
            }
        }
    }

    #[inline(always)]
    fn transform_lanes(
        &mut self,
        row: &ComponentRow,
        (x, y): (usize, usize),
        first: usize,
        place: usize,
        to: &mut CellRow,
    ) {
        let block = y * row.blocks.0 + x;
        for ((v, cells), steps) in self.rows.chunks_exact_mut(self.of_block.0).enumerate().zip(&self.steps) {
            for ((u, lanes), step) in self.row.iter_mut().enumerate().zip(steps) {
                let values = row.lanes(block, (u, v), first);
                for (lane, value) in lanes.iter_mut().zip(values) {
                    *lane = f32::from(value) * step;
                }
            }
            for (cell, weights) in cells.iter_mut().zip(&self.across) {
                *cell = sum(self.row.iter().zip(weights));
            }
        }
        for (j, weights) in self.down.iter().enumerate() {
            for i in 0..self.of_block.0 {
                let column = self.rows.iter().skip(i).step_by(self.of_block.0);
                let cells = sum(column.zip(weights));
                to.set_lanes(y * self.of_block.1 + j, x * self.of_block.0 + i, place, cells);
            }
        }
    }

    /// Makes the cells of a block that the edge of the picture lies within, as if the picture
    /// went on mirrored there, whatever the file has beyond the edge. `at` is where the block
    /// is, and `place` where its unit is among the cells. Gives the energy of what is not kept.
    pub(super) fn transform_whole(
        &self,
        block: &WholeBlock,
        at: (usize, usize),
        place: usize,
        to: &mut CellRow,
    ) -> f32 {
        let visible = |at: usize, last: usize, samples: usize| if at == last { samples } else { 8 };
        let coefficients = mirrored(
            &self.natural(block),
            visible(at.0, self.border.last.0, self.border.samples.0),
            visible(at.1, self.border.last.1, self.border.samples.1),
        );
        let (columns, rows) = self.kept;
        let mut energy = 0.0;
        for (v, row) in coefficients.iter().enumerate() {
            for (u, value) in row.iter().enumerate() {
                energy += if u < columns && v < rows { 0.0 } else { value * value };
            }
        }
        self.put(&coefficients, block, place, to);
        energy
    }

    /// Makes the cells of a block of which all coefficients are there, whatever of it is the
    /// picture, and gives its samples.
    pub(super) fn transform_as_stored(&self, block: &WholeBlock, to: &mut CellRow) -> Samples {
        let coefficients = self.natural(block);
        self.put(&coefficients, block, block.unit, to);
        Samples { coefficients, across: self.across.clone(), down: self.down.clone() }
    }

    /// Puts the cells of these coefficients in their place.
    fn put(&self, coefficients: &[[f32; 8]; 8], block: &WholeBlock, place: usize, to: &mut CellRow) {
        let (columns, rows) = self.kept;
        let (x, y) = block.block;
        for (j, down) in self.down.iter().enumerate() {
            for (i, across) in self.across.iter().enumerate() {
                let of_row = |row: &[f32; 8]| -> f32 {
                    row.iter().zip(across).take(columns).map(|(value, weight)| value * weight).sum()
                };
                let cell = coefficients.iter().zip(down).take(rows).map(|(row, weight)| of_row(row) * weight);
                to.set(y * self.of_block.1 + j, x * self.of_block.0 + i, place, cell.sum());
            }
        }
    }

    /// The coefficients of a block by row and column.
    fn natural(&self, block: &WholeBlock) -> [[f32; 8]; 8] {
        let mut natural = [[0.0; 8]; 8];
        for (place, value) in ZIGZAG.iter().zip(block.coefficients) {
            let (row, column) = (usize::from(place / 8), usize::from(place % 8));
            let step = self.steps.get(row).and_then(|row| row.get(column)).copied().unwrap_or(0.0);
            if let Some(cell) = natural.get_mut(row).and_then(|row| row.get_mut(column)) {
                *cell = f32::from(value) * step;
            }
        }
        natural
    }
}

/// The samples of a block at an edge.
pub(super) struct Samples {
    coefficients: [[f32; 8]; 8],
    /// What the coefficients add to the cells.
    across: Vec<[f32; 8]>,
    down: Vec<[f32; 8]>,
}

impl Samples {
    /// Rows of cells, with samples across.
    pub(super) fn of_rows(&self) -> Vec<[f32; 8]> {
        self.made(&samples(8), &self.down)
    }

    /// Rows of samples, with cells across.
    pub(super) fn of_columns(&self) -> Vec<[f32; 8]> {
        self.made(&self.across, &samples(8))
    }

    /// All samples.
    pub(super) fn all(&self) -> [[f32; 8]; 8] {
        let mut all = [[0.0; 8]; 8];
        let rows = self.made(&samples(8), &samples(8));
        all.iter_mut().zip(rows).for_each(|(to, row)| *to = row);
        all
    }

    fn made(&self, across: &[[f32; 8]], down: &[[f32; 8]]) -> Vec<[f32; 8]> {
        let product = |a: &[f32; 8], b: &[f32; 8]| -> f32 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
        let row = |down: &[f32; 8]| {
            let mut row = [0.0; 8];
            for (to, across) in row.iter_mut().zip(across) {
                let columns = self.coefficients.iter().map(|row| product(row, across));
                *to = columns.zip(down).map(|(column, weight)| column * weight).sum();
            }
            row
        };
        down.iter().map(row).collect()
    }
}

/// Adds up lanes, each with its weight.
#[inline(always)]
fn sum<'a>(terms: impl Iterator<Item = (&'a [f32; LANES], &'a f32)>) -> [f32; LANES] {
    let mut total = [0.0; LANES];
    for (lanes, weight) in terms {
        for (sum, value) in total.iter_mut().zip(lanes) {
            *sum += value * weight;
        }
    }
    total
}

/// What each coefficient adds to each of so many cells: the inverse transform of that many
/// points, scaled so that the level stays what it is.
fn samples(cells: usize) -> Vec<[f32; 8]> {
    let cell = |cell: usize| {
        std::array::from_fn(|frequency| {
            let phase = ((2 * cell + 1) * frequency) as f32 / (2 * cells) as f32;
            let scale = if frequency == 0 { 0.5 / SQRT_2 } else { 0.5 };
            scale * (std::f32::consts::PI * phase).cos()
        })
    };
    (0..cells).map(cell).collect()
}

/// What each coefficient adds to each of so many means. Frequencies of as many and more
/// would only come out as lower ones that are not there.
fn means(cells: usize) -> Vec<[f32; 8]> {
    let cell = |cell: usize| {
        std::array::from_fn(|frequency| {
            #[expect(clippy::cast_possible_truncation, reason = "precision enough for a byte")]
            let mean = mean_of_basis(frequency, cell, 8 / cells) as f32;
            if frequency < cells { mean } else { 0.0 }
        })
    };
    (0..cells).map(cell).collect()
}

/// The coefficients of a block of which so many columns and rows are kept and the rest is
/// their mirror image.
fn mirrored(coefficients: &[[f32; 8]; 8], columns: usize, rows: usize) -> [[f32; 8]; 8] {
    #[expect(clippy::cast_possible_truncation, reason = "precision enough for a byte")]
    let basis: [[f32; 8]; 8] = std::array::from_fn(|u| std::array::from_fn(|x| basis(u, x) as f32));
    let mirror = |place: usize, visible: usize| {
        let place = place % (2 * visible.max(1));
        place.min((2 * visible).saturating_sub(1 + place))
    };
    // What a matrix makes of the rows, and, with rows and columns changed over, of the columns.
    let applied = |of: &[[f32; 8]; 8], matrix: &[[f32; 8]; 8]| -> [[f32; 8]; 8] {
        std::array::from_fn(|to| {
            std::array::from_fn(|row| {
                let (Some(weights), Some(values)) = (matrix.get(to), of.get(row)) else { return 0.0 };
                weights.iter().zip(values).map(|(weight, value)| weight * value).sum()
            })
        })
    };
    // The matrix from coefficients to coefficients of the mirrored samples, one direction.
    let direction = |visible: usize| -> [[f32; 8]; 8] {
        std::array::from_fn(|to| {
            std::array::from_fn(|from| {
                let sample = |x: usize| basis.get(from).and_then(|b| b.get(mirror(x, visible))).copied();
                let weight = |x: usize| basis.get(to).and_then(|b| b.get(x)).copied();
                (0..8).map(|x| sample(x).unwrap_or(0.0) * weight(x).unwrap_or(0.0)).sum()
            })
        })
    };
    applied(&applied(coefficients, &direction(columns)), &direction(rows))
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "small numbers made here")]
mod tests {
    use super::*;

    #[test]
    fn a_level_stays_and_a_slope_is_sampled_in_the_middle_of_cells() {
        // Samples that rise by one from −3.5 to 3.5.
        let coefficients: [f64; 8] =
            std::array::from_fn(|u| (0..8).map(|x| basis(u, x) * (x as f64 - 3.5)).sum());
        for cells in [2, 4, 8, 16] {
            for (index, weights) in samples(cells).iter().enumerate() {
                let level = weights[0] * (100.0 * 8f32.sqrt());
                assert!((level - 100.0).abs() < 1e-3, "{level}");
                let slope: f32 = coefficients.iter().zip(weights).map(|(c, w)| *c as f32 * w).sum();
                let exact = (index as f32 + 0.5) * 8.0 / cells as f32 - 4.0;
                assert!((slope - exact).abs() < 0.45, "{cells} {index}: {slope} {exact}");
            }
        }
    }

    #[test]
    fn what_is_beyond_the_edge_is_the_mirror_image() {
        let samples: [[f64; 8]; 8] = std::array::from_fn(|y| {
            std::array::from_fn(|x| if x < 3 && y < 5 { (x * x * 7 + y * 3) as f64 } else { 999.0 })
        });
        let forward = |samples: &[[f64; 8]; 8]| -> [[f32; 8]; 8] {
            std::array::from_fn(|v| {
                std::array::from_fn(|u| {
                    let term = |y: usize, x: usize| samples[y][x] * basis(u, x) * basis(v, y);
                    (0..64).map(|i| term(i / 8, i % 8)).sum::<f64>() as f32
                })
            })
        };
        let made = mirrored(&forward(&samples), 3, 5);
        let visible = |x: usize, side: usize| {
            [x % (2 * side), 2 * side - 1 - x % (2 * side)].into_iter().min().unwrap()
        };
        let exact =
            forward(&std::array::from_fn(|y| std::array::from_fn(|x| samples[visible(y, 5)][visible(x, 3)])));
        for (made, exact) in made.iter().flatten().zip(exact.iter().flatten()) {
            assert!((made - exact).abs() < 0.05, "{made} {exact}");
        }
    }
}
