//! One component while it is decoded: its cells, and the samples at its edges.
//!
//! The mean of k × k pixels is told by the (8/k)² lowest coefficients of a block, so only
//! those are read as numbers. Single pixels are made only of the last blocks of rows and
//! columns, where the edge of the image lies within a cell.

use super::block::Block;
use super::edge::{Edge, From};
use super::frame::{Component, Frame};
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

/// A component while it is decoded.
pub(super) struct Channel {
    /// Blocks of a unit, across and down.
    pub(super) blocks: (usize, usize),
    /// The block that is being read.
    pub(super) block: Block,
    /// Cells of a block, across and down.
    cells: (usize, usize),
    plane: Plane,
    /// The edges on the right and below, and the last blocks there.
    edges: (Edge, Edge),
    pub(super) last_block: (usize, usize),
    /// For each row of cells, the samples of its last block.
    right: Vec<[f32; 8]>,
    /// The rows of samples of the last row of blocks, in cells, with margins.
    below: Vec<Vec<f32>>,
    /// The samples of the last of all blocks.
    corner: [[f32; 8]; 8],
}

impl Channel {
    pub(super) fn new(frame: &Frame<'_>, component: &Component, layout: &Layout) -> Self {
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
            (axis, Edge::new(cells, reduction, end, layout.margin), (end - 1) / 16)
        };
        let (size, own, reduction) = (frame.size, component.blocks, layout.reduction);
        let (across, right, last_column) = axis(size.width(), finest.0, own.0, units.0, reduction.0);
        let (down, below, last_row) = axis(size.height(), finest.1, own.1, units.1, reduction.1);
        Self {
            blocks: own,
            block: Block::new(component, reduction),
            cells: (8 / reduction.0, 8 / reduction.1),
            plane: Plane::new(across, down),
            right: vec![[0.0; 8]; if right.is_within_cell() { down.total() } else { 0 }],
            below: vec![vec![0.0; across.total()]; if below.is_within_cell() { 8 } else { 0 }],
            corner: [[0.0; 8]; 8],
            edges: (right, below),
            last_block: (last_column, last_row),
        }
    }

    /// The column and row of each block of a unit that is this component's.
    #[inline(always)]
    pub(super) fn blocks_of_unit(
        &self,
        column: usize,
        row: usize,
    ) -> impl Iterator<Item = (usize, usize)> + use<> {
        let (across, down) = self.blocks;
        (row * down..(row + 1) * down)
            .flat_map(move |row| (column * across..(column + 1) * across).map(move |column| (column, row)))
    }

    /// Whether some blocks need all their coefficients.
    pub(super) fn needs_samples(&self) -> bool {
        self.edges.0.is_within_cell() || self.edges.1.is_within_cell()
    }

    /// Whether this block needs all its coefficients: at the right edge, or below.
    #[inline(always)]
    pub(super) fn needs_all(&self, at: (usize, usize)) -> bool {
        let (is_right, is_below) = self.is_at_edges(at);
        is_right || is_below
    }

    #[inline(always)]
    fn is_at_edges(&self, at: (usize, usize)) -> (bool, bool) {
        (
            at.0 == self.last_block.0 && self.edges.0.is_within_cell(),
            at.1 == self.last_block.1 && self.edges.1.is_within_cell(),
        )
    }

    /// Puts the cells of the block that was read in their place.
    #[inline(always)]
    pub(super) fn put(&mut self, at: (usize, usize)) {
        // Units at the edge may have blocks that nothing is seen of.
        if at.0 > self.last_block.0 || at.1 > self.last_block.1 {
            return;
        }
        match self.cells {
            (1, 1) => self.store(at, [[self.block.mean()]]),
            (2, 2) => self.store(at, self.block.two_by_two()),
            (4, 4) => self.store(at, self.block.cells::<4>()),
            _ => self.store(at, self.block.cells::<8>()),
        }
        if self.needs_all(at) {
            self.store_samples(at, self.is_at_edges(at));
        }
    }

    #[inline(always)]
    fn store<const N: usize>(&mut self, at: (usize, usize), cells: [[f32; N]; N]) {
        let (columns, rows) = self.cells;
        let (left, top) = (self.plane.across.before + at.0 * columns, self.plane.down.before + at.1 * rows);
        for (row, cells) in (top..top + rows).zip(&cells) {
            let to = self.plane.row_mut(row).get_mut(left..left + columns.min(N));
            if let (Some(to), Some(from)) = (to, cells.get(..columns.min(N))) {
                to.copy_from_slice(from);
            }
        }
    }

    /// Keeps samples of the block that was read last, which is at the right edge, the lower
    /// edge, or both.
    #[cold]
    fn store_samples(&mut self, at: (usize, usize), (is_right, is_below): (bool, bool)) {
        let (columns, rows) = self.cells;
        if is_right {
            let first = self.plane.down.before + at.1 * rows;
            let kept = self.right.iter_mut().skip(first).take(rows);
            kept.zip(self.block.samples_of_rows()).for_each(|(kept, samples)| *kept = samples);
        }
        if is_below {
            let left = self.plane.across.before + at.0 * columns;
            for (kept, samples) in self.below.iter_mut().zip(self.block.samples_of_columns()) {
                kept.iter_mut()
                    .skip(left)
                    .take(columns)
                    .zip(samples)
                    .for_each(|(kept, sample)| *kept = sample);
            }
        }
        if is_right && is_below {
            self.corner = self.block.samples();
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
