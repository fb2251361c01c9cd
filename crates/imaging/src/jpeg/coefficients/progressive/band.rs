//! The coefficients of a band, for the first time and one bit more.

use super::super::bits::Bits;
use super::super::look::{END, FAILED, KeptTable, PassedTable};
use super::super::row::{ComponentRow, Slots};
use super::super::sequential::store;
use super::blocks::Blocks;
use super::walk::Reading;

/// The largest value of a coefficient that a scan gives.
const MAX_VALUE: i32 = 0x7fff;

/// How the coefficients of a band are read.
pub(super) struct Band {
    pub(super) table: KeptTable,
    pub(super) passed: PassedTable,
    pub(super) first: u32,
    pub(super) end: u32,
    /// The bit down to which they are told.
    pub(super) bit: u32,
    /// Whether the bits below are never read.
    pub(super) is_last: bool,
}

impl Band {
    /// Reads the band of a block. Gives how many blocks after it are ended as well.
    #[inline(always)]
    pub(super) fn read(
        &self,
        reading: &mut Reading<'_>,
        slots: &Slots,
        to: &mut ComponentRow,
        (block, unit): (usize, usize),
    ) -> Option<usize> {
        let mut bits = reading.bits;
        let bytes = reading.window.bytes();
        let values = to.block_mut(block);
        let (mut place, mut energy, mut ended) = (self.first, 0, 0);
        while place < self.end {
            bits = bits.refilled(bytes);
            if place > slots.last {
                let (behind, next, sum) = self.passed.pass(bits, place, energy, self.end);
                if next != FAILED {
                    (bits, place, energy) = (behind, next, sum);
                    continue;
                }
            }
            let look = self.table.look(bits)?;
            if look.places() == END {
                ended = look.blocks(bits) as usize - 1;
                bits = bits.behind(look.bits());
                break;
            }
            place += look.places();
            if place > self.end {
                return None;
            }
            let value = look.number(bits);
            bits = bits.behind(look.bits());
            energy += self.passed.energy_of(place - 1, value);
            store(values, slots.of(place - 1) + unit, self.value(value)?);
        }
        reading.bits = bits;
        if energy > 0 {
            to.add_energy(block, unit, energy << (2 * self.bit));
        }
        Some(ended)
    }

    /// The same for a block of which all coefficients are kept, or of which it must be known
    /// which are zero.
    #[inline(never)]
    pub(super) fn read_whole(
        &self,
        reading: &mut Reading<'_>,
        blocks: &mut Blocks,
        to: &mut ComponentRow,
        at: (usize, usize),
    ) -> Option<usize> {
        let (_, block, unit) = blocks.place(at);
        let mut bits = reading.bits;
        let mut place = self.first;
        let mut ended = 0;
        let (mut mask, mut energy) = (0u64, 0);
        while place < self.end {
            bits = bits.refilled(reading.window.bytes());
            let look = self.table.look(bits)?;
            if look.places() == END {
                ended = look.blocks(bits) as usize - 1;
                bits = bits.behind(look.bits());
                break;
            }
            place += look.places();
            if place > self.end {
                return None;
            }
            let number = look.number(bits);
            bits = bits.behind(look.bits());
            if number != 0 {
                mask |= 1 << (place - 1);
                energy += self.passed.energy_of(place - 1, number);
                let value = self.value(number)?;
                if let Some(whole) = blocks.whole(at) {
                    store(whole, place as usize - 1, value);
                }
                store(to.block_mut(block), blocks.slots.of(place - 1) + unit, value);
            }
        }
        reading.bits = bits;
        to.add_energy(block, unit, energy << (2 * self.bit));
        if let Some(place) = blocks.masks.get_mut(at.1 * blocks.seen.0 + at.0) {
            *place |= mask;
        }
        Some(ended)
    }

    /// A coefficient as it is kept.
    #[inline(always)]
    fn value(&self, number: i32) -> Option<i32> {
        if self.is_last { middle(number, self.bit) } else { shifted(number, self.bit) }
    }
}

/// A block while its band is refined.
pub(super) struct Refined {
    /// What is added to coefficients, and which.
    pub(super) values: [i16; 64],
    pub(super) changed: u64,
    /// Which coefficients are not zero.
    pub(super) mask: u64,
    /// The value of the bit that is read.
    pub(super) bit: i16,
}

impl Refined {
    /// Reads what a scan says of a block. `ended` counts the blocks, this one included, that
    /// it adds no coefficient to.
    pub(super) fn read(
        &mut self,
        reading: &mut Reading<'_>,
        table: &KeptTable,
        band: (usize, usize),
        ended: &mut usize,
    ) -> Option<Bits> {
        let bytes = reading.window.bytes();
        let mut bits = reading.bits.refilled(bytes);
        let before = self.mask;
        let (mut place, last) = band;
        if *ended == 0 {
            while place <= last {
                bits = bits.refilled(bytes);
                let look = table.look(bits)?;
                if look.places() == END {
                    *ended = look.blocks(bits) as usize;
                    bits = bits.behind(look.bits());
                    break;
                }
                let value = look.number(bits);
                if value.abs() > 1 {
                    return None;
                }
                bits = bits.behind(look.bits());
                // Behind so many that stay zero comes the new one; those between that are not
                // zero have a bit each.
                let mut zeros = look.places() - 1;
                loop {
                    if place > last {
                        return None;
                    }
                    if before >> place & 1 == 1 {
                        bits = self.add_bit(place, bits.refilled(bytes));
                    } else if zeros == 0 {
                        break;
                    } else {
                        zeros -= 1;
                    }
                    place += 1;
                }
                if value != 0 {
                    self.set(place, if value < 0 { -self.bit } else { self.bit });
                    self.mask |= 1 << place;
                }
                place += 1;
            }
        }
        if *ended > 0 {
            *ended -= 1;
            for place in place..=last {
                if before >> place & 1 == 1 {
                    bits = self.add_bit(place, bits.refilled(bytes));
                }
            }
        }
        Some(bits)
    }

    fn set(&mut self, place: usize, value: i16) {
        if let Some(to) = self.values.get_mut(place) {
            *to = value;
            self.changed |= 1 << place;
        }
    }

    /// Reads one more bit of a coefficient that is not zero.
    #[inline]
    fn add_bit(&mut self, place: usize, bits: Bits) -> Bits {
        if bits.peek(1) == 1 {
            self.set(place, self.bit);
        }
        bits.behind(1)
    }
}

/// Adds a bit to a coefficient, away from zero; or makes it what it is if it was zero.
pub(super) fn grow(values: &mut [i16], at: usize, value: i16) {
    if let Some(place) = values.get_mut(at) {
        *place = if *place < 0 { place.saturating_sub(value) } else { place.saturating_add(value) };
    }
}

/// A value of which the lowest bits are told later.
pub(super) fn shifted(value: i32, bits: u32) -> Option<i32> {
    let shifted = i64::from(value) << bits;
    i32::try_from(shifted).ok().filter(|shifted| shifted.abs() <= MAX_VALUE)
}

/// A coefficient of which the lowest bits are not read: a little above the least that it can
/// be, since small ones are more frequent.
fn middle(value: i32, bits: u32) -> Option<i32> {
    let rest = (1 << bits) / 4;
    shifted(value, bits).map(|least| if least < 0 { least - rest } else { least + rest })
}
