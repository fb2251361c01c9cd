//! Huffman codes made for the symbols that a picture has.

/// The longest code that JPEG allows.
const MAX_LENGTH: usize = 16;
/// Symbols, and one more that takes the code of ones only, which JPEG forbids.
const SYMBOLS: usize = 257;

/// A Huffman table, as it is written and as it is used.
pub(super) struct Codes {
    /// How many codes there are of each length from 1 on.
    pub(super) counts: [u8; MAX_LENGTH],
    /// Their symbols, in order.
    pub(super) symbols: Vec<u8>,
    /// For each symbol its code, shifted left by 8, and the code's length.
    table: [u32; 256],
}

impl Codes {
    /// The best codes for symbols that come this often. Those that never do have none.
    pub(super) fn new(frequencies: &[u32; 256]) -> Self {
        let lengths = lengths(frequencies);
        let mut counts = [0u8; MAX_LENGTH];
        let mut symbols = Vec::new();
        let mut table = [0; 256];
        let mut code = 0u32;
        for (length, count) in (1u32..).zip(&mut counts) {
            for (symbol, _) in (0u8..=255).zip(&lengths).filter(|(_, of_symbol)| **of_symbol == length) {
                if let Some(entry) = table.get_mut(usize::from(symbol)) {
                    *entry = code << 8 | length;
                }
                code += 1;
                *count += 1;
                symbols.push(symbol);
            }
            code <<= 1;
        }
        Self { counts, symbols, table }
    }

    /// The code of a symbol, and its length.
    #[inline(always)]
    pub(super) fn of(&self, symbol: u8) -> (u32, u32) {
        let entry = self.table.get(usize::from(symbol)).copied().unwrap_or(0);
        (entry >> 8, entry & 0xff)
    }
}

/// The length of each symbol's code, 0 for none: Huffman's, and then shortened to 16 bits as
/// T.81, K.2 does.
fn lengths(frequencies: &[u32; 256]) -> [u32; 256] {
    // Trees that are not joined yet: their weight and their leaves with the depth of each.
    let mut trees: Vec<(u64, Vec<(usize, usize)>)> = frequencies
        .iter()
        .enumerate()
        .filter(|(_, frequency)| **frequency > 0)
        // Twice as often, so that the symbol that is none is rarer than every other.
        .map(|(symbol, frequency)| (u64::from(*frequency) * 2, vec![(symbol, 0)]))
        .collect();
    trees.push((1, vec![(SYMBOLS - 1, 0)]));
    while trees.len() > 1 {
        // The lightest two; of equal ones the last, so that the code of ones only stays apart.
        trees.sort_by(|(a, _), (b, _)| b.cmp(a));
        if let (Some((a, mut leaves)), Some((b, others))) = (trees.pop(), trees.pop()) {
            leaves.extend(others);
            leaves.iter_mut().for_each(|(_, depth)| *depth += 1);
            trees.push((a + b, leaves));
        }
    }
    let leaves = trees.pop().map(|(_, leaves)| leaves).unwrap_or_default();
    let mut counts = [0usize; SYMBOLS + 1];
    for (_, depth) in &leaves {
        if let Some(count) = counts.get_mut(*depth) {
            *count += 1;
        }
    }
    shorten(&mut counts);
    // The rarest symbols get the longest codes; the one that is none the very last.
    let mut order = leaves;
    let frequency = |symbol: usize| frequencies.get(symbol).copied().unwrap_or(0);
    order.sort_by(|(a, _), (b, _)| frequency(*b).cmp(&frequency(*a)).then(a.cmp(b)));
    let mut lengths = [0; 256];
    let by_length = (0u32..).zip(counts).flat_map(|(length, count)| std::iter::repeat_n(length, count));
    for ((symbol, _), length) in order.into_iter().zip(by_length) {
        if let Some(place) = lengths.get_mut(symbol) {
            *place = length;
        }
    }
    lengths
}

/// Takes pairs of codes that are too long apart: one of them goes to the branch above, the
/// other beside a shorter code, which gets longer by one.
fn shorten(counts: &mut [usize; SYMBOLS + 1]) {
    for length in (MAX_LENGTH + 1..=SYMBOLS).rev() {
        while counts.get(length).is_some_and(|count| *count > 0) {
            let shorter = counts.iter().take(length - 1).rposition(|count| *count > 0).unwrap_or(1);
            let mut add = |length: usize, by: isize| {
                if let Some(count) = counts.get_mut(length) {
                    *count = count.saturating_add_signed(by);
                }
            };
            add(length, -2);
            add(length - 1, 1);
            add(shorter + 1, 2);
            add(shorter, -1);
        }
    }
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "small numbers made here")]
mod tests {
    use super::super::super::huffman::HuffmanTable;
    use super::*;

    fn check(frequencies: [u32; 256], most: u32) {
        let codes = Codes::new(&frequencies);
        assert!(HuffmanTable::new(&codes.counts, &codes.symbols).is_some(), "a table that can be read");
        for (symbol, frequency) in (0u8..=255).zip(frequencies) {
            let (_, length) = codes.of(symbol);
            assert_eq!(length > 0, frequency > 0);
            assert!(length <= most);
        }
    }

    #[test]
    fn common_symbols_have_short_codes() {
        let mut frequencies = [0; 256];
        frequencies[0] = 1000;
        frequencies[1] = 100;
        frequencies[240] = 10;
        let codes = Codes::new(&frequencies);
        assert_eq!([0, 1, 240].map(|symbol| codes.of(symbol).1), [1, 2, 3]);
        assert_eq!([0, 1, 240].map(|symbol| codes.of(symbol).0), [0, 0b10, 0b110]);
    }

    #[test]
    fn all_frequencies_make_codes_of_at_most_16_bits() {
        check([1; 256], 16);
        let mut frequencies = [0; 256];
        frequencies[77] = 5;
        check(frequencies, 1);
        let (mut a, mut b) = (1u32, 1u32);
        for frequency in frequencies.iter_mut().take(40) {
            *frequency = a;
            (a, b) = (b, a + b);
        }
        // Fibonacci's numbers make the deepest trees.
        check(frequencies, 16);
        check(std::array::from_fn(|i| (i as u32).wrapping_mul(2_654_435_761) >> (i % 32)), 16);
    }
}
