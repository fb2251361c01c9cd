//! The blocks of a scan, one after the other, and the bits they come from.

use super::super::bits::Bits;
use super::super::window::Window;

/// Blocks between two looks at whether to go on; a few milliseconds of work.
const BLOCKS_BETWEEN_LOOKS: usize = 1 << 15;

/// A scan that is being read.
pub(super) struct Reading<'a> {
    pub(super) window: Window<'a>,
    pub(super) bits: Bits,
    restart_interval: usize,
    /// Blocks, or units, to the next restart marker.
    left: usize,
    marker: u8,
}

impl<'a> Reading<'a> {
    /// Of the data of a scan with so many units between restart markers; 0 for none.
    pub(super) fn new(data: &'a [u8], restart_interval: usize) -> Self {
        let (window, bits) = (Window::new(data), Bits::start());
        Self { window, bits, restart_interval, left: restart_interval, marker: 0 }
    }

    /// To be called before each unit: whether a marker was passed. None if it is not there.
    #[inline(always)]
    pub(super) fn restarts(&mut self) -> Option<bool> {
        if self.restart_interval == 0 {
            return Some(false);
        }
        let is_due = self.left == 0;
        if is_due {
            self.window.restart(self.marker, self.window.left(self.bits))?;
            self.bits = Bits::start();
            self.marker = (self.marker + 1) % 8;
            self.left = self.restart_interval;
        }
        self.left -= 1;
        Some(is_due)
    }
}

/// The blocks of a scan of one component, one after the other.
pub(super) struct Walk {
    /// Blocks in a row, and rows.
    seen: (usize, usize),
    at: (usize, usize),
    /// Blocks to come that the scan says nothing of.
    skipped: usize,
    /// Blocks until `proceed` is asked.
    until_look: usize,
}

impl Walk {
    pub(super) fn new(seen: (usize, usize)) -> Self {
        Self { seen, at: (0, 0), skipped: 0, until_look: BLOCKS_BETWEEN_LOOKS }
    }

    /// The scan says nothing of so many blocks from here on.
    pub(super) fn skip(&mut self, blocks: usize) {
        self.skipped = blocks;
    }

    /// The next block; none within if there are no more, and none at all if the data are
    /// damaged or the work was stopped.
    #[inline(always)]
    pub(super) fn next(
        &mut self,
        reading: &mut Reading<'_>,
        proceed: &dyn Fn() -> bool,
    ) -> Option<Option<(usize, usize)>> {
        if self.skipped > 0 {
            self.pass_skipped(reading)?;
        }
        if self.at.1 >= self.seen.1 {
            return Some(None);
        }
        self.until_look -= 1;
        if self.until_look == 0 {
            self.until_look = BLOCKS_BETWEEN_LOOKS;
            if !proceed() || reading.window.is_overrun(reading.bits) {
                return None;
            }
        }
        reading.restarts()?;
        reading.bits = reading.window.with_unit(reading.bits);
        let at = self.at;
        self.at.0 += 1;
        if self.at.0 == self.seen.0 {
            self.at = (0, at.1 + 1);
        }
        Some(Some(at))
    }

    /// A run of blocks does not reach beyond a marker, nor beyond the picture.
    fn pass_skipped(&mut self, reading: &mut Reading<'_>) -> Option<()> {
        let skipped = std::mem::take(&mut self.skipped);
        let place = self.at.1 * self.seen.0 + self.at.0 + skipped;
        if place > self.seen.0 * self.seen.1 {
            return None;
        }
        if reading.restart_interval != 0 {
            reading.left = reading.left.checked_sub(skipped)?;
        }
        self.at = (place % self.seen.0, place / self.seen.0);
        Some(())
    }
}
