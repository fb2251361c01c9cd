//! What must be known to decode: the frame, its components, tables and scans.
//!
//! Taken is what cameras and encoders for the web write: baseline with all components in
//! one scan, or progressive, of 8-bit samples. Everything else, and all that is odd, is left
//! to the general decoder, which also says what is wrong.

use domain::Size;

use super::huffman::HuffmanTable;
use crate::decode::Segments;

/// A JPEG, taken apart.
pub(super) struct Frame<'a> {
    /// The size as stored.
    pub(super) size: Size,
    /// One component, which is gray, or three, which are Y, Cb, Cr.
    pub(super) components: Vec<Component>,
    /// Whether the coefficients come in several scans.
    pub(super) is_progressive: bool,
    /// The tables as they stand before the first scan.
    pub(super) tables: Tables,
    /// From the header of the first scan on.
    pub(super) scans: &'a [u8],
}

/// One component of an image.
pub(super) struct Component {
    name: u8,
    /// Blocks in a unit, across and down: 1, 2 or 4.
    pub(super) blocks: (usize, usize),
    /// The quantisation table, in the order of the zigzag.
    pub(super) quantisation: [u16; 64],
}

/// The header of a scan.
pub(super) struct Scan<'a> {
    /// The components, each with its place in the frame, and the numbers of its tables for
    /// the first coefficient and for the others.
    pub(super) components: Vec<(usize, usize, usize)>,
    /// The first and the last coefficient, in the order of the zigzag.
    pub(super) band: (usize, usize),
    /// The bit down to which the coefficients were told before; 0 if not at all.
    pub(super) told: u32,
    /// The bit down to which they are told now.
    pub(super) bit: u32,
    /// The bits, and what follows them.
    pub(super) data: &'a [u8],
}

/// Blocks of a component in a unit, each way, at most; and of all together, as T.81, B.2.3
/// has it.
const MAX_SAMPLING: usize = 4;
const MAX_UNIT: usize = 10;

impl<'a> Frame<'a> {
    /// Takes a JPEG apart; none if it is not of the plain kind.
    pub(super) fn of(segments: &Segments<'a>) -> Option<Self> {
        let mut tables = Tables::default();
        let mut found = None;
        let mut is_progressive = false;
        for segment in &segments.segments {
            match segment.marker {
                0xc0..=0xc2 if found.is_none() => {
                    found = Some(segment.payload);
                    is_progressive = segment.marker == 0xc2;
                }
                marker => tables.read(marker, segment.payload)?,
            }
        }
        let [8, h0, h1, w0, w1, count, named @ ..] = found? else {
            return None;
        };
        let size = Size::new(u16::from_be_bytes([*w0, *w1]).into(), u16::from_be_bytes([*h0, *h1]).into())?;
        let (named, []) = named.as_chunks::<3>() else {
            return None;
        };
        let is_plain = named.len() == usize::from(*count)
            && match named {
                [_] => true,
                [[a, ..], [b, ..], [c, ..]] => is_ycc(segments, [*a, *b, *c]),
                _ => false,
            };
        if !is_plain {
            return None;
        }
        let components = named.iter().map(|named| tables.component(named)).collect::<Option<_>>()?;
        let mut frame = Self { size, components, is_progressive, tables, scans: segments.scans };
        // Alone in its scan, a component is stored by blocks whatever its sampling.
        if let [only] = frame.components.as_mut_slice() {
            only.blocks = (1, 1);
        }
        let is_power = |blocks: usize| blocks.is_power_of_two() && blocks <= MAX_SAMPLING;
        let blocks: usize = frame.components.iter().map(|c| c.blocks.0 * c.blocks.1).sum();
        let is_usual = frame.components.iter().all(|c| is_power(c.blocks.0) && is_power(c.blocks.1));
        (is_usual && blocks <= MAX_UNIT).then_some(frame)
    }

    /// Whether the first component is the finest, and no other has less than half its
    /// samples in a direction, as in every photo.
    pub(super) fn is_common(&self) -> bool {
        let finest = self.blocks_of_unit();
        let is_near = |c: &Component| finest.0 <= 2 * c.blocks.0 && finest.1 <= 2 * c.blocks.1;
        self.components.first().is_some_and(|first| first.blocks == finest)
            && self.components.iter().all(is_near)
    }

    /// Reads the header of a scan, from its marker on. None if it makes no sense.
    pub(super) fn scan(&self, scan: &'a [u8]) -> Option<Scan<'a>> {
        let [0xff, 0xda, high, low, rest @ ..] = scan else {
            return None;
        };
        let length = usize::from(u16::from_be_bytes([*high, *low])).checked_sub(2)?;
        let (header, data) = rest.split_at_checked(length)?;
        let [count, named @ .., first, last, approximation] = header else {
            return None;
        };
        let (named, []) = named.as_chunks::<2>() else {
            return None;
        };
        let component = |[name, tables]: &[u8; 2]| {
            let place = self.components.iter().position(|component| component.name == *name)?;
            Some((place, usize::from(tables >> 4), usize::from(tables & 15)))
        };
        let components: Vec<_> = named.iter().map(component).collect::<Option<_>>()?;
        // Each once, in the order of the frame.
        let is_ordered = components.windows(2).all(|pair| matches!(pair, [(a, ..), (b, ..)] if a < b));
        let band = (usize::from(*first), usize::from(*last));
        let is_one = components.len() == usize::from(*count) && !components.is_empty();
        (is_one && is_ordered && band.0 <= band.1 && band.1 < 64).then_some(Scan {
            components,
            band,
            told: u32::from(approximation >> 4),
            bit: u32::from(approximation & 15),
            data,
        })
    }

    /// Units in a row of the image, and rows.
    pub(super) fn units(&self) -> (usize, usize) {
        let (across, down) = self.blocks_of_unit();
        let units = |side: u32, blocks: usize| (side as usize).div_ceil(8 * blocks);
        (units(self.size.width(), across), units(self.size.height(), down))
    }

    /// Blocks of the finest component in a unit, across and down.
    pub(super) fn blocks_of_unit(&self) -> (usize, usize) {
        let most = |pick: fn(&Component) -> usize| self.components.iter().map(pick).max().unwrap_or(1);
        (most(|component| component.blocks.0), most(|component| component.blocks.1))
    }
}

/// Whether three components are Y, Cb and Cr, by the rules that libjpeg made common: JFIF
/// says so, Adobe says what it is, and else the components' names do.
fn is_ycc(segments: &Segments<'_>, names: [u8; 3]) -> bool {
    let starts = |marker: u8, with: &[u8]| {
        segments.segments.iter().find(|segment| segment.marker == marker && segment.payload.starts_with(with))
    };
    if starts(0xe0, b"JFIF\0").is_some() {
        return true;
    }
    match starts(0xee, b"Adobe") {
        Some(adobe) => adobe.payload.get(11) == Some(&1),
        None => names != *b"RGB",
    }
}

/// The tables as they stand before a scan. A later one takes the place of an earlier.
#[derive(Clone, Default)]
pub(super) struct Tables {
    quantisation: [Option<[u16; 64]>; 4],
    /// For the first coefficient, by number.
    pub(super) dc: [Option<HuffmanTable>; 4],
    /// For all others.
    pub(super) ac: [Option<HuffmanTable>; 4],
    /// Units, or blocks where a component is alone, between two restart markers; 0 for none.
    pub(super) restart_interval: usize,
}

impl Tables {
    /// Takes in a segment. None for what changes more than tables.
    pub(super) fn read(&mut self, marker: u8, payload: &[u8]) -> Option<()> {
        match marker {
            0xc4 => self.read_huffman(payload),
            0xdb => self.read_quantisation(payload),
            0xdd => {
                let [high, low] = payload else { return None };
                self.restart_interval = u16::from_be_bytes([*high, *low]).into();
                Some(())
            }
            // A second frame, another kind of frame, arithmetic coding, a number of lines
            // that is said later.
            0xc0..=0xcf | 0xdc => None,
            _ => Some(()),
        }
    }

    fn read_huffman(&mut self, mut payload: &[u8]) -> Option<()> {
        while let [class_and_number, rest @ ..] = payload {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let (symbols, rest) =
                rest.split_at_checked(counts.iter().map(|count| usize::from(*count)).sum())?;
            let tables = match class_and_number >> 4 {
                0 => &mut self.dc,
                1 => &mut self.ac,
                _ => return None,
            };
            *tables.get_mut(usize::from(class_and_number & 15))? = Some(HuffmanTable::new(counts, symbols)?);
            payload = rest;
        }
        Some(())
    }

    fn read_quantisation(&mut self, mut payload: &[u8]) -> Option<()> {
        while let [precision_and_number, rest @ ..] = payload {
            let mut table = [0; 64];
            let bytes = if precision_and_number >> 4 == 0 { 64 } else { 128 };
            let (steps, rest) = rest.split_at_checked(bytes)?;
            let width = bytes / 64;
            for (to, step) in table.iter_mut().zip(steps.chunks_exact(width)) {
                *to = step.iter().fold(0, |number, byte| number << 8 | u16::from(*byte));
            }
            *self.quantisation.get_mut(usize::from(precision_and_number & 15))? = Some(table);
            payload = rest;
        }
        Some(())
    }

    fn component(&self, [name, sampling, quantisation]: &[u8; 3]) -> Option<Component> {
        let blocks = (usize::from(sampling >> 4), usize::from(sampling & 15));
        let quantisation = (*self.quantisation.get(usize::from(*quantisation))?)?;
        (blocks.0 > 0 && blocks.1 > 0).then_some(Component { name: *name, blocks, quantisation })
    }
}
