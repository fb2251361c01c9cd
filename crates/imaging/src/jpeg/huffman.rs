//! Huffman tables as a file gives them: which symbol bits begin with.

/// Codes of up to so many bits are found with one look.
const LOOKUP_BITS: u32 = 9;
/// The longest code.
const MAX_CODE_BITS: u32 = 16;

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

    /// The symbol that 16 bits begin with, and the length of its code. None if there is none.
    #[inline(always)]
    pub(super) fn symbol_of(&self, code: u32) -> Option<(u8, u32)> {
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
    fn symbols_are_found_by_their_codes() {
        let table = table();
        for (bits, symbol, length) in
            [(0, 0x00, 1), (0b10 << 14, 0x01, 2), (0b110 << 13, 0x22, 3), (0b1110 << 12, ZEROS_16, 4)]
        {
            assert_eq!(table.symbol_of(bits), Some((symbol, length)));
        }
    }

    #[test]
    fn a_code_longer_than_one_look_is_found() {
        let mut counts = [0; 16];
        counts[..15].fill(1);
        let symbols: Vec<u8> = (1..=15).collect();
        let table = HuffmanTable::new(&counts, &symbols).unwrap();
        assert_eq!(table.symbol_of(0b1111_1111_1111_1100), Some((15, 15)));
        assert_eq!(table.symbol_of(0xffff), None, "no code is all ones");
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
}
