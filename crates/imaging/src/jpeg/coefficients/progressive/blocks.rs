//! What is known of the blocks of a component while its scans are read.

use super::super::super::frame::Frame;
use super::super::Wanted;
use super::super::border::Border;
use super::super::row::{Kept, Slots};

/// What is known of a component besides its kept coefficients.
pub(super) struct Blocks {
    /// Blocks of a unit, across and down, which are powers of two.
    pub(super) of_unit: (usize, usize),
    /// Blocks in a row that have something of the picture, and rows: a scan of one
    /// component has only these.
    pub(super) seen: (usize, usize),
    pub(super) border: Border,
    /// Whether energy is kept.
    pub(super) has_energy: bool,
    /// Whether an edge lies within blocks of which all is needed.
    pub(super) needs_edge: bool,
    pub(super) has_levels: bool,
    pub(super) kept: Kept,
    pub(super) slots: Slots,
    /// The last blocks of rows, and of columns, if the edge lies within them.
    pub(super) right: Vec<[i16; 64]>,
    pub(super) below: Vec<[i16; 64]>,
    /// For each block that is seen, which of all coefficients are not zero; none if no bits
    /// are added to them.
    pub(super) masks: Vec<u64>,
}

impl Blocks {
    pub(super) fn new(frame: &Frame<'_>, index: usize, wanted: &Wanted<'_>, stride: usize) -> Option<Self> {
        let (component, kept) = (frame.components.get(index)?, *wanted.kept.get(index)?);
        let border = Border::new(frame, index)?;
        let seen = (border.last.0 + 1, border.last.1 + 1);
        let blocks = |is_within: bool, count: usize| vec![[0; 64]; if is_within { count } else { 0 }];
        let right = blocks(border.is_within((border.last.0, 0)), seen.1);
        let below = blocks(border.is_within((0, border.last.1)), seen.0);
        Some(Self {
            of_unit: component.blocks,
            seen,
            border,
            has_energy: wanted.with_energy && index == 0,
            has_levels: false,
            kept,
            slots: Slots::new(kept, stride),
            needs_edge: wanted.exact_edges && !(right.is_empty() && below.is_empty()),
            right,
            below,
            masks: vec![0; if wanted.refined { seen.0 * seen.1 } else { 0 }],
        })
    }

    /// All coefficients of a block that an edge lies within.
    pub(super) fn whole(&mut self, at: (usize, usize)) -> Option<&mut [i16; 64]> {
        if !self.border.is_within(at) {
            return None;
        }
        if at.1 == self.border.last.1 && !self.below.is_empty() {
            return self.below.get_mut(at.0);
        }
        self.right.get_mut(at.1)
    }

    /// The row of units of a block, the block's place in its unit, and the unit.
    #[inline(always)]
    pub(super) fn place(&self, at: (usize, usize)) -> (usize, usize, usize) {
        let split = |at: usize, of_unit: usize| (at >> of_unit.trailing_zeros(), at & (of_unit - 1));
        let ((unit, x), (row, y)) = (split(at.0, self.of_unit.0), split(at.1, self.of_unit.1));
        (row, y * self.of_unit.0 + x, unit)
    }
}
