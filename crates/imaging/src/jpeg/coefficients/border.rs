//! Where the picture ends among the blocks of a component.

use super::super::frame::Frame;

/// Samples of a side of a block.
const SIDE: usize = 8;

/// The right and the lower edge of the picture in one component.
#[derive(Debug, Clone, Copy)]
pub(in crate::jpeg) struct Border {
    /// The last block that has something of the picture, across and down.
    pub(in crate::jpeg) last: (usize, usize),
    /// Samples of it that are within the picture, 1 to 8 each way. What else a block has is
    /// filled up by the encoder, or what a lossless crop has left there.
    pub(in crate::jpeg) samples: (usize, usize),
    /// Whether the edge lies within that block, be it in the middle of its last sample.
    is_within: (bool, bool),
}

impl Border {
    /// None if there is no such component.
    pub(in crate::jpeg) fn new(frame: &Frame<'_>, component: usize) -> Option<Self> {
        let (finest, own) = (frame.blocks_of_unit(), frame.components.get(component)?.blocks);
        // Half samples: a component of half the resolution may end in the middle of one.
        let side = |pixels: u32, finest: usize, own: usize| {
            let end = (2 * pixels as usize * own / finest).max(1);
            ((end - 1) / (2 * SIDE), (end - 1) % (2 * SIDE) / 2 + 1, !end.is_multiple_of(2 * SIDE))
        };
        let across = side(frame.size.width(), finest.0, own.0);
        let down = side(frame.size.height(), finest.1, own.1);
        Some(Self { last: (across.0, down.0), samples: (across.1, down.1), is_within: (across.2, down.2) })
    }

    /// Whether an edge lies within this block, so that all of its coefficients are needed to
    /// tell what of it is the picture.
    #[inline(always)]
    pub(in crate::jpeg) fn is_within(&self, at: (usize, usize)) -> bool {
        let is_right = self.is_within.0 && at.0 == self.last.0 && at.1 <= self.last.1;
        let is_below = self.is_within.1 && at.1 == self.last.1 && at.0 <= self.last.0;
        is_right || is_below
    }
}
