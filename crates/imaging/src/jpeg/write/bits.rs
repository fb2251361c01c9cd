//! Collects bits to the bytes of a scan.

/// Bytes that there is room made for at least.
const MIN_GROWTH: usize = 64 << 10;

/// Collects bits to bytes, with a zero behind every `FF`.
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    buffer: u64,
    count: u32,
}

impl BitWriter {
    /// Goes on behind these bytes.
    pub(super) fn behind(bytes: Vec<u8>) -> Self {
        Self { bytes, buffer: 0, count: 0 }
    }

    /// Makes room for so many bits.
    pub(super) fn reserve(&mut self, bits: u64) {
        // One byte in 256 has a zero behind it, and some more in long runs.
        let bytes = bits / 8 + bits / 1024 + 16;
        self.bytes.reserve_exact(usize::try_from(bytes).unwrap_or(0));
    }

    /// Writes the lowest bits of a code, 1 to 32.
    #[inline(always)]
    pub(super) fn put(&mut self, code: u32, length: u32) {
        self.buffer = self.buffer << length | u64::from(code);
        self.count += length;
        if self.count >= 32 {
            self.count -= 32;
            #[expect(clippy::cast_possible_truncation, reason = "the upper half follows later")]
            let word = (self.buffer >> self.count) as u32;
            self.write(word.to_be_bytes());
        }
    }

    #[inline(always)]
    fn write(&mut self, bytes: [u8; 4]) {
        if self.bytes.capacity() - self.bytes.len() < 2 * bytes.len() {
            self.grow();
        }
        if bytes.contains(&0xff) {
            for byte in bytes {
                self.bytes.push(byte);
                if byte == 0xff {
                    self.bytes.push(0);
                }
            }
        } else {
            self.bytes.extend_from_slice(&bytes);
        }
    }

    /// Makes room for an eighth more: what is held twice while it is moved is less than if it
    /// doubled.
    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        self.bytes.reserve_exact((self.bytes.len() / 8).max(MIN_GROWTH));
    }

    /// Fills up the last byte with ones and ends the image.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let missing = self.count.next_multiple_of(8) - self.count;
        self.buffer = self.buffer << missing | ((1 << missing) - 1);
        self.count += missing;
        while self.count >= 8 {
            self.count -= 8;
            let [.., byte] = (self.buffer >> self.count).to_be_bytes();
            self.bytes.push(byte);
            if byte == 0xff {
                self.bytes.push(0);
            }
        }
        self.bytes.extend([0xff, 0xd9]);
        self.bytes
    }
}
