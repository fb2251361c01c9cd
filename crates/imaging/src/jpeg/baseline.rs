//! Reads a baseline scan that holds all components, unit after unit.

use super::bits::BitReader;
use super::block::Block;
use super::channel::Channel;
use super::frame::{Frame, Tables};
use super::huffman::{HuffmanTable, SkipTable, ZEROS_16, read_magnitude};
use super::restarts::Restarts;

/// What reading the blocks of a component needs.
struct Reader<'a> {
    dc: &'a HuffmanTable,
    ac: &'a HuffmanTable,
    skip: SkipTable,
    /// The first coefficient of the block before.
    level: i32,
}

/// Reads the only scan into the channels. None if the data are anything but whole.
pub(super) fn read(frame: &Frame<'_>, channels: &mut [Channel], proceed: &dyn Fn() -> bool) -> Option<()> {
    let scan = frame.scan(frame.scans)?;
    if scan.components.len() != channels.len() || (scan.band, scan.told, scan.bit) != ((0, 63), 0, 0) {
        return None;
    }
    let Tables { dc, ac, restart_interval, .. } = &frame.tables;
    let reader = |(_, dc_table, ac_table): &(usize, usize, usize)| {
        let ac = ac.get(*ac_table)?.as_ref()?;
        Some(Reader { dc: dc.get(*dc_table)?.as_ref()?, ac, skip: SkipTable::new(ac), level: 0 })
    };
    let mut readers: Vec<Reader<'_>> = scan.components.iter().map(reader).collect::<Option<_>>()?;

    let (across, down) = frame.units();
    let mut bits = BitReader::new(scan.data);
    let mut restarts = Restarts::new(*restart_interval);
    for row in 0..down {
        if !proceed() {
            return None;
        }
        for column in 0..across {
            if restarts.pass(&mut bits)? {
                readers.iter_mut().for_each(|reader| reader.level = 0);
            }
            for (channel, reader) in channels.iter_mut().zip(&mut readers) {
                for at in channel.blocks_of_unit(column, row) {
                    let all = channel.needs_all(at);
                    reader.read(&mut channel.block, &mut bits, all)?;
                    channel.put(at);
                }
            }
        }
        if bits.passed_end() {
            return None;
        }
    }
    (bits.marker()? == 0xd9).then_some(())
}

impl Reader<'_> {
    /// Reads a block, `all` of its coefficients if more is to be made of it than its cells.
    /// None if no encoder wrote this.
    #[inline(always)]
    fn read(&mut self, block: &mut Block, bits: &mut BitReader<'_>, all: bool) -> Option<()> {
        block.clear();
        bits.refill();
        let size = u32::from(self.dc.read(bits)?);
        match size {
            0 => {}
            1..=11 => self.level += read_magnitude(bits, size),
            _ => return None,
        }
        // More than samples of 8 bits can make; also, a sum of many differences stays small.
        if self.level.abs() > 0x7fff {
            return None;
        }
        block.set(0, self.level)?;

        let last = if all { 63 } else { block.last() };
        let mut place = 1;
        while place <= last {
            if !bits.has(32) {
                bits.refill();
            }
            let symbol = self.ac.read(bits)?;
            let (zeros, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 {
                if symbol != ZEROS_16 {
                    return Some(());
                }
                place += 16;
                continue;
            }
            place += zeros;
            block.set(place, read_magnitude(bits, size))?;
            place += 1;
        }
        self.pass_over(bits, place)
    }

    /// Passes over the coefficients of a block from `place` on.
    #[inline(always)]
    fn pass_over(&self, bits: &mut BitReader<'_>, mut place: usize) -> Option<()> {
        while place < 64 {
            if !bits.has(32) {
                bits.refill();
            }
            let next = self.skip.next(bits);
            let behind = place + next.places as usize;
            // The last coefficient needs no end; what looks like one is of the next block.
            if next.bits != 0 && behind + usize::from(next.ends) <= 64 {
                bits.consume(next.bits);
                place = behind;
                if next.ends {
                    return Some(());
                }
                continue;
            }
            let symbol = self.ac.read(bits)?;
            let (zeros, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 && symbol != ZEROS_16 {
                return Some(());
            }
            bits.consume(size);
            place += zeros + 1;
        }
        (place == 64).then_some(())
    }
}
