//! Fax compression, ITU-T T.4 and T.6: rows as the places where the color changes.
//!
//! The codes are the `fax` crate's; its decoders are not used, since they know no
//! two-dimensional rows of group 3 and none without end marks.

use std::convert::Infallible;

use fax::maps::{Mode, black, mode, white};
use fax::{BitReader, ByteReader};

/// Which rows there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Runs alone; each row begins with a byte.
    Plain,
    /// Group 3: an end mark before each row, and perhaps a bit that says which kind it is.
    Group3 { two_dimensional: bool },
    /// Group 4: each row by the one above it.
    Group4,
}

/// Rows of white and black.
pub(super) struct Rows<'a> {
    reader: ByteReader<Bytes<'a>>,
    kind: Kind,
    width: u32,
    /// Where the row above changes its color, beginning with the change to black.
    above: Vec<u32>,
}

/// The bytes of a strip, perhaps with their bits the other way around, and some zeros: the
/// tables of codes look further than the last code goes.
pub(super) struct Bytes<'a> {
    rest: std::iter::Chain<std::slice::Iter<'a, u8>, std::slice::Iter<'a, u8>>,
    reversed: bool,
}

impl Iterator for Bytes<'_> {
    type Item = Result<u8, Infallible>;

    fn next(&mut self) -> Option<Self::Item> {
        let byte = *self.rest.next()?;
        Some(Ok(if self.reversed { byte.reverse_bits() } else { byte }))
    }
}

impl<'a> Rows<'a> {
    pub(super) fn new(data: &'a [u8], kind: Kind, width: u32, reversed: bool) -> Self {
        let Ok(reader) = ByteReader::new(Bytes { rest: data.iter().chain(&[0; 4]), reversed });
        Self { reader, kind, width, above: Vec::new() }
    }

    /// The next row, a bit a pixel, of which 1 is black; false if there is none.
    pub(super) fn fill(&mut self, row: &mut [u8]) -> bool {
        let Some(changes) = self.next_row() else { return false };
        row.fill(0);
        for run in changes.chunks(2) {
            let [from, to @ ..] = run else { break };
            paint(row, *from, to.first().copied().unwrap_or(self.width).min(self.width));
        }
        self.above = changes;
        true
    }

    fn next_row(&mut self) -> Option<Vec<u32>> {
        match self.kind {
            Kind::Plain => {
                let row = self.row_of_runs()?;
                let Ok(()) = self.reader.consume(self.reader.bits_to_byte_boundary());
                Some(row)
            }
            Kind::Group3 { two_dimensional } => {
                self.skip_end_mark();
                let by_above = two_dimensional && self.reader.peek(1)? == 0;
                if two_dimensional {
                    let Ok(()) = self.reader.consume(1);
                }
                if by_above { self.row_by_above() } else { self.row_of_runs() }
            }
            Kind::Group4 => self.row_by_above(),
        }
    }

    /// Passes over fill bits and the end mark: more zeros than any code begins with, and a
    /// one.
    fn skip_end_mark(&mut self) {
        if self.reader.peek(9) != Some(0) {
            return;
        }
        while let Some(bit) = self.reader.peek(1) {
            let Ok(()) = self.reader.consume(1);
            if bit == 1 {
                return;
            }
        }
    }

    /// The length of a run, which may take several codes.
    fn run(&mut self, is_black: bool) -> Option<u32> {
        let mut length = 0_u32;
        loop {
            let code =
                if is_black { black::decode(&mut self.reader) } else { white::decode(&mut self.reader) }?;
            length = length.saturating_add(code.into());
            if code < 64 {
                return Some(length);
            }
            // A code for more than the row is damage; without an end it would be a loop.
            if length > self.width.saturating_add(2560) {
                return None;
            }
        }
    }

    fn row_of_runs(&mut self) -> Option<Vec<u32>> {
        let mut changes = Vec::new();
        let (mut at, mut is_black) = (0_u32, false);
        while at < self.width {
            at = at.saturating_add(self.run(is_black)?);
            changes.push(at.min(self.width));
            // Runs of no length on both sides go on for ever.
            if changes.len() > 2 * self.width as usize + 2 {
                return None;
            }
            is_black = !is_black;
        }
        Some(changes)
    }

    fn row_by_above(&mut self) -> Option<Vec<u32>> {
        let mut changes: Vec<u32> = Vec::new();
        // Nothing stands to the left of the first pixel, which may itself be a change.
        let mut at: Option<u32> = None;
        let (mut is_black, mut near) = (false, 0);
        while at.is_none_or(|at| at < self.width) {
            let (first, second) = self.changes_above(at, is_black, &mut near);
            match mode::decode(&mut self.reader)? {
                Mode::Pass => at = Some(second),
                Mode::Horizontal => {
                    let start = at.unwrap_or(0);
                    let middle = start.saturating_add(self.run(is_black)?);
                    let end = middle.saturating_add(self.run(!is_black)?);
                    changes.extend([middle.min(self.width), end.min(self.width)]);
                    at = Some(end);
                }
                Mode::Vertical(delta) => {
                    let change = first.checked_add_signed(delta.into())?;
                    if change > self.width || at.is_some_and(|at| change < at) {
                        return None;
                    }
                    changes.push(change);
                    at = Some(change);
                    is_black = !is_black;
                }
                Mode::Extension | Mode::EOF => return None,
            }
            if changes.len() > 2 * self.width as usize + 4 {
                return None;
            }
        }
        Some(changes)
    }

    /// The first change of the row above right of a place that is to the other color, and
    /// the one after it.
    fn changes_above(&self, at: Option<u32>, is_black: bool, near: &mut usize) -> (u32, u32) {
        let is_right =
            |index: usize| self.above.get(index).is_none_or(|change| at.is_none_or(|at| *change > at));
        while *near > 0 && is_right(*near - 1) {
            *near -= 1;
        }
        while !is_right(*near) {
            *near += 1;
        }
        let first = if near.is_multiple_of(2) == is_black { *near + 1 } else { *near };
        let change = |index: usize| self.above.get(index).copied().unwrap_or(self.width);
        (change(first), change(first + 1))
    }
}

/// Sets the bits from one pixel to another.
fn paint(row: &mut [u8], from: u32, to: u32) {
    let (mut at, to) = (from as usize, to as usize);
    while at < to {
        let Some(byte) = row.get_mut(at / 8) else { return };
        if at.is_multiple_of(8) && to - at >= 8 {
            *byte = u8::MAX;
            at += 8;
        } else {
            *byte |= 0x80 >> (at % 8);
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_become_bits() {
        // White 4 is 1011, black 2 is 11, white 2 is 0111.
        let mut rows = Rows::new(&[0b1011_1101, 0b1100_0000], Kind::Plain, 8, false);
        let mut row = [0];
        assert!(rows.fill(&mut row));
        assert_eq!(row, [0b0000_1100]);
        assert!(!rows.fill(&mut row));
    }

    #[test]
    fn a_row_follows_the_one_above_it() {
        // Horizontal (001) with white 4 and black 2, and at the end vertical (1), then a row
        // whose changes are one to the right (011), under (1), and under the end (1).
        let bits = [0b0011_0111, 0b1101_1110];
        let mut rows = Rows::new(&bits, Kind::Group4, 8, false);
        let mut row = [0];
        assert!(rows.fill(&mut row));
        assert_eq!(row, [0b0000_1100]);
        assert!(rows.fill(&mut row));
        assert_eq!(row, [0b0000_0100]);
    }
}
