//! One component of an image at a reduced scale: a grid of cells, each the mean of a
//! square of pixels, with a margin of what lies mirrored beyond the image's edges.

use std::cell::RefCell;

use domain::Orientation;

/// Cells that a thread keeps for its next image: 8 MiB.
const MAX_SPARE_CELLS: usize = 2 << 20;

thread_local! {
    /// Memory of planes that are done with. Fresh memory would cost more, page by page,
    /// than anything else that is done with a plane.
    static SPARE: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// A plane of cells. Values are samples less 128.
pub(super) struct Plane {
    pub(super) across: Axis,
    pub(super) down: Axis,
    /// Rows of `across.total()` cells.
    data: Vec<f32>,
}

/// One direction of a plane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Axis {
    /// Cells that have something of the image.
    pub(super) cells: usize,
    /// Cells before them.
    pub(super) before: usize,
    /// Cells behind them.
    pub(super) behind: usize,
    /// The side of the image in cells; the last cell may reach beyond it.
    pub(super) extent: f64,
    /// Where the image begins in the first cell: 0, or what the last cell had left over if
    /// the plane was mirrored.
    pub(super) start: f64,
}

impl Axis {
    /// All cells, with the margins.
    pub(super) fn total(&self) -> usize {
        self.before + self.cells + self.behind
    }

    /// Fills the margin before the first cell of a row with what mirroring puts there.
    pub(super) fn mirror_begin(&self, row: &mut [f32]) {
        for distance in 0..self.before.min(self.cells) {
            let from = self.before + distance;
            row.copy_within(from..=from, self.before - 1 - distance);
        }
    }

    fn mirrored(self) -> Self {
        Self {
            before: self.behind,
            behind: self.before,
            start: self.cells as f64 - self.extent - self.start,
            ..self
        }
    }
}

impl Plane {
    /// A plane of zeros.
    pub(super) fn new(across: Axis, down: Axis) -> Self {
        let mut data = SPARE.with_borrow_mut(Vec::pop).unwrap_or_default();
        data.clear();
        data.resize(across.total() * down.total(), 0.0);
        Self { across, down, data }
    }

    /// Cells of a row, with the margins.
    pub(super) fn stride(&self) -> usize {
        self.across.total()
    }

    /// A row, counted from the first of the margin, with its margins.
    pub(super) fn row(&self, index: usize) -> &[f32] {
        let stride = self.stride();
        self.data.get(index * stride..(index + 1) * stride).unwrap_or_default()
    }

    /// The same, to write.
    pub(super) fn row_mut(&mut self, index: usize) -> &mut [f32] {
        let stride = self.stride();
        self.data.get_mut(index * stride..(index + 1) * stride).unwrap_or_default()
    }

    /// Fills so many rows above the first with what mirroring puts there.
    pub(super) fn mirror_top(&mut self, reach: usize) {
        let (stride, before) = (self.stride(), self.down.before);
        for distance in 0..reach.min(before) {
            let from = (before + distance) * stride;
            self.data.copy_within(from..from + stride, (before - 1 - distance) * stride);
        }
    }

    /// Fills up to so many cells beyond each edge with what mirroring the image puts there.
    /// The plane must be smooth: what lies between cells is interpolated.
    pub(super) fn mirror_smooth(&mut self, reach: usize) {
        let (across, down) = (self.across, self.down);
        let taps = beyond(across, reach);
        for row in self.data.chunks_exact_mut(across.total()).skip(down.before).take(down.cells) {
            across.mirror_begin(row);
            for (distance, taps) in taps.iter().enumerate() {
                let cell = |index: &usize| row.get(across.before + index).copied().unwrap_or(0.0);
                let value = taps.iter().map(|(index, weight)| weight * cell(index)).sum();
                if let Some(cell) = row.get_mut(across.before + across.cells + distance) {
                    *cell = value;
                }
            }
        }
        self.mirror_top(reach);
        for (distance, taps) in beyond(down, reach).iter().enumerate() {
            let rows = taps.iter().map(|(index, weight)| (self.row(down.before + index), *weight));
            let sum = weighted_sum(across.total(), rows);
            self.row_mut(down.before + down.cells + distance).copy_from_slice(&sum);
        }
    }

    /// The plane as the orientation turns it, margins and all.
    pub(super) fn turned(self, orientation: Orientation) -> Self {
        let exif = orientation.exif();
        let (swaps, mirrors_rows, mirrors_columns) =
            (exif >= 5, matches!(exif, 2 | 3 | 6 | 7), matches!(exif, 3 | 4 | 7 | 8));
        if exif == 1 {
            return self;
        }
        let (mut across, mut down) = if swaps { (self.down, self.across) } else { (self.across, self.down) };
        if mirrors_rows {
            across = across.mirrored();
        }
        if mirrors_columns {
            down = down.mirrored();
        }
        let mut turned = Self::new(across, down);
        let stride = self.stride();
        let (rows, columns) = (down.total(), across.total());
        for row in 0..rows {
            let from_row = if mirrors_columns { rows - 1 - row } else { row };
            let (start, step) = if swaps { (from_row, stride) } else { (from_row * stride, 1) };
            let source = self.data.iter().skip(start).step_by(step).take(columns);
            let to = turned.row_mut(row);
            if mirrors_rows {
                to.iter_mut().rev().zip(source).for_each(|(to, from)| *to = *from);
            } else {
                to.iter_mut().zip(source).for_each(|(to, from)| *to = *from);
            }
        }
        turned
    }
}

impl Drop for Plane {
    fn drop(&mut self) {
        let data = std::mem::take(&mut self.data);
        SPARE.with_borrow_mut(|spare| {
            let kept: usize = spare.iter().map(Vec::capacity).sum();
            if kept + data.capacity() <= MAX_SPARE_CELLS {
                spare.push(data);
            }
        });
    }
}

/// The sum of rows of so many cells, each with its weight.
pub(super) fn weighted_sum<'a>(cells: usize, rows: impl Iterator<Item = (&'a [f32], f32)>) -> Vec<f32> {
    let mut sum = vec![0.0; cells];
    for (row, weight) in rows {
        sum.iter_mut().zip(row).for_each(|(sum, cell)| *sum += weight * cell);
    }
    sum
}

/// The weights of Catmull-Rom's cubic for the four samples around a place between the
/// second and the third (Catmull and Rom, "A class of local interpolating splines", 1974).
fn catmull_rom(fraction: f64) -> [f64; 4] {
    let (t, t2, t3) = (fraction, fraction * fraction, fraction * fraction * fraction);
    [
        0.5 * (-t3 + 2.0 * t2 - t),
        0.5 * (3.0 * t3 - 5.0 * t2 + 2.0),
        0.5 * (-3.0 * t3 + 4.0 * t2 + t),
        0.5 * (t3 - t2),
    ]
}

/// For each cell behind the last: the cells that it is made of, and their weights. The
/// image's edge may lie within the last cell; what is mirrored then lies between cells.
fn beyond(axis: Axis, reach: usize) -> Vec<[(usize, f32); 4]> {
    let last = axis.cells.saturating_sub(1);
    (0..reach.min(axis.behind))
        .map(|distance| {
            let place = 2.0 * axis.extent - (axis.cells + distance + 1) as f64;
            let whole = place.floor();
            let weights = catmull_rom(place - whole);
            let mut taps = [(0, 0.0); 4];
            for ((tap, weight), offset) in taps.iter_mut().zip(weights).zip([-1.0, 0.0, 1.0, 2.0]) {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
                let index = ((whole + offset) as usize).min(last);
                #[expect(clippy::cast_possible_truncation, reason = "precision enough")]
                let weight = weight as f32;
                *tap = (index, weight);
            }
            taps
        })
        .collect()
}
