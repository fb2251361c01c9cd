//! The bytes of a scan without what is stuffed between them, a stretch at a time.

use memchr::memchr;

use super::bits::Bits;

/// Bytes of a window.
const WINDOW_BYTES: usize = 64 << 10;
/// As many as a unit can take at most: ten blocks of 64 coefficients of 32 bits.
const UNIT_BYTES: usize = 10 * 64 * 4;

/// A stretch of entropy-coded data up to the next marker at most, in which a byte `FF` is
/// one byte and not `FF 00`.
pub(super) struct Window<'a> {
    /// What is not in the window yet, from a whole byte on.
    data: &'a [u8],
    bytes: Vec<u8>,
    /// Whether a marker, or the end of the data, follows the window.
    is_last: bool,
}

impl<'a> Window<'a> {
    /// From the first byte of a scan's data on.
    pub(super) fn new(data: &'a [u8]) -> Self {
        let mut window =
            Self { data, bytes: Vec::with_capacity(WINDOW_BYTES.min(data.len())), is_last: false };
        window.fill();
        window
    }

    /// The bytes, for a [`Bits`] that began at their first.
    #[inline(always)]
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Makes sure that a whole unit is in the window if the data have it.
    #[inline(always)]
    pub(super) fn with_unit(&mut self, bits: Bits) -> Bits {
        if self.is_last || self.bytes.len() >= bits.first_needed() + UNIT_BYTES {
            return bits;
        }
        bits.moved(self.advance(bits.first_needed()))
    }

    /// Lets go of the bytes before this one, and takes in others. Gives how many are gone.
    #[cold]
    #[inline(never)]
    fn advance(&mut self, needed: usize) -> usize {
        let done = needed.min(self.bytes.len());
        self.bytes.drain(..done);
        self.fill();
        done
    }

    /// Whether more bits were taken than the data have before the next marker.
    pub(super) fn is_overrun(&self, bits: Bits) -> bool {
        self.left(bits) < 0
    }

    /// Passes over this restart marker, which must follow when so many bits are left: its
    /// last three bits are given. The bits begin anew. None if another one does, or anything
    /// else that is more than a filled up byte.
    #[cold]
    #[inline(never)]
    pub(super) fn restart(&mut self, number: u8, left: i64) -> Option<()> {
        if !self.is_last || !(0..8).contains(&left) {
            return None;
        }
        let [0xff, marker, rest @ ..] = self.data else {
            return None;
        };
        if *marker != 0xd0 + number {
            return None;
        }
        self.data = rest;
        self.bytes.clear();
        self.is_last = false;
        self.fill();
        Some(())
    }

    /// How many bits are left before the next marker; negative if more were taken.
    #[inline(always)]
    pub(super) fn left(&self, bits: Bits) -> i64 {
        bits.left(self.bytes.len())
    }

    /// Takes in data up to the size of a window.
    fn fill(&mut self) {
        while self.bytes.len() < WINDOW_BYTES {
            let space = WINDOW_BYTES - self.bytes.len();
            let next = self.data.get(..space).unwrap_or(self.data);
            let plain = memchr(0xff, next).unwrap_or(next.len());
            let Some((plain, rest)) = self.data.split_at_checked(plain) else {
                break;
            };
            self.bytes.extend_from_slice(plain);
            match rest {
                [0xff, 0x00, after @ ..] => {
                    self.bytes.push(0xff);
                    self.data = after;
                }
                [0xff, ..] | [] => {
                    self.data = rest;
                    self.is_last = true;
                    return;
                }
                _ => self.data = rest,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All bytes that a window gives, one after the other.
    fn read(window: &mut Window<'_>, bits: &mut Bits) -> Vec<u8> {
        let mut bytes = Vec::new();
        loop {
            *bits = window.with_unit(*bits).refilled(window.bytes());
            if window.left(*bits) < 8 {
                return bytes;
            }
            bytes.push(u8::try_from(bits.peek(8)).unwrap());
            *bits = bits.behind(8);
        }
    }

    #[test]
    fn stuffed_bytes_are_one_and_markers_end_the_window() {
        let plain: Vec<u8> = (0..200_000u32).map(|i| (i * 7 % 256).to_le_bytes()[0]).collect();
        let mut data = Vec::new();
        for byte in &plain {
            data.push(*byte);
            if *byte == 0xff {
                data.push(0);
            }
        }
        let first = data.clone();
        data.extend([0xff, 0xd3]);
        data.extend(&first);
        data.extend([0xff, 0xd9]);
        let mut window = Window::new(&data);
        let mut bits = Bits::start();
        assert!(read(&mut window, &mut bits) == plain);
        let left = window.left(bits);
        assert!(window.restart(4, left).is_none(), "another marker");
        window.restart(3, left).unwrap();
        bits = Bits::start();
        assert!(read(&mut window, &mut bits) == plain);
        assert!(!window.is_overrun(bits));
        assert!(window.is_overrun(bits.behind(1)));
        assert!(window.restart(4, window.left(bits)).is_none(), "the end");
    }

    #[test]
    fn a_marker_that_comes_too_early_is_none() {
        let mut window = Window::new(&[1, 2, 0xff, 0xd0, 3]);
        let bits = Bits::start().refilled(window.bytes());
        assert!(window.restart(0, window.left(bits.behind(8))).is_none(), "a byte is left");
        assert!(window.restart(0, window.left(bits.behind(9))).is_some());
    }
}
