//! One component while it is read: its cells, and the samples at its edges.
//!
//! The mean of k × k samples is told by the (8/k)² lowest coefficients of a block. Single
//! samples are made only of the last blocks of rows and columns, where the edge of the image
//! lies within a cell.

use super::super::cells::{CellRow, Cells, Samples};
use super::super::coefficients::{Border, ComponentRow, Kept, LANES};
use super::super::frame::Frame;
use super::super::vector::vectorized;
use super::edge::{Edge, From};
use super::plane::{Axis, Plane, weighted_sum};

/// How a component's plane is laid out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    /// Samples, as stored, that make one cell, across and down: 1, 2, 4 or 8.
    pub(super) reduction: (usize, usize),
    /// Pixels of the image that make one cell, across and down.
    pub(super) pixels: (usize, usize),
    /// The Gaussian that is left to do, in cells.
    pub(super) sigmas: (f64, f64),
    /// Cells beyond each edge.
    pub(super) margin: usize,
}

impl Layout {
    /// How many coefficients of a block the cells need.
    pub(super) fn kept(&self) -> Kept {
        (8 / self.reduction.0, 8 / self.reduction.1)
    }
}

/// A component while it is read.
pub(super) struct Channel {
    /// Blocks of a unit, across and down.
    blocks: (usize, usize),
    /// Cells of a block, across and down.
    of_block: (usize, usize),
    cells: Cells,
    row: CellRow,
    plane: Plane,
    /// The edges on the right and below, and the last blocks there.
    edges: (Edge, Edge),
    last_block: (usize, usize),
    /// For each row of cells, the samples of its last block.
    right: Vec<[f32; 8]>,
    /// The rows of samples of the last row of blocks, in cells, with margins.
    below: Vec<Vec<f32>>,
    /// The samples of the last of all blocks.
    corner: [[f32; 8]; 8],
}

impl Channel {
    /// None if there is no such component.
    pub(super) fn new(frame: &Frame<'_>, index: usize, layout: &Layout) -> Option<Self> {
        let component = frame.components.get(index)?;
        let (finest, units) = (frame.blocks_of_unit(), frame.units());
        let axis = |side: u32, finest: usize, own: usize, units: usize, reduction: usize| {
            // A component's side is that of the image over the ratio of samples: perhaps a
            // half sample more than a whole number of them.
            let end = 2 * side as usize * own / finest;
            let cells = end.div_ceil(2 * reduction);
            let axis = Axis {
                cells,
                before: layout.margin,
                behind: layout.margin + units * own * (8 / reduction) - cells,
                extent: end as f64 / (2 * reduction) as f64,
                start: 0.0,
            };
            (axis, Edge::new(cells, reduction, end, layout.margin))
        };
        let (size, own, reduction) = (frame.size, component.blocks, layout.reduction);
        let (across, right) = axis(size.width(), finest.0, own.0, units.0, reduction.0);
        let (down, below) = axis(size.height(), finest.1, own.1, units.1, reduction.1);
        let (kept, border) = (layout.kept(), Border::new(frame, index)?);
        Some(Self {
            blocks: own,
            of_block: kept,
            cells: Cells::means(component, border, kept),
            row: CellRow::new(own.1 * kept.1, own.0 * kept.0, units.0.next_multiple_of(LANES)),
            plane: Plane::new(across, down),
            right: vec![[0.0; 8]; if right.is_within_cell() { down.total() } else { 0 }],
            below: vec![vec![0.0; across.total()]; if below.is_within_cell() { 8 } else { 0 }],
            corner: [[0.0; 8]; 8],
            edges: (right, below),
            last_block: border.last,
        })
    }

    /// Takes in a row of units, of which this is the index.
    pub(super) fn take(&mut self, row: &ComponentRow, index: usize) {
        let (cells, to) = (&mut self.cells, &mut self.row);
        vectorized(
            #[inline(always)]
            || cells.transform(row, 0..row.stride, to),
        );
        for block in &row.at_edge {
            let ((x, y), unit) = (block.block, block.unit);
            let at = (unit * self.blocks.0 + x, index * self.blocks.1 + y);
            let samples = self.cells.transform_as_stored(block, &mut self.row);
            self.store_samples(at, &samples);
        }
        let phases = self.blocks.0 * self.of_block.0;
        let rows = self.blocks.1 * self.of_block.1;
        let before = (self.plane.across.before, self.plane.down.before);
        for line in 0..rows {
            let to = self.plane.row_mut(before.1 + index * rows + line);
            // What blocks beyond the picture have would only be written over.
            let to = to.get_mut(before.0..).unwrap_or_default();
            for phase in 0..phases {
                let places = to.iter_mut().skip(phase).step_by(phases);
                for (place, cell) in places.zip(self.row.units(line, phase)) {
                    *place = within_range(*cell);
                }
            }
        }
    }

    /// Keeps samples of a block that is at the right edge, the lower edge, or both.
    fn store_samples(&mut self, at: (usize, usize), samples: &Samples) {
        let (columns, rows) = self.of_block;
        let is_right = at.0 == self.last_block.0 && self.edges.0.is_within_cell();
        let is_below = at.1 == self.last_block.1 && self.edges.1.is_within_cell();
        if is_right {
            let first = self.plane.down.before + at.1 * rows;
            let kept = self.right.iter_mut().skip(first).take(rows);
            kept.zip(samples.of_rows()).for_each(|(kept, samples)| *kept = samples.map(within_range));
        }
        if is_below {
            let left = self.plane.across.before + at.0 * columns;
            for (kept, samples) in self.below.iter_mut().zip(samples.of_columns()) {
                kept.iter_mut()
                    .skip(left)
                    .take(columns)
                    .zip(samples)
                    .for_each(|(kept, sample)| *kept = within_range(sample));
            }
        }
        if is_right && is_below {
            self.corner = samples.all().map(|row| row.map(within_range));
        }
    }

    /// The plane with its margins, once everything is decoded.
    pub(super) fn finish(self) -> Plane {
        let Self { mut plane, edges, right, mut below, corner, .. } = self;
        let (across, down) = (plane.across, plane.down);
        for row in down.before..down.before + down.cells {
            let samples = right.get(row).copied().unwrap_or_default();
            edges.0.extend(plane.row_mut(row), across.before, &samples);
            across.mirror_begin(plane.row_mut(row));
        }
        for (row, samples) in below.iter_mut().zip(&corner) {
            edges.0.extend(row, across.before, samples);
            across.mirror_begin(row);
        }
        for (cell, taps) in edges.1.cells() {
            let row = |from| match from {
                From::Cell(cell) => plane.row(down.before + cell),
                From::Sample(sample) => below.get(sample).map(Vec::as_slice).unwrap_or_default(),
            };
            let sum = weighted_sum(across.total(), taps.iter().map(|tap| (row(tap.from), tap.weight)));
            plane.row_mut(down.before + cell).copy_from_slice(&sum);
        }
        plane.mirror_top(down.before);
        plane
    }
}

/// As decoders cut samples to their range.
#[inline(always)]
fn within_range(sample: f32) -> f32 {
    sample.clamp(-128.0, 127.0)
}
