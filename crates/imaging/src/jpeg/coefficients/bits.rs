//! The next bits of entropy-coded data, held by value so that they stay in registers.

/// The next bits, and where the ones after them are.
///
/// The buffer is filled without a branch (Giesen, "Reading bits in far too many ways",
/// 2018, variant 4): of `count` only the lowest six bits mean something, which lets a table
/// entry be taken off as it is if its lowest six bits are the number of bits.
#[derive(Clone, Copy, Default)]
pub(super) struct Bits {
    /// From the top. Below `count` of them stand bits of the byte at `at`.
    buffer: u64,
    count: u32,
    /// The first byte of the window that is not in the buffer as a whole.
    at: usize,
}

impl Bits {
    /// From the first byte of a window on.
    pub(super) fn start() -> Self {
        Self::default()
    }

    /// With at least 56 bits; behind the end of the bytes they are zeros.
    #[inline(always)]
    #[must_use]
    pub(super) fn refilled(self, bytes: &[u8]) -> Self {
        let word = match bytes.get(self.at..).and_then(|rest| rest.first_chunk::<8>()) {
            Some(word) => u64::from_be_bytes(*word),
            None => last_word(bytes, self.at),
        };
        let count = self.count & 63;
        Self {
            buffer: self.buffer | word >> count,
            count: count | 56,
            at: self.at + ((63 - count) >> 3) as usize,
        }
    }

    /// The next bits, 1 to 32 of them, which stay.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "at most 32 bits are left")]
    pub(super) fn peek(self, bits: u32) -> u32 {
        (self.buffer >> (64 - bits)) as u32
    }

    /// Behind so many bits, as the lowest six bits of a number say.
    #[inline(always)]
    #[must_use]
    pub(super) fn behind(self, bits: u32) -> Self {
        Self { buffer: self.buffer << (bits & 63), count: self.count.wrapping_sub(bits), at: self.at }
    }

    /// The number of `size` bits, 0 to 15, behind a code of `length` bits, as T.81,
    /// F.2.2.1 writes it (EXTEND).
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "a number of at most 15 bits, and a sign")]
    pub(super) fn number(self, length: u32, size: u32) -> i32 {
        let rest = self.buffer << (length & 63);
        let raw = (rest >> 1 >> (63 - (size & 63))) as i32;
        let is_negative = !(rest.cast_signed() >> 63) as i32;
        raw + (is_negative & (1 - (1 << (size & 31))))
    }

    /// How many bits of a window of so many bytes are left; negative if more were taken.
    pub(super) fn left(self, bytes: usize) -> i64 {
        let read = self.at as i64 * 8 - i64::from(self.count & 63);
        bytes as i64 * 8 - read
    }

    /// The first byte that is still needed.
    pub(super) fn first_needed(self) -> usize {
        self.at
    }

    /// The same after so many bytes of the window were dropped from its front.
    #[must_use]
    pub(super) fn moved(self, bytes: usize) -> Self {
        Self { at: self.at.saturating_sub(bytes), ..self }
    }
}

/// What is left at the end of the bytes, and zeros.
#[cold]
#[inline(never)]
fn last_word(bytes: &[u8], at: usize) -> u64 {
    let rest = bytes.get(at..).unwrap_or_default();
    let shifts = (0..8u32).rev().map(|byte| byte * 8);
    rest.iter().zip(shifts).fold(0, |word, (byte, shift)| word | u64::from(*byte) << shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_in_order_and_end_in_zeros() {
        let bytes: Vec<u8> = (1..=20).collect();
        let mut bits = Bits::start();
        for byte in &bytes {
            bits = bits.refilled(&bytes);
            assert_eq!(bits.peek(8), u32::from(*byte));
            bits = bits.behind(8);
        }
        assert_eq!(bits.left(bytes.len()), 0);
        bits = bits.refilled(&bytes);
        assert_eq!(bits.peek(32), 0);
        assert_eq!(bits.behind(3).left(bytes.len()), -3);
    }

    #[test]
    fn numbers_have_their_sign() {
        let bits = Bits::start().refilled(&[0b0101_0100, 0b1011_0000, 0, 0, 0, 0, 0, 0]);
        for (length, size, value) in [(0, 0, 0), (0, 1, -1), (0, 2, -2), (0, 3, -5), (0, 4, -10), (8, 4, 11)]
        {
            assert_eq!(bits.number(length, size), value, "{length} {size}");
        }
    }
}
