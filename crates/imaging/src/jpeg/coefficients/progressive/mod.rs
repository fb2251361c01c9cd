//! Reads the scans of a progressive JPEG, of which each tells some coefficients of all
//! blocks, or one more bit of them (ITU-T T.81, annex G).
//!
//! What refines coefficients but the first is passed over unless it is asked for. It is half
//! of a large file, and on photos nobody sees it once the picture is reduced; what is missing
//! stands in the middle of what it can be. The same holds for scans of which nothing is kept.
//! Passed over as well are blocks that a run ends, so that no scan takes longer than its
//! bytes justify.

mod band;
mod blocks;
mod walk;

use memchr::memchr_iter;

use super::super::frame::{Frame, Scan, Tables};
use super::super::huffman::HuffmanTable;
use super::Wanted;
use super::look::{KeptTable, PassedTable};
use super::row::{Slots, UnitRow, WholeBlock};
use super::sequential::store;
use band::{Band, Refined, grow, shifted};
use blocks::Blocks;
use walk::{Reading, Walk};

/// What is known of all blocks once all scans are read.
pub(super) struct Progressive {
    rows: Vec<UnitRow>,
    components: Vec<Blocks>,
    /// Whether all bits of what is kept are read.
    is_refined: bool,
    next: usize,
}

impl Progressive {
    /// Reads all scans that are needed. None if the data are damaged, or if `proceed` says so.
    pub(super) fn read(frame: &Frame<'_>, wanted: &Wanted<'_>, proceed: &dyn Fn() -> bool) -> Option<Self> {
        let rows: Vec<UnitRow> = (0..frame.units().1).map(|_| UnitRow::new(frame, wanted)).collect();
        let stride = rows.first()?.components.first()?.stride;
        let components = (0..frame.components.len()).map(|index| Blocks::new(frame, index, wanted, stride));
        let components = components.collect::<Option<_>>()?;
        let mut all = Self { rows, components, is_refined: wanted.refined, next: 0 };
        all.read_scans(frame, proceed)?;
        all.components.iter().all(|component| component.has_levels).then_some(all)
    }

    /// The next row of units.
    pub(super) fn next_row(&mut self) -> Option<&UnitRow> {
        let index = self.next;
        self.next += 1;
        let row = self.rows.get_mut(index)?;
        for (blocks, to) in self.components.iter_mut().zip(&mut row.components) {
            let (across, down) = blocks.of_unit;
            for y in 0..down {
                let edge = index * down + y;
                let is_last = edge == blocks.border.last.1 && !blocks.below.is_empty();
                let columns = if is_last { 0..blocks.seen.0 } else { blocks.border.last.0..blocks.seen.0 };
                for x in columns {
                    if let Some(coefficients) = blocks.whole((x, edge)) {
                        let coefficients = *coefficients;
                        to.at_edge.push(WholeBlock {
                            block: (x % across, y),
                            unit: x / across,
                            coefficients,
                        });
                    }
                }
            }
        }
        Some(row)
    }

    fn read_scans(&mut self, frame: &Frame<'_>, proceed: &dyn Fn() -> bool) -> Option<()> {
        let mut tables = frame.tables.clone();
        let mut rest = frame.scans;
        loop {
            if !proceed() {
                return None;
            }
            let scan = frame.scan(rest)?;
            self.read_scan(frame, &scan, &tables, proceed)?;
            rest = behind_data(scan.data);
            // Tables for the next scan, up to its header.
            loop {
                let marker = match rest {
                    // A file that lacks nothing but its end is whole.
                    [] | [_] | [0xff, 0xd9, ..] => return Some(()),
                    [0xff, 0xda, ..] => break,
                    [0xff, 0xff, ..] => {
                        rest = rest.get(1..)?;
                        continue;
                    }
                    [0xff, marker, ..] => *marker,
                    _ => return None,
                };
                // Tables of the frame's components are those before the first scan.
                if marker == 0xdb {
                    return None;
                }
                let (length, _) = rest.get(2..)?.split_first_chunk::<2>()?;
                let (segment, behind) =
                    rest.get(2..)?.split_at_checked(u16::from_be_bytes(*length).into())?;
                tables.read(marker, segment.get(2..)?)?;
                rest = behind;
            }
        }
    }

    /// Reads a scan if something of it is kept.
    fn read_scan(
        &mut self,
        frame: &Frame<'_>,
        scan: &Scan<'_>,
        tables: &Tables,
        proceed: &dyn Fn() -> bool,
    ) -> Option<()> {
        // The first coefficient has scans of its own, and only those may have several components.
        let is_first = scan.band == (0, 0);
        let is_consistent = scan.bit <= 13 && (scan.told == 0 || scan.told == scan.bit + 1);
        if !is_consistent || (!is_first && (scan.band.0 == 0 || scan.components.len() != 1)) {
            return None;
        }
        let reading = Reading::new(scan.data, tables.restart_interval);
        if is_first {
            return self.read_levels(frame, scan, tables, reading, proceed);
        }
        let (index, _, ac) = scan.components.first()?;
        let component = self.components.get(*index)?;
        let is_kept = component.slots.last as usize >= scan.band.0;
        let is_needed = is_kept || component.has_energy || component.needs_edge;
        let codes = || tables.ac.get(*ac)?.as_ref();
        match (scan.told, self.is_refined) {
            (0, _) if is_needed => {
                let steps = &frame.components.get(*index)?.quantisation;
                self.read_band(*index, scan, codes()?, steps, reading, proceed)
            }
            (1.., true) if is_needed => {
                let steps = &frame.components.get(*index)?.quantisation;
                self.refine_band(*index, scan, codes()?, steps, reading, proceed)
            }
            _ => Some(()),
        }
    }

    /// Reads the first coefficients, or one more bit of them.
    fn read_levels(
        &mut self,
        frame: &Frame<'_>,
        scan: &Scan<'_>,
        tables: &Tables,
        mut reading: Reading<'_>,
        proceed: &dyn Fn() -> bool,
    ) -> Option<()> {
        let mut codes = Vec::with_capacity(scan.components.len());
        for (index, dc, _) in &scan.components {
            self.components.get_mut(*index)?.has_levels = true;
            let table = || Some(KeptTable::dc(tables.dc.get(*dc)?.as_ref()?));
            codes.push(if scan.told == 0 { Some(table()?) } else { None });
        }
        let alone = match scan.components.as_slice() {
            [(only, ..)] => Some(self.components.get(*only)?.seen),
            _ => None,
        };
        let units = alone.unwrap_or(frame.units());
        let mut levels = vec![0; scan.components.len()];
        for row in 0..units.1 {
            if !proceed() {
                return None;
            }
            for unit in 0..units.0 {
                if reading.restarts()? {
                    levels.fill(0);
                }
                reading.bits = reading.window.with_unit(reading.bits);
                for (((index, ..), codes), level) in scan.components.iter().zip(&codes).zip(&mut levels) {
                    let (across, down) = match alone {
                        Some(_) => (1, 1),
                        None => self.components.get(*index)?.of_unit,
                    };
                    for y in row * down..(row + 1) * down {
                        for x in unit * across..(unit + 1) * across {
                            let bits = reading.bits.refilled(reading.window.bytes());
                            reading.bits = match codes {
                                Some(codes) => {
                                    let look = codes.look(bits)?;
                                    *level += look.number(bits);
                                    self.set_level(*index, (x, y), shifted(*level, scan.bit)?)?;
                                    bits.behind(look.bits())
                                }
                                None => {
                                    self.add_bit(*index, (x, y), bits.peek(1) << scan.bit)?;
                                    bits.behind(1)
                                }
                            };
                        }
                    }
                }
            }
            if reading.window.is_overrun(reading.bits) {
                return None;
            }
        }
        Some(())
    }

    /// Reads a band of coefficients of one component for the first time.
    fn read_band(
        &mut self,
        index: usize,
        scan: &Scan<'_>,
        codes: &HuffmanTable,
        steps: &[u16; 64],
        mut reading: Reading<'_>,
        proceed: &dyn Fn() -> bool,
    ) -> Option<()> {
        let blocks = self.components.get_mut(index)?;
        let band = Band {
            table: KeptTable::band(codes),
            passed: PassedTable::new(codes, Slots::squares(blocks.kept, steps), scan.bit > 0),
            first: u32::try_from(scan.band.0).ok()?,
            end: u32::try_from(scan.band.1).ok()? + 1,
            bit: scan.bit,
            is_last: !self.is_refined,
        };
        let mut walk = Walk::new(blocks.seen);
        while let Some(at) = walk.next(&mut reading, proceed)? {
            let (row, block, unit) = blocks.place(at);
            let to = self.rows.get_mut(row)?.components.get_mut(index)?;
            let ended = if blocks.border.is_within(at) || !blocks.masks.is_empty() {
                band.read_whole(&mut reading, blocks, to, at)?
            } else {
                band.read(&mut reading, &blocks.slots, to, (block, unit))?
            };
            walk.skip(ended);
        }
        (!reading.window.is_overrun(reading.bits)).then_some(())
    }

    /// Reads one more bit of a band, and which of its coefficients that were zero are not.
    fn refine_band(
        &mut self,
        index: usize,
        scan: &Scan<'_>,
        codes: &HuffmanTable,
        steps: &[u16; 64],
        mut reading: Reading<'_>,
        proceed: &dyn Fn() -> bool,
    ) -> Option<()> {
        let blocks = self.components.get_mut(index)?;
        let table = KeptTable::band(codes);
        let squares = Slots::squares(blocks.kept, steps);
        let mut walk = Walk::new(blocks.seen);
        // Blocks that the scan adds no new coefficient to, but bits.
        let mut ended = 0;
        while let Some(at) = walk.next(&mut reading, proceed)? {
            let (row, block, unit) = blocks.place(at);
            let to = self.rows.get_mut(row)?.components.get_mut(index)?;
            let mask = blocks.masks.get(at.1 * blocks.seen.0 + at.0).copied()?;
            let mut refined = Refined { values: [0; 64], changed: 0, mask, bit: 1 << scan.bit };
            let bits = refined.read(&mut reading, &table, scan.band, &mut ended)?;
            reading.bits = bits;
            let Refined { values, mut changed, mask, .. } = refined;
            let before = std::mem::replace(blocks.masks.get_mut(at.1 * blocks.seen.0 + at.0)?, mask);
            let mut energy = 0;
            while changed != 0 {
                let place = changed.trailing_zeros();
                changed &= changed - 1;
                let value = values.get(place as usize).copied().unwrap_or(0);
                // What bits add to others is counted already, as half of what they can add.
                if before >> place & 1 == 0 {
                    let rough = if scan.bit > 0 { 2 } else { 1 };
                    energy += squares.get(place as usize).copied().unwrap_or(0) * rough;
                }
                let slot = blocks.slots.of(place) + unit;
                if let Some(whole) = blocks.whole(at) {
                    grow(whole, place as usize, value);
                }
                grow(to.block_mut(block), slot, value);
            }
            to.add_energy(block, unit, energy << (2 * scan.bit));
        }
        (ended == 0 && !reading.window.is_overrun(reading.bits)).then_some(())
    }

    /// Sets the first coefficient of a block.
    #[inline(always)]
    fn set_level(&mut self, component: usize, at: (usize, usize), value: i32) -> Option<()> {
        let blocks = self.components.get_mut(component)?;
        if let Some(whole) = blocks.whole(at) {
            store(whole, 0, value);
        }
        let (row, block, unit) = blocks.place(at);
        store(self.rows.get_mut(row)?.components.get_mut(component)?.block_mut(block), unit, value);
        Some(())
    }

    /// Adds a bit to the first coefficient of a block.
    #[inline(always)]
    fn add_bit(&mut self, component: usize, at: (usize, usize), bit: u32) -> Option<()> {
        let bit = i16::try_from(bit).ok()?;
        let blocks = self.components.get_mut(component)?;
        if let Some([first, ..]) = blocks.whole(at) {
            *first |= bit;
        }
        let (row, block, unit) = blocks.place(at);
        let to = self.rows.get_mut(row)?.components.get_mut(component)?;
        *to.block_mut(block).get_mut(unit)? |= bit;
        Some(())
    }
}

/// From the next marker on that is none of those within a scan.
fn behind_data(data: &[u8]) -> &[u8] {
    let is_marker = |at: &usize| !matches!(data.get(at + 1), Some(0 | 0xd0..=0xd7 | 0xff) | None);
    let at = memchr_iter(0xff, data).find(is_marker);
    at.and_then(|at| data.get(at..)).unwrap_or_default()
}
