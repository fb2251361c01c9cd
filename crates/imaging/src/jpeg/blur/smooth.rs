//! The Gaussian on a plane of cells, in place.
//!
//! Plain sums of products along rows, without reordering: they become vector code of any
//! width and still give the same bits everywhere.

use super::super::vector::vectorized;
use super::plane::Plane;
use crate::transform::blur::gaussian;

/// Cells that are summed up at once, in registers.
const LANES: usize = 32;

/// The weights of a symmetric kernel.
pub(super) struct Kernel {
    center: f32,
    /// From the nearest neighbor outwards.
    sides: Vec<f32>,
}

impl Kernel {
    /// A Gaussian of this standard deviation in cells.
    pub(super) fn gaussian(sigma: f64) -> Self {
        let (center, sides) = gaussian::weights(sigma);
        #[expect(clippy::cast_possible_truncation, reason = "precision enough for a byte")]
        let single = |weight: f64| weight as f32;
        Self { center: single(center), sides: sides.into_iter().map(single).collect() }
    }

    fn radius(&self) -> usize {
        self.sides.len()
    }
}

/// Blurs rows and columns. The margins must be filled as far as the kernels reach, and
/// are not what they were afterwards.
pub(super) fn convolve(plane: &mut Plane, across: &Kernel, down: &Kernel) {
    vectorized(
        #[inline(always)]
        || {
            convolve_columns(plane, down);
            convolve_rows(plane, across);
        },
    );
}

#[inline(always)]
fn convolve_rows(plane: &mut Plane, kernel: &Kernel) {
    let (before, cells) = (plane.across.before, plane.across.cells);
    let mut row = vec![0.0; plane.stride() + LANES];
    let mut sums = vec![0.0; cells.next_multiple_of(LANES)];
    for index in plane.down.before..plane.down.before + plane.down.cells {
        let target = plane.row_mut(index);
        if let Some(row) = row.get_mut(..target.len()) {
            row.copy_from_slice(target);
        }
        let shifted = |by: isize| row.get(before.wrapping_add_signed(by)..).unwrap_or_default();
        weigh(&mut sums, shifted(0), |by| (shifted(-by), shifted(by)), kernel);
        if let Some(target) = target.get_mut(before..before + cells) {
            target.copy_from_slice(sums.get(..cells).unwrap_or_default());
        }
    }
}

#[inline(always)]
fn convolve_columns(plane: &mut Plane, kernel: &Kernel) {
    let (stride, radius) = (plane.stride(), kernel.radius());
    let padded = stride.next_multiple_of(LANES);
    // The rows as they were, since those above are overwritten when they are needed.
    let mut window = vec![0.0; padded * (2 * radius + 1)];
    let mut sums = vec![0.0; padded];
    let place = |index: usize| index % (2 * radius + 1) * padded;
    let first = plane.down.before.saturating_sub(radius);
    let mut next = first;
    for index in plane.down.before..plane.down.before + plane.down.cells {
        while next <= index + radius {
            let row = plane.row(next);
            if let Some(to) = window.get_mut(place(next)..).and_then(|to| to.get_mut(..row.len())) {
                to.copy_from_slice(row);
            }
            next += 1;
        }
        let row = |by: isize| {
            window
                .get(place(index.wrapping_add_signed(by))..)
                .and_then(|row| row.get(..padded))
                .unwrap_or_default()
        };
        weigh(&mut sums, row(0), |by| (row(-by), row(by)), kernel);
        let target = plane.row_mut(index);
        target.copy_from_slice(sums.get(..stride).unwrap_or_default());
    }
}

/// Adds up a row and its neighbors on both sides, each with its weight.
#[inline(always)]
fn weigh<'a>(
    sums: &mut [f32],
    center: &[f32],
    neighbors: impl Fn(isize) -> (&'a [f32], &'a [f32]),
    kernel: &Kernel,
) {
    for (chunk, sums) in sums.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        let lanes = |row: &'a [f32]| row.get(chunk * LANES..).and_then(|rest| rest.first_chunk::<LANES>());
        let mut total = [0.0; LANES];
        if let Some(center) = center.get(chunk * LANES..).and_then(|rest| rest.first_chunk::<LANES>()) {
            for (total, cell) in total.iter_mut().zip(center) {
                *total = cell * kernel.center;
            }
        }
        for (by, weight) in (1..).zip(&kernel.sides) {
            let (before, behind) = neighbors(by);
            if let (Some(before), Some(behind)) = (lanes(before), lanes(behind)) {
                for ((total, before), behind) in total.iter_mut().zip(before).zip(behind) {
                    *total += (before + behind) * weight;
                }
            }
        }
        *sums = total;
    }
}
