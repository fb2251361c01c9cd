//! Huffman tables as single looks: one that gives the next coefficient, and one that passes
//! over as many as it can and says how much energy they have.

use super::super::huffman::{HuffmanTable, ZEROS_16};
use super::bits::Bits;

/// Bits that are looked at for a coefficient that is kept.
const KEPT_BITS: u32 = 11;
/// Bits that are looked at for coefficients that are not; about two of a photo. 11 to 13
/// are equally fast, and larger tables leave the nearest cache.
const PASSED_BITS: u32 = 12;
/// The longest number of a coefficient of 8-bit samples, and of a difference of means.
const MAX_AC_SIZE: u32 = 10;
const MAX_DC_SIZE: u32 = 11;

/// What a place becomes when the block ends: beyond every place, and told from it by
/// [`ENDED`].
pub(super) const END: u32 = 129;
/// The lowest place that means that the block has ended.
pub(super) const ENDED: u32 = 128;
/// The place of a block that no encoder wrote.
pub(super) const FAILED: u32 = 255;
/// Places in a block; also what the lowest seven bits of a valid place do not exceed.
pub(super) const PLACES: u32 = 64;

/// What one look says of the next coefficient.
#[derive(Clone, Copy)]
pub(super) struct Look {
    /// Length of the code, places passed including the coefficient's own, size of the
    /// number, and bits of both, a byte each; 0 if the look does not tell.
    entry: u32,
}

impl Look {
    fn new(length: u32, places: u32, size: u32) -> Self {
        Self { entry: length << 24 | places << 16 | size << 8 | (length + size) }
    }

    /// The number, of the bits that were looked at.
    #[inline(always)]
    pub(super) fn number(self, bits: Bits) -> i32 {
        bits.number(self.entry >> 24, self.entry >> 8 & 0xff)
    }

    /// How many blocks end here, of which the number's first bit is not written.
    pub(super) fn blocks(self, bits: Bits) -> u32 {
        let size = self.entry >> 8 & 0xff;
        let rest = if size == 0 { 0 } else { bits.behind(self.entry >> 24).peek(size) };
        (1 << size) + rest
    }

    /// Places that are passed, that of the number included; [`END`] if the block ends.
    #[inline(always)]
    pub(super) fn places(self) -> u32 {
        self.entry >> 16 & 0xff
    }

    /// How many bits code and number take, in the lowest six bits.
    #[inline(always)]
    pub(super) fn bits(self) -> u32 {
        self.entry
    }
}

/// Which symbols a table has.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Sizes of differences between the first coefficients of blocks.
    Dc,
    /// Runs of zeros with sizes of numbers.
    Ac,
    /// The same of a progressive scan, where a run of blocks may end at once.
    Band,
}

/// A Huffman table that names the next coefficient.
pub(super) struct KeptTable {
    looks: Box<[Look; 1 << KEPT_BITS]>,
    codes: HuffmanTable,
    kind: Kind,
}

impl KeptTable {
    pub(super) fn dc(codes: &HuffmanTable) -> Self {
        Self::new(codes, Kind::Dc)
    }

    pub(super) fn ac(codes: &HuffmanTable) -> Self {
        Self::new(codes, Kind::Ac)
    }

    /// For a progressive scan.
    pub(super) fn band(codes: &HuffmanTable) -> Self {
        Self::new(codes, Kind::Band)
    }

    fn new(codes: &HuffmanTable, kind: Kind) -> Self {
        let mut looks = Box::new([Look { entry: 0 }; 1 << KEPT_BITS]);
        for (index, look) in (0u32..).zip(looks.iter_mut()) {
            // What follows a shorter code does not matter, and a longer one is not told.
            if let Some((symbol, length)) = codes.symbol_of(index << (16 - KEPT_BITS))
                && length <= KEPT_BITS
                && let Some(found) = look_of(kind, symbol, length)
            {
                *look = found;
            }
        }
        Self { looks, codes: codes.clone(), kind }
    }

    /// The next coefficient. There must be 16 bits. None if there is no such code.
    #[inline(always)]
    pub(super) fn look(&self, bits: Bits) -> Option<Look> {
        let look = self.looks.get(bits.peek(KEPT_BITS) as usize).copied();
        match look {
            Some(look) if look.entry != 0 => Some(look),
            _ => self.find(bits),
        }
    }

    #[cold]
    #[inline(never)]
    fn find(&self, bits: Bits) -> Option<Look> {
        let (symbol, length) = self.codes.symbol_of(bits.peek(16))?;
        look_of(self.kind, symbol, length)
    }
}

fn look_of(kind: Kind, symbol: u8, length: u32) -> Option<Look> {
    let (zeros, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
    match kind {
        Kind::Dc => (u32::from(symbol) <= MAX_DC_SIZE).then(|| Look::new(length, 0, u32::from(symbol))),
        Kind::Ac | Kind::Band if symbol == ZEROS_16 => Some(Look::new(length, 16, 0)),
        Kind::Ac if size == 0 => (zeros == 0).then(|| Look::new(length, END, 0)),
        Kind::Band if size == 0 => Some(Look::new(length, END, zeros)),
        Kind::Ac | Kind::Band => (size <= MAX_AC_SIZE).then(|| Look::new(length, zeros + 1, size)),
    }
}

/// A Huffman table that passes over coefficients and adds up their energy.
pub(super) struct PassedTable {
    /// Sum of squares << 14 | places << 6 | bits. Places are [`PLACES`], which no block has
    /// left, where one coefficient must be looked at by itself.
    entries: Box<[u32; 1 << PASSED_BITS]>,
    /// By place, of a coefficient that is not kept, the square of its quantisation step.
    squares: [u64; 64],
    codes: HuffmanTable,
    /// Whether numbers lack their lowest bits, so that they are half of one more on average.
    is_rough: bool,
}

impl PassedTable {
    pub(super) fn new(codes: &HuffmanTable, squares: [u64; 64], is_rough: bool) -> Self {
        let mut entries = Box::new([PLACES << 6; 1 << PASSED_BITS]);
        for (index, entry) in (0u32..).zip(entries.iter_mut()) {
            if let Some(found) = Self::entry(codes, index, is_rough) {
                *entry = found;
            }
        }
        Self { entries, squares, codes: codes.clone(), is_rough }
    }

    /// What so many bits say: as many whole coefficients as they hold, or one that is longer
    /// but whose code is whole, the bits that are not seen counting as the middle.
    fn entry(codes: &HuffmanTable, index: u32, is_rough: bool) -> Option<u32> {
        let (mut bits, mut places, mut squares) = (0, 0, 0u64);
        let mut ends = false;
        while !ends {
            let rest = index << (32 - PASSED_BITS) << bits;
            let Some((symbol, length)) = codes.symbol_of(rest >> 16) else { break };
            let Some(look) = look_of(Kind::Ac, symbol, length) else { break };
            let (size, left) = (u32::from(symbol & 15), PASSED_BITS.saturating_sub(bits));
            let is_whole = length + size <= left;
            if length > left || !(is_whole || bits == 0) {
                break;
            }
            if look.places() == END {
                ends = true;
            } else if places + look.places() >= PLACES {
                break;
            } else {
                places += look.places();
                squares += square(rest << length, size, left - length, is_rough);
            }
            bits += length + size;
            if !is_whole {
                break;
            }
        }
        let places = if ends { places + END } else { places };
        let squares = u32::try_from(squares.min((1 << 18) - 1)).ok()?;
        (bits > 0).then_some(squares << 14 | places << 6 | bits)
    }

    /// Passes over some coefficients from `place` on, of those before `end`. There must be
    /// 32 bits. The place behind them is [`ENDED`] or more if the block has ended, and
    /// [`FAILED`], with nothing passed, if no block says that.
    #[inline(always)]
    pub(super) fn pass(&self, bits: Bits, place: u32, energy: u64, end: u32) -> (Bits, u32, u64) {
        let entry = self.entries.get(bits.peek(PASSED_BITS) as usize).copied().unwrap_or(PLACES << 6);
        let (mut entry, mut next) = (u64::from(entry), place + (entry >> 6 & 0xff));
        // Also for the end of a block, which the last coefficient does not need: what looks
        // like one then is the next block's.
        if next & 127 > end {
            entry = self.pass_one(bits.peek(32), place, end);
            next = place + entry_places(entry);
        }
        let middle = (place + (next & 127)).saturating_sub(1) / 2;
        let square = self.squares.get((middle & 63) as usize).copied().unwrap_or(0);
        (bits.behind(entry_bits(entry)), next, energy + (entry >> 14) * square)
    }

    /// The energy of a coefficient, which is none if it is kept.
    #[inline(always)]
    pub(super) fn energy_of(&self, place: u32, value: i32) -> u64 {
        let square = self.squares.get((place & 63) as usize).copied().unwrap_or(0);
        let value = u64::from(value.unsigned_abs());
        value * (value + u64::from(self.is_rough)) * square
    }

    /// The entry of one coefficient by itself. It is handed on in one register, since what
    /// goes through memory here would go through it on the fast way as well.
    #[cold]
    #[inline(never)]
    fn pass_one(&self, bits: u32, place: u32, end: u32) -> u64 {
        let failed = u64::from(FAILED.saturating_sub(place)) << 6;
        let found = self.codes.symbol_of(bits >> 16);
        let Some((symbol, length)) = found else { return failed };
        let Some(look) = look_of(Kind::Ac, symbol, length) else { return failed };
        if look.places() != END && place + look.places() > end {
            return failed;
        }
        let square = square(bits << length, u32::from(symbol & 15), 32 - length, self.is_rough);
        square << 14 | u64::from(look.places()) << 6 | u64::from(look.bits() & 63)
    }
}

/// What an entry says of places.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "eight bits")]
fn entry_places(entry: u64) -> u32 {
    (entry >> 6) as u32 & 0xff
}

/// An entry with the number of bits in its lowest six.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "six bits are looked at")]
fn entry_bits(entry: u64) -> u32 {
    entry as u32
}

/// The square of a number of so many bits, of which the first few stand at the top of `bits`;
/// those that are not seen count as the middle, and so does, of a rough one, what it lacks.
fn square(bits: u32, size: u32, seen: u32, is_rough: bool) -> u64 {
    if size == 0 {
        return 0;
    }
    let seen = seen.min(size);
    let top = if seen == 0 { 0 } else { u64::from(bits >> (32 - seen)) };
    // A number that begins with 0 is negative: its size is that of what it leaves to all ones.
    let is_negative = seen > 0 && top >> (seen - 1) == 0;
    let top = if is_negative { (1 << seen) - 1 - top } else { top };
    let unseen = size - seen;
    let low = top << unseen;
    let magnitude = if seen == 0 { 3 << size >> 2 } else { low + (1 << unseen >> 1) };
    magnitude * (magnitude + u64::from(is_rough))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The codes 0, 10, 110, 1110 for the end, one number of 1 bit, two zeros and a number
    /// of 2 bits, 16 zeros.
    fn codes() -> HuffmanTable {
        let mut counts = [0; 16];
        counts[..4].fill(1);
        HuffmanTable::new(&counts, &[0x00, 0x01, 0x22, ZEROS_16]).unwrap()
    }

    fn bits(bytes: [u8; 8]) -> Bits {
        Bits::start().refilled(&bytes)
    }

    #[test]
    fn coefficients_are_named_one_by_one() {
        let table = KeptTable::ac(&codes());
        let mut bits = bits([0b1011_1001, 0b0111_0000, 0, 0, 0, 0, 0, 0]);
        for (places, number) in [(1, 1), (3, -2), (END, 0)] {
            let look = table.look(bits).unwrap();
            assert_eq!((look.places(), look.number(bits)), (places, number));
            bits = bits.behind(look.bits());
        }
        assert_eq!(table.look(bits).unwrap().places(), 16);
    }

    #[test]
    fn coefficients_are_passed_by_the_whole_with_their_energy() {
        let mut squares = [0; 64];
        squares[1..].fill(100);
        let table = PassedTable::new(&codes(), squares, false);
        // one, two zeros and −2, the end, and 16 zeros of the next block.
        let (_, place, energy) = table.pass(bits([0b1011_1001, 0b0111_0000, 0, 0, 0, 0, 0, 0]), 1, 7, PLACES);
        assert_eq!((place, energy), (1 + 4 + END, 7 + 100 * (1 + 4)));
        // At the last places the end is none.
        let (_, place, energy) =
            table.pass(bits([0b1011_1001, 0b0111_0000, 0, 0, 0, 0, 0, 0]), 60, 0, PLACES);
        assert_eq!((place, energy), (61, 100));
        let (_, place, _) = table.pass(bits([0b1110_0000, 0, 0, 0, 0, 0, 0, 0]), 50, 0, PLACES);
        assert_eq!(place, FAILED, "zeros beyond the block");
        let (_, place, _) = table.pass(bits([0b1111_0000, 0, 0, 0, 0, 0, 0, 0]), 1, 0, PLACES);
        assert_eq!(place, FAILED, "no such code");
    }

    #[test]
    fn a_number_longer_than_the_look_counts_about_what_it_is() {
        // A code of 1 bit for numbers of 10 bits.
        let mut counts = [0; 16];
        counts[..2].fill(1);
        let codes = HuffmanTable::new(&counts, &[0x0a, 0x00]).unwrap();
        let table = PassedTable::new(&codes, [1; 64], false);
        for (second, third, value) in [(0b0110_0111, 0b1000_0000u8, 828), (0b0001_1000, 0, 827)] {
            let (_, place, energy) = table.pass(bits([second, third, 0, 0, 0, 0, 0, 0]), 5, 0, PLACES);
            assert_eq!(place, 6);
            let exact = f64::from(value) * f64::from(value);
            let most = exact.min(262_143.0);
            assert!((energy as f64 / most - 1.0).abs() < 0.02, "{energy} {most}");
        }
    }

    #[test]
    fn the_square_of_a_number_counts_what_is_seen_of_it() {
        assert_eq!(square(0b1011 << 28, 4, 4, false), 121);
        assert_eq!(square(0b0100 << 28, 4, 4, false), 121);
        assert_eq!(square(0b1011 << 28, 4, 2, false), 100, "8 to 11");
        assert_eq!(square(0, 4, 0, false), 144, "8 to 15");
        assert_eq!(square(0, 0, 5, false), 0);
        assert_eq!(square(0b1011 << 28, 4, 4, true), 132, "11 to 12");
    }
}
