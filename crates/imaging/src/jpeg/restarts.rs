//! Counts towards restart markers, at which reading begins anew so that damage before them
//! does not spread.

use super::bits::BitReader;

/// How far it is to the next restart marker of a scan, and which one it is.
pub(super) struct Restarts {
    /// Units between two markers; 0 for none.
    interval: usize,
    left: usize,
    /// The last three bits of the marker, which count up and begin again.
    number: u8,
}

impl Restarts {
    pub(super) fn new(interval: usize) -> Self {
        Self { interval, left: interval, number: 0 }
    }

    /// To be called before each unit: whether a marker was passed. None if one belongs here
    /// and is not, or is another one.
    #[inline(always)]
    pub(super) fn pass(&mut self, bits: &mut BitReader<'_>) -> Option<bool> {
        if self.interval == 0 {
            return Some(false);
        }
        let is_due = self.left == 0;
        if is_due {
            if bits.marker()? != 0xd0 + self.number {
                return None;
            }
            self.number = (self.number + 1) % 8;
            self.left = self.interval;
        }
        self.left -= 1;
        Some(is_due)
    }
}
