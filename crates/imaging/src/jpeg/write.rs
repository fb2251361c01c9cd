//! Writes a baseline JPEG: headers, the usual tables, and coefficients as Huffman codes.

use domain::Size;

use super::cosine::ZIGZAG;
use super::synthesis::BlockRow;

/// The quantisation tables that T.81, K.1 gives for luminance and chrominance, by rows.
/// libjpeg scales them by the quality.
const LUMINANCE_STEPS: [u16; 64] = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17,
    22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78,
    87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];
const CHROMINANCE_STEPS: [u16; 64] = [
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
];

/// The Huffman codes of T.81, K.3: how many of each length, and their symbols.
struct Codes {
    counts: [u8; 16],
    symbols: &'static [u8],
}

const LUMINANCE_LEVELS: Codes = Codes {
    counts: [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0],
    symbols: &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
};
const CHROMINANCE_LEVELS: Codes = Codes {
    counts: [0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0],
    symbols: &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
};
const LUMINANCE_OTHERS: Codes = Codes {
    counts: [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7d],
    symbols: &[
        0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07, 0x22,
        0x71, 0x14, 0x32, 0x81, 0x91, 0xa1, 0x08, 0x23, 0x42, 0xb1, 0xc1, 0x15, 0x52, 0xd1, 0xf0, 0x24, 0x33,
        0x62, 0x72, 0x82, 0x09, 0x0a, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x34,
        0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x53, 0x54, 0x55,
        0x56, 0x57, 0x58, 0x59, 0x5a, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x73, 0x74, 0x75, 0x76,
        0x77, 0x78, 0x79, 0x7a, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x92, 0x93, 0x94, 0x95, 0x96,
        0x97, 0x98, 0x99, 0x9a, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4, 0xb5,
        0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xd2, 0xd3, 0xd4,
        0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xe1, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xf1,
        0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa,
    ],
};
const CHROMINANCE_OTHERS: Codes = Codes {
    counts: [0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77],
    symbols: &[
        0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41, 0x51, 0x07, 0x61, 0x71, 0x13,
        0x22, 0x32, 0x81, 0x08, 0x14, 0x42, 0x91, 0xa1, 0xb1, 0xc1, 0x09, 0x23, 0x33, 0x52, 0xf0, 0x15, 0x62,
        0x72, 0xd1, 0x0a, 0x16, 0x24, 0x34, 0xe1, 0x25, 0xf1, 0x17, 0x18, 0x19, 0x1a, 0x26, 0x27, 0x28, 0x29,
        0x2a, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x53, 0x54,
        0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x73, 0x74, 0x75,
        0x76, 0x77, 0x78, 0x79, 0x7a, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x92, 0x93, 0x94,
        0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xb2, 0xb3,
        0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xd2,
        0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea,
        0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa,
    ],
};

/// The steps of luminance or of chrominance for a quality of 1 to 100, in the order of the
/// zigzag; the same that libjpeg takes.
pub(super) fn quantisation(quality: u8, is_luminance: bool) -> [u8; 64] {
    let quality = u32::from(quality);
    let percent = if quality < 50 { 5000 / quality.max(1) } else { 200 - quality * 2 };
    let steps = if is_luminance { LUMINANCE_STEPS } else { CHROMINANCE_STEPS };
    ZIGZAG.map(|place| {
        let step = steps.get(usize::from(place)).copied().unwrap_or(u16::MAX);
        let scaled = (u32::from(step) * percent + 50) / 100;
        u8::try_from(scaled.clamp(1, 255)).unwrap_or(u8::MAX)
    })
}

/// For each symbol its code, shifted left by 8, and the code's length.
struct CodeTable([u32; 256]);

impl CodeTable {
    fn new(codes: &Codes) -> Self {
        let mut table = [0; 256];
        let mut symbols = codes.symbols.iter();
        let mut code = 0;
        for (length, count) in (1u32..).zip(codes.counts) {
            for symbol in symbols.by_ref().take(count.into()) {
                if let Some(entry) = table.get_mut(usize::from(*symbol)) {
                    *entry = code << 8 | length;
                }
                code += 1;
            }
            code <<= 1;
        }
        Self(table)
    }

    /// The code of a symbol, and its length.
    #[inline(always)]
    fn of(&self, symbol: u8) -> (u32, u32) {
        let entry = self.0.get(usize::from(symbol)).copied().unwrap_or(0);
        (entry >> 8, entry & 0xff)
    }
}

/// Writes the data of one component's blocks.
pub(super) struct BlockWriter {
    levels: CodeTable,
    others: CodeTable,
    /// The first coefficient of the block before.
    before: i32,
}

impl BlockWriter {
    pub(super) fn new(is_luminance: bool) -> Self {
        let (levels, others) = if is_luminance {
            (LUMINANCE_LEVELS, LUMINANCE_OTHERS)
        } else {
            (CHROMINANCE_LEVELS, CHROMINANCE_OTHERS)
        };
        Self { levels: CodeTable::new(&levels), others: CodeTable::new(&others), before: 0 }
    }

    /// Writes one block of a row.
    #[inline]
    pub(super) fn write(&mut self, row: &BlockRow, block: usize, bits: &mut BitWriter) {
        let level = i32::from(row.level(block));
        let difference = level - self.before;
        self.before = level;
        let (code, length) = self.levels.of(size_of(difference));
        bits.put_number(code, length, difference);
        let mut last = 0;
        row.others(block, |place, value| {
            let mut zeros = place - last - 1;
            last = place;
            while zeros >= 16 {
                let (code, length) = self.others.of(0xf0);
                bits.put(code, length);
                zeros -= 16;
            }
            let value = i32::from(value);
            let (code, length) = self.others.of(zeros << 4 | size_of(value));
            bits.put_number(code, length, value);
        });
        if last < 63 {
            let (code, length) = self.others.of(0);
            bits.put(code, length);
        }
    }
}

/// Bits that a number takes, without its sign.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "at most 32")]
fn size_of(value: i32) -> u8 {
    (32 - value.unsigned_abs().leading_zeros()) as u8
}

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

    /// Writes the lowest bits of a code, 1 to 32.
    #[inline(always)]
    fn put(&mut self, code: u32, length: u32) {
        self.buffer = self.buffer << length | u64::from(code);
        self.count += length;
        if self.count >= 32 {
            self.count -= 32;
            #[expect(clippy::cast_possible_truncation, reason = "the upper half follows later")]
            let word = (self.buffer >> self.count) as u32;
            self.write(word.to_be_bytes());
        }
    }

    /// Writes a code and behind it a number as T.81, F.1.2.1 has it.
    #[inline(always)]
    fn put_number(&mut self, code: u32, length: u32, value: i32) {
        let size = u32::from(size_of(value));
        let number = if value < 0 { value - 1 } else { value };
        let mask = (1u32 << size) - 1;
        self.put(code << size | number.cast_unsigned() & mask, length + size);
    }

    #[inline(always)]
    fn write(&mut self, bytes: [u8; 4]) {
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

/// The headers up to the first bit of the scan: JFIF, tables, frame. Gray has one
/// component; colors have Cb and Cr at half the resolution (4:2:0).
pub(super) fn headers(size: Size, is_gray: bool, quality: u8) -> Vec<u8> {
    let mut bytes = vec![0xff, 0xd8];
    segment(&mut bytes, 0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    let kinds: &[bool] = if is_gray { &[true] } else { &[true, false] };
    for (number, is_luminance) in (0u8..).zip(kinds) {
        let table = quantisation(quality, *is_luminance);
        segment(&mut bytes, 0xdb, &[&[number], table.as_slice()].concat());
    }
    let side = |side: u32| u16::try_from(side).unwrap_or(u16::MAX).to_be_bytes();
    let mut frame = vec![8];
    frame.extend(side(size.height()));
    frame.extend(side(size.width()));
    let mut scan = Vec::new();
    if is_gray {
        frame.extend([1, 1, 0x11, 0]);
        scan.extend([1, 1, 0x00]);
    } else {
        frame.extend([3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]);
        scan.extend([3, 1, 0x00, 2, 0x11, 3, 0x11]);
    }
    scan.extend([0, 63, 0]);
    segment(&mut bytes, 0xc0, &frame);
    let tables = [
        (0x00, LUMINANCE_LEVELS),
        (0x10, LUMINANCE_OTHERS),
        (0x01, CHROMINANCE_LEVELS),
        (0x11, CHROMINANCE_OTHERS),
    ];
    for (class_and_number, codes) in tables.iter().take(2 * kinds.len()) {
        segment(&mut bytes, 0xc4, &[&[*class_and_number], codes.counts.as_slice(), codes.symbols].concat());
    }
    segment(&mut bytes, 0xda, &scan);
    bytes
}

fn segment(bytes: &mut Vec<u8>, marker: u8, payload: &[u8]) {
    bytes.extend([0xff, marker]);
    bytes.extend(u16::try_from(payload.len() + 2).unwrap_or(u16::MAX).to_be_bytes());
    bytes.extend(payload);
}
