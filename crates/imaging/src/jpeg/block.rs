//! One block after the other: from its coefficients to its cells.

use super::cosine::{ZIGZAG, mean_of_basis};
use super::frame::Component;

/// By frequency and cell: what a coefficient adds to the cell.
type Means = [[f32; 8]; 8];

/// A block of a component.
pub(super) struct Block {
    /// The quantisation steps, in the order of the zigzag.
    steps: [f32; 64],
    /// In the order of the zigzag, the last coefficient that is wanted.
    last: usize,
    across: Means,
    down: Means,
    /// The same for single samples.
    samples: Means,
    /// The coefficients, at their natural places.
    coefficients: [f32; 64],
    /// Whether all of them are zero but the first.
    is_flat: bool,
}

impl Block {
    pub(super) fn new(component: &Component, reduction: (usize, usize)) -> Self {
        let (columns, rows) = (8 / reduction.0, 8 / reduction.1);
        let is_wanted = |place: &u8| usize::from(place % 8) < columns && usize::from(place / 8) < rows;
        Self {
            steps: component.quantisation.map(f32::from),
            last: ZIGZAG.iter().rposition(is_wanted).unwrap_or(0),
            across: means(reduction.0),
            down: means(reduction.1),
            samples: means(1),
            coefficients: [0.0; 64],
            is_flat: true,
        }
    }

    /// In the order of the zigzag, the last coefficient that the cells need.
    #[inline(always)]
    pub(super) fn last(&self) -> usize {
        self.last
    }

    /// Begins the next block.
    #[inline(always)]
    pub(super) fn clear(&mut self) {
        self.coefficients = [0.0; 64];
        self.is_flat = true;
    }

    /// Sets a coefficient, which is not zero, by its place in the zigzag. None beyond it.
    #[inline(always)]
    pub(super) fn set(&mut self, place: usize, value: i32) -> Option<()> {
        let natural = usize::from(*ZIGZAG.get(place)?);
        *self.coefficients.get_mut(natural)? = value as f32 * self.steps.get(place)?;
        self.is_flat &= place == 0;
        Some(())
    }

    /// The only cell of the block.
    #[inline(always)]
    pub(super) fn mean(&self) -> f32 {
        let [first, ..] = self.coefficients;
        within_range(first / 8.0)
    }

    /// Two by two cells of the block.
    #[inline(always)]
    pub(super) fn two_by_two(&self) -> [[f32; 2]; 2] {
        if self.is_flat {
            return [[self.mean(); 2]; 2];
        }
        let [[even, ..], [odd, ..], ..] = self.across;
        let [c00, c01, _, _, _, _, _, _, c10, c11, ..] = self.coefficients;
        let (level, across) = (c00 * even * even, c01 * odd * even);
        let (down, both) = (c10 * even * odd, c11 * odd * odd);
        let (upper, lower) = (level + down, level - down);
        let (lean_above, lean_below) = (across + both, across - both);
        [[upper + lean_above, upper - lean_above], [lower + lean_below, lower - lean_below]]
            .map(|row| row.map(within_range))
    }

    /// The cells of the block, at most `N` × `N`.
    #[inline(always)]
    pub(super) fn cells<const N: usize>(&self) -> [[f32; N]; N] {
        if self.is_flat {
            return [[self.mean(); N]; N];
        }
        separably(&self.coefficients, &self.across, &self.down)
    }

    /// The block, with cells across and samples down.
    pub(super) fn samples_of_columns(&self) -> [[f32; 8]; 8] {
        separably(&self.coefficients, &self.across, &self.samples)
    }

    /// The block, with samples across and cells down.
    pub(super) fn samples_of_rows(&self) -> [[f32; 8]; 8] {
        separably(&self.coefficients, &self.samples, &self.down)
    }

    /// All samples of the block.
    pub(super) fn samples(&self) -> [[f32; 8]; 8] {
        separably(&self.coefficients, &self.samples, &self.samples)
    }
}

/// As decoders cut pixels to their range.
#[inline(always)]
fn within_range(cell: f32) -> f32 {
    cell.clamp(-128.0, 127.0)
}

/// Adds up rows of a matrix, each multiplied with a coefficient.
#[inline(always)]
fn add_scaled<const N: usize>(sums: &mut [f32; N], coefficients: &[f32; 8], rows: &Means) {
    for (coefficient, row) in coefficients.iter().take(N).zip(rows) {
        sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += coefficient * value);
    }
}

/// Cells by two multiplications with matrices of `N` × `N`.
#[inline(always)]
fn separably<const N: usize>(coefficients: &[f32; 64], across: &Means, down: &Means) -> [[f32; N]; N] {
    let mut between = [[0.0f32; N]; N];
    for (between, coefficients) in between.iter_mut().zip(coefficients.as_chunks::<8>().0) {
        add_scaled(between, coefficients, across);
    }
    let mut cells = [[0.0; N]; N];
    for (row, means) in between.iter().zip(down) {
        for (cells, mean) in cells.iter_mut().zip(means) {
            cells.iter_mut().zip(row).for_each(|(cell, value)| *cell += mean * value);
        }
    }
    cells.map(|row| row.map(within_range))
}

/// What the coefficients add to the means of so many samples.
fn means(reduction: usize) -> Means {
    let cells = 8 / reduction;
    let mut means = [[0.0; 8]; 8];
    // Higher frequencies would only come out as lower ones that are not there.
    for (frequency, means) in means.iter_mut().enumerate().take(cells) {
        for (cell, mean) in means.iter_mut().enumerate().take(cells) {
            #[expect(clippy::cast_possible_truncation, reason = "precision enough for a byte")]
            let exact = mean_of_basis(frequency, cell, reduction) as f32;
            *mean = exact;
        }
    }
    means
}
