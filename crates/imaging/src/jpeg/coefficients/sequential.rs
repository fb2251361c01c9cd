//! Reads a scan that holds all components, unit after unit.

use super::super::frame::{Frame, Tables};
use super::Wanted;
use super::bits::Bits;
use super::border::Border;
use super::look::{ENDED, FAILED, KeptTable, PLACES, PassedTable};
use super::row::{ComponentRow, Kept, Slots, UnitRow, WholeBlock};
use super::window::Window;

/// The largest value of a first coefficient: more than samples of 8 bits can make, and a sum
/// of many differences stays small.
const MAX_LEVEL: i32 = 0x7fff;

/// The rows of units of a baseline JPEG, one after the other.
pub(super) struct Sequential<'a> {
    window: Window<'a>,
    bits: Bits,
    readers: Vec<BlockReader>,
    row: UnitRow,
    /// Units in a row, and rows.
    units: (usize, usize),
    next: usize,
    restarts: Restarts,
}

/// How far it is to the next restart marker.
struct Restarts {
    /// Units between two of them; 0 for none.
    interval: usize,
    left: usize,
    /// The last three bits of the next marker.
    number: u8,
}

/// What the blocks of a component are read with.
struct BlockReader {
    dc: KeptTable,
    ac: KeptTable,
    passed: PassedTable,
    slots: Slots,
    border: Border,
    /// The first coefficient of the block before.
    level: i32,
}

impl<'a> Sequential<'a> {
    /// None if the first scan is not all there is to read.
    pub(super) fn new(frame: &Frame<'a>, wanted: &Wanted<'_>) -> Option<Self> {
        let scan = frame.scan(frame.scans)?;
        if scan.components.len() != frame.components.len()
            || (scan.band, scan.told, scan.bit) != ((0, 63), 0, 0)
        {
            return None;
        }
        let Tables { dc, ac, restart_interval, .. } = &frame.tables;
        let row = UnitRow::new(frame, wanted);
        let of_component = |((index, dc_table, ac_table), kept): (&(usize, usize, usize), &Kept)| {
            let codes = ac.get(*ac_table)?.as_ref()?;
            let component = frame.components.get(*index)?;
            Some(BlockReader {
                dc: KeptTable::dc(dc.get(*dc_table)?.as_ref()?),
                ac: KeptTable::ac(codes),
                passed: PassedTable::new(codes, Slots::squares(*kept, &component.quantisation), false),
                slots: Slots::new(*kept, row.components.get(*index)?.stride),
                border: Border::new(frame, *index)?,
                level: 0,
            })
        };
        let readers = scan.components.iter().zip(wanted.kept).map(of_component).collect::<Option<_>>()?;
        Some(Self {
            window: Window::new(scan.data),
            bits: Bits::start(),
            readers,
            row,
            units: frame.units(),
            next: 0,
            restarts: Restarts { interval: *restart_interval, left: *restart_interval, number: 0 },
        })
    }

    /// The next row of units. None if the data are damaged, or end before it does.
    ///
    /// The bits are a value of their own here: what a function that is not inlined is given
    /// to change would be in memory, and every look would wait for that.
    pub(super) fn next_row(&mut self) -> Option<&UnitRow> {
        self.row.clear();
        let row = self.next;
        self.next += 1;
        let mut bits = self.bits;
        for unit in 0..self.units.0 {
            if self.restarts.interval != 0 && self.is_restart_due() {
                self.restart(bits)?;
                bits = Bits::start();
            }
            bits = self.window.with_unit(bits);
            let bytes = self.window.bytes();
            for (reader, component) in self.readers.iter_mut().zip(&mut self.row.components) {
                let (across, down) = component.blocks;
                for y in 0..down {
                    for x in 0..across {
                        if reader.border.is_within((unit * across + x, row * down + y)) {
                            self.bits = bits;
                            reader.read_whole(bytes, &mut self.bits, component, ((x, y), unit))?;
                            bits = self.bits;
                        } else {
                            bits = reader.read(bytes, bits, component, (y * across + x, unit))?;
                        }
                    }
                }
            }
        }
        self.bits = bits;
        (!self.window.is_overrun(bits)).then_some(&self.row)
    }

    fn restart(&mut self, bits: Bits) -> Option<()> {
        self.window.restart(self.restarts.number, self.window.left(bits))?;
        self.restarts.number = (self.restarts.number + 1) % 8;
        self.readers.iter_mut().for_each(|reader| reader.level = 0);
        Some(())
    }

    /// Counts a unit; whether a restart marker stands before it.
    fn is_restart_due(&mut self) -> bool {
        let is_due = self.restarts.left == 0;
        let left = if is_due { self.restarts.interval } else { self.restarts.left };
        self.restarts.left = left - 1;
        is_due
    }
}

impl BlockReader {
    /// Reads the first coefficient of a block.
    #[inline(always)]
    fn read_level(&mut self, bits: Bits) -> Option<Bits> {
        let look = self.dc.look(bits)?;
        self.level += look.number(bits);
        (self.level.abs() <= MAX_LEVEL).then_some(bits.behind(look.bits()))
    }

    /// Reads a block of a unit; none if no encoder wrote this.
    #[inline(always)]
    fn read(
        &mut self,
        bytes: &[u8],
        bits: Bits,
        component: &mut ComponentRow,
        (block, unit): (usize, usize),
    ) -> Option<Bits> {
        let mut bits = self.read_level(bits.refilled(bytes))?;
        let values = component.block_mut(block);
        store(values, unit, self.level);
        let (mut place, mut energy) = (1, 0);
        // A refill is enough for two looks.
        while place <= self.slots.last {
            (bits, place, energy) = self.keep(bits, place, energy, values, unit)?;
            bits = bits.refilled(bytes);
            if place > self.slots.last {
                break;
            }
            (bits, place, energy) = self.keep(bits, place, energy, values, unit)?;
        }
        while place < PLACES {
            (bits, place, energy) = self.passed.pass(bits, place, energy, PLACES);
            bits = bits.refilled(bytes);
            if place >= PLACES {
                break;
            }
            (bits, place, energy) = self.passed.pass(bits, place, energy, PLACES);
        }
        component.set_energy(block, unit, energy);
        is_end(place).then_some(bits)
    }

    /// Reads one coefficient, which may be kept.
    #[inline(always)]
    fn keep(
        &self,
        bits: Bits,
        place: u32,
        energy: u64,
        values: &mut [i16],
        unit: usize,
    ) -> Option<(Bits, u32, u64)> {
        let look = self.ac.look(bits)?;
        let next = place + look.places();
        let value = look.number(bits);
        store(values, self.slots.of(next - 1) + unit, value);
        let energy = energy + self.passed.energy_of(next - 1, value);
        Some((bits.behind(look.bits()), next, energy))
    }

    /// Reads a block whole.
    #[cold]
    #[inline(never)]
    fn read_whole(
        &mut self,
        bytes: &[u8],
        bits: &mut Bits,
        component: &mut ComponentRow,
        (block, unit): ((usize, usize), usize),
    ) -> Option<()> {
        *bits = self.read_level(bits.refilled(bytes))?;
        let mut coefficients = [0; 64];
        store(&mut coefficients, 0, self.level);
        let mut place = 1;
        while place < PLACES {
            *bits = bits.refilled(bytes);
            let look = self.ac.look(*bits)?;
            let next = place + look.places();
            if next <= PLACES {
                store(&mut coefficients, next as usize - 1, look.number(*bits));
            }
            *bits = bits.behind(look.bits());
            place = next;
        }
        component.at_edge.push(WholeBlock { block, unit, coefficients });
        is_end(place).then_some(())
    }
}

/// Whether a block may end with this as the next place.
#[inline(always)]
fn is_end(place: u32) -> bool {
    place == PLACES || (ENDED..FAILED).contains(&place)
}

/// Puts a coefficient in its place. All have 16 bits.
#[inline(always)]
pub(super) fn store(values: &mut [i16], at: usize, value: i32) {
    if let Some(place) = values.get_mut(at) {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "sizes of numbers are bounded when they are read"
        )]
        let value = value as i16;
        *place = value;
    }
}
