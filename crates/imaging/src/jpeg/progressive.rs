//! Reads the scans of a progressive JPEG, of which each tells some coefficients of all
//! blocks, or one more bit of them (ITU-T T.81, annex G).
//!
//! Only the coefficients that are needed are kept. Of the others it must be known whether
//! they are zero, because a later scan has bits for those that are not: one bit each.

use super::bits::BitReader;
use super::channel::Channel;
use super::frame::{Frame, Scan, Tables};
use super::huffman::{HuffmanTable, ZEROS_16, read_magnitude};
use super::restarts::Restarts;

/// Scans that are read; encoders write about ten. Each is a pass over all blocks.
const MAX_SCANS: usize = 64;

/// The coefficients of one component.
struct Coefficients {
    /// Blocks in a row as they are stored, and rows.
    stored: (usize, usize),
    /// Blocks in a row that have something of the image, and rows: a scan of one component
    /// has only these.
    seen: (usize, usize),
    /// Coefficients that are kept of each block, the lowest in the order of the zigzag.
    kept: usize,
    values: Vec<i16>,
    /// For each block, which coefficients are not zero.
    masks: Vec<u64>,
}

impl Coefficients {
    fn new(channel: &Channel, units: (usize, usize)) -> Self {
        let stored = (units.0 * channel.blocks.0, units.1 * channel.blocks.1);
        // If one block needs all, all are kept of all: rare, and small next to the pixels.
        let kept = if channel.needs_samples() { 64 } else { channel.block.last() + 1 };
        let blocks = stored.0 * stored.1;
        let seen = (channel.last_block.0 + 1, channel.last_block.1 + 1);
        Self { stored, seen, kept, values: vec![0; blocks * kept], masks: vec![0; blocks] }
    }

    /// A block's kept coefficients, and which of all are not zero.
    #[inline(always)]
    fn block(&mut self, index: usize) -> Option<(&mut [i16], &mut u64)> {
        let values = self.values.get_mut(index * self.kept..(index + 1) * self.kept)?;
        Some((values, self.masks.get_mut(index)?))
    }
}

/// Reads all scans into the channels. None if the data are anything but whole.
pub(super) fn read(frame: &Frame<'_>, channels: &mut [Channel], proceed: &dyn Fn() -> bool) -> Option<()> {
    let mut tables = frame.tables.clone();
    let mut components: Vec<Coefficients> =
        channels.iter().map(|channel| Coefficients::new(channel, frame.units())).collect();
    let mut rest = frame.scans;
    for _ in 0..MAX_SCANS {
        let scan = frame.scan(rest)?;
        let mut bits = BitReader::new(scan.data);
        read_scan(frame, &scan, &tables, channels, &mut components, &mut bits, proceed)?;
        let mut marker = bits.marker()?;
        rest = bits.behind_marker();
        while marker != 0xda {
            if marker == 0xd9 {
                return finish(channels, &mut components);
            }
            // Tables of the frame's components are those before the first scan.
            if marker == 0xdb {
                return None;
            }
            let (length, _) = rest.split_first_chunk::<2>()?;
            let (segment, behind) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
            tables.read(marker, segment.get(2..)?)?;
            let [0xff, next, after @ ..] = behind else { return None };
            marker = *next;
            rest = after;
        }
        // The header of a scan is read from its marker on.
        let header = frame.scans.len().checked_sub(rest.len() + 2)?;
        rest = frame.scans.get(header..)?;
    }
    None
}

/// Makes the cells of all blocks.
fn finish(channels: &mut [Channel], components: &mut [Coefficients]) -> Option<()> {
    for (channel, component) in channels.iter_mut().zip(components) {
        for row in 0..component.seen.1 {
            for column in 0..component.seen.0 {
                let (values, _) = component.block(row * component.stored.0 + column)?;
                channel.block.clear();
                for (place, value) in values.iter().enumerate().filter(|(_, value)| **value != 0) {
                    channel.block.set(place, i32::from(*value))?;
                }
                channel.put((column, row));
            }
        }
    }
    Some(())
}

/// Where reading stands within a scan.
struct Progress<'a> {
    scan: &'a Scan<'a>,
    /// The first coefficient of each component's block before.
    levels: Vec<i32>,
    /// Blocks yet to come that the scan says nothing more of.
    ended: u32,
}

fn read_scan(
    frame: &Frame<'_>,
    scan: &Scan<'_>,
    tables: &Tables,
    channels: &[Channel],
    components: &mut [Coefficients],
    bits: &mut BitReader<'_>,
    proceed: &dyn Fn() -> bool,
) -> Option<()> {
    // The first coefficient has scans of its own, and only those may have several components.
    let is_first = scan.band == (0, 0);
    let is_consistent = scan.bit <= 13 && (scan.told == 0 || scan.told == scan.bit + 1);
    if !is_consistent || (!is_first && (scan.band.0 == 0 || scan.components.len() != 1)) {
        return None;
    }
    let mut progress = Progress { scan, levels: vec![0; scan.components.len()], ended: 0 };
    let alone = match scan.components.as_slice() {
        [(only, ..)] => Some(components.get(*only)?.seen),
        _ => None,
    };
    let units = alone.unwrap_or(frame.units());
    let mut restarts = Restarts::new(tables.restart_interval);
    for row in 0..units.1 {
        if !proceed() {
            return None;
        }
        for column in 0..units.0 {
            if restarts.pass(bits)? {
                // What ends blocks does not reach beyond a marker.
                if progress.ended != 0 {
                    return None;
                }
                progress.levels.fill(0);
            }
            for (index, (component, dc, ac)) in scan.components.iter().enumerate() {
                let dc = || tables.dc.get(*dc)?.as_ref();
                let ac = || tables.ac.get(*ac)?.as_ref();
                let coefficients = components.get_mut(*component)?;
                let stride = coefficients.stored.0;
                let mut read = |(column, row): (usize, usize)| {
                    let block = coefficients.block(row * stride + column)?;
                    match (is_first, scan.told) {
                        (true, 0) => progress.level(index, dc()?, block, bits),
                        (true, _) => progress.level_bit(block, bits),
                        (false, 0) => progress.others(ac()?, block, bits),
                        (false, _) => progress.other_bits(ac()?, block, bits),
                    }
                };
                if alone.is_some() {
                    read((column, row))?;
                } else {
                    for at in channels.get(*component)?.blocks_of_unit(column, row) {
                        read(at)?;
                    }
                }
            }
        }
        if bits.passed_end() {
            return None;
        }
    }
    (progress.ended == 0).then_some(())
}

impl Progress<'_> {
    /// Reads the first coefficient of a block, down to the scan's bit.
    fn level(
        &mut self,
        component: usize,
        table: &HuffmanTable,
        (values, mask): (&mut [i16], &mut u64),
        bits: &mut BitReader<'_>,
    ) -> Option<()> {
        bits.refill();
        let size = u32::from(table.read(bits)?);
        let level = self.levels.get_mut(component)?;
        match size {
            0 => {}
            1..=11 => *level += read_magnitude(bits, size),
            _ => return None,
        }
        *values.first_mut()? = i16::try_from(i64::from(*level) << self.scan.bit).ok()?;
        *mask |= 1;
        Some(())
    }

    /// Reads one more bit of the first coefficient.
    fn level_bit(&self, (values, _): (&mut [i16], &mut u64), bits: &mut BitReader<'_>) -> Option<()> {
        if !bits.has(1) {
            bits.refill();
        }
        let is_set = bits.peek(1) == 1;
        bits.consume(1);
        if is_set {
            *values.first_mut()? |= 1 << self.scan.bit;
        }
        Some(())
    }

    /// Reads the scan's coefficients of a block, down to its bit.
    fn others(
        &mut self,
        table: &HuffmanTable,
        (values, mask): (&mut [i16], &mut u64),
        bits: &mut BitReader<'_>,
    ) -> Option<()> {
        if self.ended > 0 {
            self.ended -= 1;
            return Some(());
        }
        let (mut place, last) = self.scan.band;
        while place <= last {
            if !bits.has(32) {
                bits.refill();
            }
            let symbol = table.read(bits)?;
            let (zeros, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 {
                if symbol == ZEROS_16 {
                    place += 16;
                    continue;
                }
                self.ended = read_run(bits, zeros) - 1;
                return Some(());
            }
            place += zeros as usize;
            if place > last {
                return None;
            }
            let value = i64::from(read_magnitude(bits, size)) << self.scan.bit;
            if let Some(kept) = values.get_mut(place) {
                *kept = i16::try_from(value).ok()?;
            }
            *mask |= 1 << place;
            place += 1;
        }
        Some(())
    }

    /// Reads one more bit of the scan's coefficients of a block, and which of those that
    /// were zero are not.
    fn other_bits(
        &mut self,
        table: &HuffmanTable,
        (values, mask): (&mut [i16], &mut u64),
        bits: &mut BitReader<'_>,
    ) -> Option<()> {
        let (mut place, last) = self.scan.band;
        let before = *mask;
        if self.ended == 0 {
            while place <= last {
                if !bits.has(32) {
                    bits.refill();
                }
                let symbol = table.read(bits)?;
                let (mut zeros, size) = (u32::from(symbol >> 4), symbol & 15);
                let value = match size {
                    0 if symbol != ZEROS_16 => {
                        self.ended = read_run(bits, zeros);
                        break;
                    }
                    0 => 0,
                    1 => {
                        let is_positive = bits.peek(1) == 1;
                        bits.consume(1);
                        if is_positive { 1 } else { -1 }
                    }
                    _ => return None,
                };
                // Behind so many that stay zero comes the new one; those between that are
                // not zero have a bit each.
                loop {
                    if place > last {
                        return None;
                    }
                    if before >> place & 1 == 1 {
                        self.correct(values, place, bits);
                    } else if zeros == 0 {
                        break;
                    } else {
                        zeros -= 1;
                    }
                    place += 1;
                }
                if value != 0 {
                    if let Some(kept) = values.get_mut(place) {
                        *kept = value << self.scan.bit;
                    }
                    *mask |= 1 << place;
                }
                place += 1;
            }
        }
        if self.ended > 0 {
            self.ended -= 1;
            for place in place..=last {
                if before >> place & 1 == 1 {
                    self.correct(values, place, bits);
                }
            }
        }
        Some(())
    }

    /// Reads one more bit of a coefficient that is not zero.
    #[inline]
    fn correct(&self, values: &mut [i16], place: usize, bits: &mut BitReader<'_>) {
        if !bits.has(1) {
            bits.refill();
        }
        let is_set = bits.peek(1) == 1;
        bits.consume(1);
        if let Some(value) = values.get_mut(place).filter(|_| is_set) {
            let bit = 1 << self.scan.bit;
            *value = value.saturating_add(if *value < 0 { -bit } else { bit });
        }
    }
}

/// Reads how many blocks end here, of which the number's first bit is not written.
fn read_run(bits: &mut BitReader<'_>, size: u32) -> u32 {
    if size == 0 {
        return 1;
    }
    let rest = bits.peek(size);
    bits.consume(size);
    (1 << size) + rest
}
