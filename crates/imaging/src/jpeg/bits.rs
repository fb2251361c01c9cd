//! Reads the bits of a scan: bytes from the top bit down, `FF 00` being one byte `FF`.

/// The bits of entropy-coded data, up to the next marker.
pub(super) struct BitReader<'a> {
    data: &'a [u8],
    /// The first byte that is not in the buffer as a whole.
    at: usize,
    /// The next bits, from the top. Below `count` of them lie bits of the byte at `at`.
    buffer: u64,
    count: u32,
    /// Zeros at the end of the buffer that stand for what the data do not have.
    invented: u32,
}

impl<'a> BitReader<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0, buffer: 0, count: 0, invented: 0 }
    }

    /// Makes sure of at least 56 bits. Behind a marker or the end of the data they are
    /// zeros, which [`passed_end`](Self::passed_end) tells.
    #[inline(always)]
    pub(super) fn refill(&mut self) {
        if let Some(next) = self.data.get(self.at..).and_then(|rest| rest.first_chunk::<8>()) {
            let word = u64::from_be_bytes(*next);
            if !has_ff(word) {
                self.buffer |= word >> self.count;
                let bytes = (63 - self.count) / 8;
                self.at += bytes as usize;
                self.count += bytes * 8;
                return;
            }
        }
        self.refill_by_bytes();
    }

    #[cold]
    fn refill_by_bytes(&mut self) {
        while self.count <= 56 {
            let byte = match (self.data.get(self.at), self.data.get(self.at + 1)) {
                (Some(0xff), Some(0)) => {
                    self.at += 2;
                    0xff
                }
                (Some(0xff), _) | (None, _) => {
                    self.invented += 8;
                    0
                }
                (Some(byte), _) => {
                    self.at += 1;
                    *byte
                }
            };
            self.buffer |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    /// Whether at least so many bits are there.
    #[inline(always)]
    pub(super) fn has(&self, bits: u32) -> bool {
        self.count >= bits
    }

    /// The next bits, 1 to 32, which stay.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "at most 32 bits are left")]
    pub(super) fn peek(&self, bits: u32) -> u32 {
        (self.buffer >> (64 - bits)) as u32
    }

    /// Passes over bits that are there.
    #[inline(always)]
    pub(super) fn consume(&mut self, bits: u32) {
        self.buffer <<= bits;
        self.count -= bits;
    }

    /// What follows the marker that was read last.
    pub(super) fn behind_marker(&self) -> &'a [u8] {
        self.data.get(self.at..).unwrap_or_default()
    }

    /// Whether more bits were consumed than there are.
    pub(super) fn passed_end(&self) -> bool {
        self.invented > self.count
    }

    /// The marker right behind the bits that were consumed, but for the bits that fill up
    /// the last byte; none if there is anything else. Reading goes on behind it.
    pub(super) fn marker(&mut self) -> Option<u8> {
        let left = self.count.checked_sub(self.invented)?;
        let [0xff, marker, ..] = self.data.get(self.at..)? else {
            return None;
        };
        if left >= 8 {
            return None;
        }
        *self = Self { at: self.at + 2, ..Self::new(self.data) };
        Some(*marker)
    }
}

/// Whether a byte of the word is FF: it alone has its top bit and overflows into it.
fn has_ff(word: u64) -> bool {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    const ONE: u64 = 0x0101_0101_0101_0101;
    ((word & LOW) + ONE) & word & !LOW != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stuffed_bytes_are_one_and_a_marker_ends_the_bits() {
        let mut data = vec![0x12, 0xff, 0x00, 0x34];
        data.extend([0xab; 20]);
        data.extend([0xff, 0xd9]);
        let mut bits = BitReader::new(&data);
        for expected in [0x12, 0xff, 0x34].into_iter().chain([0xab; 20]) {
            bits.refill();
            assert_eq!(bits.peek(8), expected);
            bits.consume(8);
        }
        assert!(!bits.passed_end());
        bits.refill();
        assert_eq!(bits.peek(32), 0, "what is not there reads as zeros");
        assert_eq!(bits.marker(), Some(0xd9));
        assert_eq!(bits.marker(), None);
    }

    #[test]
    fn only_a_filled_up_byte_may_stand_before_a_marker() {
        let data = [0xa5, 0x5a, 0xff, 0xd0, 0x77, 0xff, 0xd9];
        let mut bits = BitReader::new(&data);
        bits.refill();
        bits.consume(7);
        assert_eq!(bits.marker(), None, "9 bits are left");
        bits.consume(2);
        assert_eq!(bits.marker(), Some(0xd0));
        bits.refill();
        assert_eq!(bits.peek(8), 0x77);
        bits.consume(9);
        assert!(bits.passed_end());
        assert_eq!(bits.marker(), None);
    }

    #[test]
    fn every_place_of_ff_in_a_word_is_found() {
        for byte in 0..8 {
            for value in 0..=255u64 {
                let word = 0x7f80_00fe_0180_7f01 & !(0xff << (8 * byte)) | value << (8 * byte);
                assert_eq!(has_ff(word), value == 0xff, "{word:x}");
            }
        }
    }
}
