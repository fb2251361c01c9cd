//! Huffman tables for reading: one that names the next symbol, and one that passes over
//! several coefficients at once.

use super::bits::BitReader;

/// Codes of up to so many bits are found with one look.
const LOOKUP_BITS: u32 = 9;
/// The longest code.
const MAX_CODE_BITS: u32 = 16;
/// Bits that are looked at to pass over coefficients. 13 take in two coefficients of a
/// photo on average, and the table of 16 KiB stays in the cache.
const SKIP_BITS: u32 = 13;

/// A code as its table says it.
#[derive(Clone)]
pub(super) struct HuffmanTable {
    /// By the next bits: length << 8 | symbol; 0 for a longer code.
    lookup: Box<[u16; 1 << LOOKUP_BITS]>,
    /// By length: the first 16 bits, as a number, that are beyond the codes of that length.
    limits: [u32; MAX_CODE_BITS as usize + 1],
    /// By length: what leads from a code to the place of its symbol.
    offsets: [i32; MAX_CODE_BITS as usize + 1],
    symbols: Vec<u8>,
}

impl HuffmanTable {
    /// From how many codes there are of each length, 1 to 16, and their symbols in order.
    /// None if there cannot be such a code.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut lookup = Box::new([0; 1 << LOOKUP_BITS]);
        let mut limits = [0; MAX_CODE_BITS as usize + 1];
        let mut offsets = [0; MAX_CODE_BITS as usize + 1];
        let (mut code, mut place) = (0u32, 0usize);
        for (length, count) in (1u32..).zip(counts) {
            let first = code;
            *offsets.get_mut(length as usize)? = i32::try_from(place).ok()? - i32::try_from(first).ok()?;
            for _ in 0..*count {
                // A code of ones only is reserved, and more codes than bits can say are wrong.
                if code + 1 >= 1 << length {
                    return None;
                }
                let symbol = *symbols.get(place)?;
                if length <= LOOKUP_BITS {
                    let (spread, start) = (1 << (LOOKUP_BITS - length), code << (LOOKUP_BITS - length));
                    let entry = u16::try_from(length).ok()? << 8 | u16::from(symbol);
                    lookup.get_mut(start as usize..)?.get_mut(..spread)?.fill(entry);
                }
                code += 1;
                place += 1;
            }
            *limits.get_mut(length as usize)? = code << (MAX_CODE_BITS - length);
            code <<= 1;
        }
        (place == symbols.len()).then(|| Self { lookup, limits, offsets, symbols: symbols.to_vec() })
    }

    /// The symbol that 16 bits begin with, and the length of its code.
    #[inline(always)]
    fn symbol_of(&self, code: u32) -> Option<(u8, u32)> {
        let entry = self.lookup.get((code >> (MAX_CODE_BITS - LOOKUP_BITS)) as usize)?;
        let [length, symbol] = entry.to_be_bytes();
        if length != 0 { Some((symbol, u32::from(length))) } else { self.find(code) }
    }

    /// The symbol of a longer code.
    #[cold]
    fn find(&self, code: u32) -> Option<(u8, u32)> {
        for length in LOOKUP_BITS + 1..=MAX_CODE_BITS {
            if code < *self.limits.get(length as usize)? {
                let code = i32::try_from(code >> (MAX_CODE_BITS - length)).ok()?;
                let place = usize::try_from(code + self.offsets.get(length as usize)?).ok()?;
                return Some((*self.symbols.get(place)?, length));
            }
        }
        None
    }

    /// Reads a symbol. There must be 16 bits.
    #[inline(always)]
    pub(super) fn read(&self, bits: &mut BitReader<'_>) -> Option<u8> {
        let (symbol, length) = self.symbol_of(bits.peek(MAX_CODE_BITS))?;
        bits.consume(length);
        Some(symbol)
    }
}

/// Reads a number of so many bits, 1 to 15, as T.81 F.2.2.1 writes it (EXTEND).
#[inline(always)]
pub(super) fn read_magnitude(bits: &mut BitReader<'_>, size: u32) -> i32 {
    let raw = bits.peek(size).cast_signed();
    bits.consume(size);
    let is_negative = raw >> (size - 1) == 0;
    if is_negative { raw - (1 << size) + 1 } else { raw }
}

/// What the next bits say of coefficients that nobody wants to know, as far as they say
/// whole coefficients.
#[derive(Clone, Copy)]
pub(super) struct Skip {
    /// How many bits they are; 0 if not one coefficient is whole.
    pub(super) bits: u32,
    /// How many places they fill in the order of the zigzag.
    pub(super) places: u32,
    /// Whether the last of them ends the block.
    pub(super) ends: bool,
}

/// Passes over coefficients by the bits they begin with.
pub(super) struct SkipTable {
    /// places << 8 | ends << 7 | bits
    entries: Box<[u16; 1 << SKIP_BITS]>,
}

impl SkipTable {
    /// For the table of a component's AC coefficients.
    pub(super) fn new(table: &HuffmanTable) -> Self {
        let mut entries = Box::new([0; 1 << SKIP_BITS]);
        for (index, entry) in (0u32..).zip(entries.iter_mut()) {
            let (mut bits, mut places) = (0, 0);
            let mut ends = false;
            while !ends {
                let rest = index << (32 - SKIP_BITS) << bits;
                // Behind the end of these bits stand zeros, which may make up a code that is
                // not there; it is longer than what is left, then.
                let Some((symbol, length)) = table.symbol_of(rest >> 16) else { break };
                let size = u32::from(symbol & 15);
                if bits + length + size > SKIP_BITS {
                    break;
                }
                bits += length + size;
                ends = size == 0 && symbol != ZEROS_16;
                places += if ends { 0 } else { u32::from(symbol >> 4) + 1 };
            }
            *entry = u16::try_from(places << 8 | u32::from(ends) << 7 | bits).unwrap_or(0);
        }
        Self { entries }
    }

    /// What can be passed over next. There must be 16 bits.
    #[inline(always)]
    pub(super) fn next(&self, bits: &BitReader<'_>) -> Skip {
        let entry = self.entries.get(bits.peek(SKIP_BITS) as usize).copied().unwrap_or(0);
        let entry = u32::from(entry);
        Skip { bits: entry & 0x7f, places: entry >> 8, ends: entry & 0x80 != 0 }
    }
}

/// The symbol of 16 zeros.
pub(super) const ZEROS_16: u8 = 0xf0;

#[cfg(test)]
mod tests {
    use super::*;

    /// The codes 0, 10, 110, 1110 for end, one, two zeros and then a two-bit number, 16 zeros.
    fn table() -> HuffmanTable {
        let mut counts = [0; 16];
        counts[..4].fill(1);
        HuffmanTable::new(&counts, &[0x00, 0x01, 0x22, ZEROS_16]).unwrap()
    }

    #[test]
    fn symbols_are_read_by_their_codes() {
        let data = [0b0101_1011, 0b1001_0000, 0, 0, 0];
        let mut bits = BitReader::new(&data);
        bits.refill();
        let table = table();
        let symbols: Vec<_> = (0..4).map(|_| table.read(&mut bits).unwrap()).collect();
        assert_eq!(symbols, [0x00, 0x01, 0x22, ZEROS_16]);
    }

    #[test]
    fn a_code_longer_than_one_look_is_found() {
        let mut counts = [0; 16];
        counts[..15].fill(1);
        let symbols: Vec<u8> = (1..=15).collect();
        let table = HuffmanTable::new(&counts, &symbols).unwrap();
        let data = [0b1111_1111, 0, 0b1111_1100, 0, 0, 0, 0, 0];
        let mut bits = BitReader::new(&data);
        bits.refill();
        assert_eq!(table.read(&mut bits), Some(15));
        let beyond = [0xfe, 0xfe, 0xff, 0x00, 0xff, 0x00, 0xff, 0x00];
        let mut bits = BitReader::new(&beyond);
        bits.refill();
        bits.consume(16);
        assert_eq!(table.read(&mut bits), None, "no code is all ones");
    }

    #[test]
    fn codes_that_cannot_be_are_refused() {
        let mut counts = [0; 16];
        counts[0] = 2;
        assert!(HuffmanTable::new(&counts, &[1, 2]).is_none(), "the second is all ones");
        counts[0] = 1;
        assert!(HuffmanTable::new(&counts, &[]).is_none(), "a symbol too few");
        assert!(HuffmanTable::new(&counts, &[1, 2]).is_none(), "a symbol too many");
        counts = [255; 16];
        assert!(HuffmanTable::new(&counts, &[0; 4080]).is_none(), "more than there are bits for");
    }

    #[test]
    fn coefficients_are_passed_over_by_the_whole() {
        let skip = SkipTable::new(&table());
        // one (10, 1), two zeros and a number (110, 01), end (0), and 1s behind it.
        let data = [0b1011_1001, 0b0111_1111, 0, 0, 0, 0, 0, 0];
        let mut bits = BitReader::new(&data);
        bits.refill();
        let Skip { bits: passed, places, ends } = skip.next(&bits);
        assert_eq!((passed, places, ends), (9, 4, true));
        bits.consume(9);
        assert_eq!(skip.next(&bits).bits, 0, "no such code");
    }

    #[test]
    fn numbers_are_read_with_their_sign() {
        let data = [0b0101_0100, 0, 0, 0, 0, 0, 0, 0];
        for (size, value) in [(1, -1), (2, -2), (3, -5), (4, -10)] {
            let mut bits = BitReader::new(&data);
            bits.refill();
            assert_eq!(read_magnitude(&mut bits, size), value);
        }
        let data = [0b1011_0000, 0, 0, 0, 0, 0, 0, 0];
        let mut bits = BitReader::new(&data);
        bits.refill();
        assert_eq!(read_magnitude(&mut bits, 4), 11);
    }
}
