//! A decoded picture as its decoder gives it: lightness and two colors, each a plane.

use domain::Size;

use crate::container::Color;

/// One plane of samples, in the lowest bits of 16.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plane {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) samples: Vec<u16>,
}

impl Plane {
    pub(super) fn zeroed(width: usize, height: usize) -> Self {
        Self { width, height, samples: vec![0; width.saturating_mul(height)] }
    }

    /// A row; empty beyond the last.
    pub(super) fn row(&self, row: usize) -> &[u16] {
        let start = row.saturating_mul(self.width);
        self.samples.get(start..).and_then(|rest| rest.get(..self.width)).unwrap_or_default()
    }

    /// Lays another plane on this one; what stands over it is cut off.
    fn lay(&mut self, other: &Self, left: usize, top: usize) {
        let width = self.width;
        let rows = self.samples.chunks_exact_mut(width.max(1)).skip(top);
        for (to, row) in rows.zip(0..other.height) {
            let to = to.get_mut(left..).unwrap_or_default();
            to.iter_mut().zip(other.row(row)).for_each(|(to, from)| *to = *from);
        }
    }
}

/// All planes of a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) size: Size,
    /// Bits of a sample: 8, 10 or 12.
    pub(super) depth: u32,
    /// Pixels of a row, and rows, that share a color, each 1 or 2.
    pub(super) subsampling: (usize, usize),
    pub(super) luma: Plane,
    /// Both colors; none of gray.
    pub(super) chroma: Option<[Plane; 2]>,
    /// What the data themselves say of their colors.
    pub(super) color: Color,
}

impl Frame {
    /// An empty picture of this size, otherwise like the other.
    pub(super) fn like(other: &Self, size: Size) -> Self {
        let (width, height) = (size.width() as usize, size.height() as usize);
        let (across, down) = other.subsampling;
        let color = || Plane::zeroed(width.div_ceil(across), height.div_ceil(down));
        Self {
            size,
            luma: Plane::zeroed(width, height),
            chroma: other.chroma.is_some().then(|| [color(), color()]),
            ..*other
        }
    }

    /// Whether both are of the same kind, so that one can be laid on the other.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        (self.depth, self.subsampling, self.chroma.is_some())
            == (other.depth, other.subsampling, other.chroma.is_some())
    }

    /// Lays a tile on this picture.
    pub(super) fn lay(&mut self, tile: &Self, left: usize, top: usize) {
        let (across, down) = self.subsampling;
        self.luma.lay(&tile.luma, left, top);
        if let (Some(to), Some(from)) = (&mut self.chroma, &tile.chroma) {
            to.iter_mut().zip(from).for_each(|(to, from)| to.lay(from, left / across, top / down));
        }
    }
}
