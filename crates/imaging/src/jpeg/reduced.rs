//! Decodes a baseline JPEG straight to reduced planes.
//!
//! The mean of k × k pixels is told by the (8/k)² lowest coefficients of a block, so only
//! those are read as numbers; the others are passed over, several at a time. No pixel of
//! the full size is made, except in blocks at the right and lower edge, whose pixels
//! beyond the edge are whatever the encoder put there and must not count.

use super::bits::BitReader;
use super::block::BlockReader;
use super::edge::{Edge, From};
use super::frame::Frame;
use super::huffman::{HuffmanTable, SkipTable};
use super::plane::{Axis, Plane};

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
struct Channel<'a> {
    blocks: (usize, usize),
    dc: &'a HuffmanTable,
    ac: &'a HuffmanTable,
    skip: &'a SkipTable,
    /// Cells of a block, across and down.
    cells: (usize, usize),
    plane: Plane,
    reader: BlockReader,
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

/// Decodes to one plane with filled margins for each component, whose layouts are given; none if the data are
/// anything but whole. `proceed` is asked now and then, and may end the work.
pub(super) fn decode(
    frame: &Frame<'_>,
    layouts: &[Layout],
    proceed: &dyn Fn() -> bool,
) -> Option<Vec<Plane>> {
    let finest = frame.blocks_of_unit();
    let (width, height) = (frame.size.width() as usize, frame.size.height() as usize);
    let units = (width.div_ceil(8 * finest.0), height.div_ceil(8 * finest.1));
    let skips: Vec<Option<SkipTable>> =
        frame.ac_tables.iter().map(|table| table.as_ref().map(SkipTable::new)).collect();
    let mut channels = Vec::with_capacity(layouts.len());
    for (component, layout) in frame.components.iter().zip(layouts) {
        let axis = |side: usize, finest: usize, own: usize, units: usize, reduction: usize| {
            // Sides of a component are those of the image over the ratio of samples.
            let samples = side as f64 * own as f64 / finest as f64;
            let cells = side.saturating_mul(own).div_ceil(finest * reduction);
            Axis {
                cells,
                before: layout.margin,
                behind: layout.margin + units * own * (8 / reduction) - cells,
                extent: samples / reduction as f64,
                start: 0.0,
            }
        };
        let across = axis(width, finest.0, component.blocks.0, units.0, layout.reduction.0);
        let down = axis(height, finest.1, component.blocks.1, units.1, layout.reduction.1);
        let ends = (2 * width * component.blocks.0 / finest.0, 2 * height * component.blocks.1 / finest.1);
        let edges = (
            Edge::new(across.cells, layout.reduction.0, ends.0, layout.margin),
            Edge::new(down.cells, layout.reduction.1, ends.1, layout.margin),
        );
        channels.push(Channel {
            blocks: component.blocks,
            dc: frame.dc_tables.get(component.dc_table)?.as_ref()?,
            ac: frame.ac_tables.get(component.ac_table)?.as_ref()?,
            skip: skips.get(component.ac_table)?.as_ref()?,
            cells: (8 / layout.reduction.0, 8 / layout.reduction.1),
            plane: Plane::new(across, down),
            reader: BlockReader::new(component, layout.reduction),
            right: vec![[0.0; 8]; if edges.0.is_within_cell() { down.total() } else { 0 }],
            below: vec![vec![0.0; across.total()]; if edges.1.is_within_cell() { 8 } else { 0 }],
            corner: [[0.0; 8]; 8],
            last_block: ((ends.0 - 1) / 16, (ends.1 - 1) / 16),
            edges,
        });
    }

    let mut bits = BitReader::new(frame.data);
    let mut until_restart = frame.restart_interval;
    let mut restarts = 0;
    for unit_row in 0..units.1 {
        if !proceed() {
            return None;
        }
        for unit in 0..units.0 {
            if frame.restart_interval != 0 {
                if until_restart == 0 {
                    if bits.marker()? != 0xd0 + restarts {
                        return None;
                    }
                    restarts = (restarts + 1) % 8;
                    until_restart = frame.restart_interval;
                    channels.iter_mut().for_each(|channel| channel.reader.restart());
                }
                until_restart -= 1;
            }
            for channel in &mut channels {
                channel.decode_unit(&mut bits, (unit, unit_row))?;
            }
        }
        if bits.passed_end() {
            return None;
        }
    }
    (bits.marker()? == 0xd9).then(|| channels.into_iter().map(Channel::finish).collect())
}

impl Channel<'_> {
    /// Decodes the blocks of a unit that are the component's.
    #[inline(always)]
    fn decode_unit(&mut self, bits: &mut BitReader<'_>, (unit, unit_row): (usize, usize)) -> Option<()> {
        let (across, down) = self.blocks;
        for row in 0..down {
            for column in 0..across {
                let at = (unit * across + column, unit_row * down + row);
                let at_edges = (
                    at.0 == self.last_block.0 && self.edges.0.is_within_cell(),
                    at.1 == self.last_block.1 && self.edges.1.is_within_cell(),
                );
                let is_at_edge = at_edges.0 || at_edges.1;
                self.reader.read(bits, self.dc, self.ac, self.skip, is_at_edge)?;
                // Units at the edge may have blocks that nothing is seen of.
                if at.0 > self.last_block.0 || at.1 > self.last_block.1 {
                    continue;
                }
                match self.cells {
                    (1, 1) => self.store(at, [[self.reader.mean()]]),
                    (2, 2) => self.store(at, self.reader.two_by_two()),
                    (4, 4) => self.store(at, self.reader.cells::<4>()),
                    _ => self.store(at, self.reader.cells::<8>()),
                }
                if is_at_edge {
                    self.store_samples(at, at_edges);
                }
            }
        }
        Some(())
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
            kept.zip(self.reader.samples_of_rows()).for_each(|(kept, samples)| *kept = samples);
        }
        if is_below {
            let left = self.plane.across.before + at.0 * columns;
            for (kept, samples) in self.below.iter_mut().zip(self.reader.samples_of_columns()) {
                kept.iter_mut()
                    .skip(left)
                    .take(columns)
                    .zip(samples)
                    .for_each(|(kept, sample)| *kept = sample);
            }
        }
        if is_right && is_below {
            self.corner = self.reader.samples();
        }
    }

    /// The plane with its margins, once everything is decoded.
    fn finish(self) -> Plane {
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
            let mut sum = vec![0.0; across.total()];
            for tap in taps {
                let row = match tap.from {
                    From::Cell(cell) => plane.row(down.before + cell),
                    From::Sample(sample) => below.get(sample).map(Vec::as_slice).unwrap_or_default(),
                };
                sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += tap.weight * value);
            }
            plane.row_mut(down.before + cell).copy_from_slice(&sum);
        }
        plane.mirror_top(down.before);
        plane
    }
}
