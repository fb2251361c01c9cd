//! The only scan of a baseline JPEG, with Huffman codes made for it.
//!
//! The best codes are known once the picture is, so its symbols are kept until then. So
//! that a large one does not take a large part of the memory, no more than two megabytes
//! are: codes made for so much of a picture are good for the rest of it.

use super::bits::BitWriter;
use super::codes::Codes;
use super::head::Head;
use domain::Size;

/// Symbols that are kept, of four bytes each.
const MAX_SYMBOLS: usize = 512 << 10;
/// Tables: of first coefficients and of others, of luminance and of colors.
const TABLES: usize = 4;

/// Writes a picture, block by block.
pub(in crate::jpeg) struct Scan {
    head: Head,
    /// Table << 24 | symbol << 16 | the bits behind its code.
    symbols: Vec<u32>,
    frequencies: [[u32; 256]; TABLES],
    /// Once the first symbols are written.
    started: Option<Started>,
}

struct Started {
    codes: [Codes; TABLES],
    bits: BitWriter,
}

/// What the blocks of one component have in common.
pub(in crate::jpeg) struct Component {
    is_luminance: bool,
    /// The first coefficient of the block before.
    before: i32,
}

impl Component {
    pub(in crate::jpeg) fn new(is_luminance: bool) -> Self {
        Self { is_luminance, before: 0 }
    }
}

/// Symbols that room is made for. Memory that is not written to is not taken.
fn symbols_of(size: Size) -> usize {
    let blocks = size.pixels() / 64 * 3 + 64;
    usize::try_from(blocks * 16).unwrap_or(MAX_SYMBOLS).min(MAX_SYMBOLS)
}

impl Scan {
    /// The bytes that are held at most before codes are chosen, of a picture of this size.
    pub(in crate::jpeg) fn most_held_bytes(size: Size) -> u64 {
        (symbols_of(size) * 4) as u64
    }

    pub(in crate::jpeg) fn new(head: Head) -> Self {
        Self {
            symbols: Vec::with_capacity(symbols_of(head.size)),
            head,
            frequencies: [[0; 256]; TABLES],
            started: None,
        }
    }

    /// Writes the first coefficient of a block.
    #[inline(always)]
    pub(in crate::jpeg) fn level(&mut self, component: &mut Component, level: i32) {
        let difference = level - component.before;
        component.before = level;
        let size = size_of(difference);
        self.put(if component.is_luminance { 0 } else { 1 }, size, bits_of(difference, size));
    }

    /// Writes a coefficient that is not zero, behind so many zeros.
    #[inline(always)]
    pub(in crate::jpeg) fn other(&mut self, component: &Component, mut zeros: u8, value: i32) {
        let table = if component.is_luminance { 2 } else { 3 };
        while zeros >= 16 {
            self.put(table, 0xf0, 0);
            zeros -= 16;
        }
        let size = size_of(value);
        self.put(table, zeros << 4 | size, bits_of(value, size));
    }

    /// Writes that the rest of a block is zeros.
    #[inline(always)]
    pub(in crate::jpeg) fn end(&mut self, component: &Component) {
        self.put(if component.is_luminance { 2 } else { 3 }, 0, 0);
    }

    #[inline(always)]
    fn put(&mut self, table: u32, symbol: u8, bits: u32) {
        let entry = table << 24 | u32::from(symbol) << 16 | bits;
        if let Some(started) = &mut self.started {
            started.put(entry);
            return;
        }
        if let Some(count) =
            self.frequencies.get_mut(table as usize).and_then(|table| table.get_mut(usize::from(symbol)))
        {
            *count += 1;
        }
        self.symbols.push(entry);
        if self.symbols.len() == MAX_SYMBOLS {
            // What comes later may have any symbol.
            for (index, frequencies) in self.frequencies.iter_mut().enumerate() {
                let all = (0u8..=255).filter(|symbol| can_be(index, *symbol));
                all.for_each(|symbol| {
                    if let Some(count) = frequencies.get_mut(usize::from(symbol)) {
                        *count += 1;
                    }
                });
            }
            self.start();
        }
    }

    /// Writes the head and what is kept.
    #[cold]
    #[inline(never)]
    fn start(&mut self) -> &mut Started {
        let codes = self.frequencies.each_ref().map(Codes::new);
        let mut started = Started { bits: BitWriter::behind(self.head.bytes(&codes)), codes };
        let tables = started.codes.iter().zip(&self.frequencies);
        let lengths = tables.flat_map(|(codes, frequencies)| {
            (0u8..=255).zip(frequencies).map(|(symbol, count)| {
                u64::from(*count) * u64::from(codes.of(symbol).1 + u32::from(symbol & 15))
            })
        });
        started.bits.reserve(lengths.sum());
        for entry in std::mem::take(&mut self.symbols) {
            started.put(entry);
        }
        self.started.insert(started)
    }

    /// The file.
    pub(in crate::jpeg) fn finish(mut self) -> Vec<u8> {
        if self.started.is_none() {
            self.start();
        }
        self.started.map(|started| started.bits.finish()).unwrap_or_default()
    }
}

impl Started {
    #[inline(always)]
    fn put(&mut self, entry: u32) {
        let [table, symbol, high, low] = entry.to_be_bytes();
        let bits = u32::from(u16::from_be_bytes([high, low]));
        let Some(codes) = self.codes.get(usize::from(table)) else { return };
        let (code, length) = codes.of(symbol);
        let size = u32::from(symbol & 15);
        self.bits.put(code << size | bits, length + size);
    }
}

/// Whether a table, of those of a baseline picture of 8 bits, can have this symbol.
fn can_be(table: usize, symbol: u8) -> bool {
    let (zeros, size) = (symbol >> 4, symbol & 15);
    match table {
        0 | 1 => symbol <= 11,
        _ => (1..=10).contains(&size) || (size == 0 && (zeros == 0 || zeros == 15)),
    }
}

/// Bits that a number takes, without its sign.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "at most 32")]
fn size_of(value: i32) -> u8 {
    (32 - value.unsigned_abs().leading_zeros()) as u8
}

/// The bits of a number as T.81, F.1.2.1 has it.
#[inline(always)]
fn bits_of(value: i32, size: u8) -> u32 {
    let number = if value < 0 { value - 1 } else { value };
    number.cast_unsigned() & ((1u32 << size) - 1)
}
