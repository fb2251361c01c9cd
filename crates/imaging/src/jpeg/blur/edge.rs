//! What is seen beyond the right and the lower edge of an image: the image, mirrored.
//!
//! Where a side is a whole number of cells, mirrored cells are cells. Otherwise the edge
//! lies within a cell, and what is mirrored begins and ends within others; so of the last
//! blocks every sample is kept. A frame of one pixel, or what an encoder puts beyond the
//! edge to fill up a block, must not come to count for a whole cell.

/// How the cells of a line go on behind its end.
pub(super) struct Edge {
    /// The first cell that is made here: the one that has the edge in it, or the one behind.
    first: usize,
    /// For each cell from there on, what it is the sum of.
    cells: Vec<Vec<Tap>>,
    /// Whether samples are needed.
    is_within_cell: bool,
}

/// A part of a cell.
pub(super) struct Tap {
    pub(super) from: From,
    pub(super) weight: f32,
}

/// Where a part of a cell comes from.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum From {
    /// A cell of the line.
    Cell(usize),
    /// A sample of the line's last block.
    Sample(usize),
}

impl Edge {
    /// The edge of a line of `cells`, each of so many samples, that ends after `end` half
    /// samples, made for `reach` cells.
    pub(super) fn new(cells: usize, samples: usize, end: usize, reach: usize) -> Self {
        let is_within_cell = !end.is_multiple_of(2 * samples);
        let first = if is_within_cell { cells - 1 } else { cells };
        let last_block = (end - 1) / 16 * 8;
        let cell = |cell: usize| {
            let mut taps: Vec<Tap> = Vec::new();
            for place in cell * samples..(cell + 1) * samples {
                let seen = if 2 * place < end { place } else { end.saturating_sub(place + 1) };
                let from = if is_within_cell && seen >= last_block {
                    From::Sample(seen - last_block)
                } else {
                    From::Cell(seen / samples)
                };
                let weight = 1.0 / samples as f32;
                match taps.last_mut().filter(|tap| tap.from == from) {
                    Some(tap) => tap.weight += weight,
                    None => taps.push(Tap { from, weight }),
                }
            }
            taps
        };
        Self { first, cells: (first..cells + reach).map(cell).collect(), is_within_cell }
    }

    /// Whether the edge lies within a cell, so that samples are needed.
    pub(super) fn is_within_cell(&self) -> bool {
        self.is_within_cell
    }

    /// The cells that are made, and what of.
    pub(super) fn cells(&self) -> impl Iterator<Item = (usize, &[Tap])> {
        (self.first..).zip(self.cells.iter().map(Vec::as_slice))
    }

    /// Makes the cells of a line whose first cell is `begin` of the row, of the samples of
    /// its last block.
    pub(super) fn extend(&self, row: &mut [f32], begin: usize, samples: &[f32; 8]) {
        for (cell, taps) in self.cells() {
            let value = taps.iter().map(|tap| {
                let from = match tap.from {
                    From::Cell(cell) => row.get(begin + cell),
                    From::Sample(sample) => samples.get(sample),
                };
                tap.weight * from.copied().unwrap_or(0.0)
            });
            let value = value.sum();
            if let Some(place) = row.get_mut(begin + cell) {
                *place = value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cells of a line of samples, each the mean of what mirroring shows there.
    fn expected(line: &[f32], samples: usize, cells: usize) -> Vec<f32> {
        let seen = |place: usize| line[place.min(2 * line.len() - 1 - place)];
        (0..cells)
            .map(|cell| (cell * samples..(cell + 1) * samples).map(seen).sum::<f32>() / samples as f32)
            .collect()
    }

    #[test]
    fn a_line_that_ends_anywhere_is_mirrored() {
        for samples in [1, 2, 4, 8] {
            for len in 33..=48usize {
                // Before the last block the line is flat within cells, so that parts of cells are exact.
                let last_block = (len - 1) / 8 * 8;
                let level =
                    |place: usize| if place >= last_block { place * place } else { 100 * (place / samples) };
                let line: Vec<f32> = (0..len).map(|place| level(place) as f32).collect();
                let (cells, reach) = (len.div_ceil(samples), 24 / samples);
                let mut row = expected(&line, samples, cells);
                row.resize(cells + reach, f32::NAN);
                row.insert(0, f32::NAN);
                let edge = Edge::new(cells, samples, 2 * len, reach);
                if edge.is_within_cell() {
                    row[cells] = f32::NAN;
                }
                let mut block = [f32::NAN; 8];
                block[..len - last_block].copy_from_slice(&line[last_block..]);
                edge.extend(&mut row, 1, &block);
                let exact = expected(&line, samples, cells + reach);
                for (cell, (made, exact)) in row[1..].iter().zip(&exact).enumerate() {
                    assert!((made - exact).abs() < 0.01, "{samples} {len} cell {cell}: {made} {exact}");
                }
            }
        }
    }

    #[test]
    fn a_line_that_ends_in_the_middle_of_a_sample_is_mirrored_there() {
        // Three samples and a half: behind the last comes the third.
        let edge = Edge::new(4, 1, 7, 2);
        let mut row = [1.0, 2.0, 3.0, 4.0, 0.0, 0.0];
        edge.extend(&mut row, 0, &[1.0, 2.0, 3.0, 4.0, 9.0, 9.0, 9.0, 9.0]);
        assert_eq!(row, [1.0, 2.0, 3.0, 4.0, 3.0, 2.0]);
    }
}
