//! What must be known to decode: the frame, its components and tables.
//!
//! Only what is read fast is taken: one baseline scan of 8-bit samples that holds all
//! components, as cameras write it. Everything else, and all that is odd, is left to the
//! general decoder, which also says what is wrong.

use domain::Size;

use super::huffman::HuffmanTable;
use crate::decode::Segments;

/// A baseline JPEG, taken apart.
pub(super) struct Frame<'a> {
    /// The size as stored.
    pub(super) size: Size,
    /// One component, which is gray, or three, which are Y, Cb, Cr.
    pub(super) components: Vec<Component>,
    /// The tables for the first coefficient, by number.
    pub(super) dc_tables: [Option<HuffmanTable>; 4],
    /// The tables for all others.
    pub(super) ac_tables: [Option<HuffmanTable>; 4],
    /// Units between two restart markers; 0 for none.
    pub(super) restart_interval: usize,
    /// The bits of the scan, and what follows them.
    pub(super) data: &'a [u8],
}

/// One component of an image.
pub(super) struct Component {
    /// Blocks in a unit, across and down: 1 or 2.
    pub(super) blocks: (usize, usize),
    /// The quantisation table, in the order of the zigzag.
    pub(super) quantisation: [u16; 64],
    pub(super) dc_table: usize,
    pub(super) ac_table: usize,
}

/// The samples that a component is the finest of has this many, at most, of another's.
const MAX_SAMPLING: usize = 2;

impl<'a> Frame<'a> {
    /// Takes a JPEG apart; none if it is not of the plain kind.
    pub(super) fn of(segments: &Segments<'a>) -> Option<Self> {
        let mut tables = Tables::default();
        let mut found = None;
        for segment in &segments.segments {
            match segment.marker {
                0xc0 | 0xc1 if found.is_none() => found = Some(segment.payload),
                0xc4 => tables.read_huffman(segment.payload)?,
                0xdb => tables.read_quantisation(segment.payload)?,
                0xdd => {
                    let [high, low] = segment.payload else { return None };
                    tables.restart_interval = u16::from_be_bytes([*high, *low]);
                }
                // A second frame, another kind of frame, arithmetic coding, a number of
                // lines that is said later.
                0xc0..=0xcf | 0xdc => return None,
                _ => {}
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
        let (scan, data) = scan_header(segments.scans)?;
        if !is_plain || scan.len() != named.len() {
            return None;
        }
        let components = named
            .iter()
            .zip(scan)
            .map(|(named, scan)| tables.component(named, scan))
            .collect::<Option<_>>()?;
        let mut frame = Self {
            size,
            components,
            dc_tables: tables.dc,
            ac_tables: tables.ac,
            restart_interval: tables.restart_interval.into(),
            data,
        };
        // Alone in its scan, a component is stored by blocks whatever its sampling.
        if let [only] = frame.components.as_mut_slice() {
            only.blocks = (1, 1);
        }
        // The first component is the finest, as it is in every photo.
        let finest = frame.blocks_of_unit();
        let divides = |a: usize, b: usize| a.is_multiple_of(b);
        let is_usual = frame.components.first()?.blocks == finest
            && finest.0 <= MAX_SAMPLING
            && finest.1 <= MAX_SAMPLING
            && frame
                .components
                .iter()
                .all(|c| divides(finest.0, c.blocks.0) && divides(finest.1, c.blocks.1));
        is_usual.then_some(frame)
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

/// The components of a scan, each with its name and its tables, and the data behind them.
fn scan_header(scan: &[u8]) -> Option<(&[[u8; 2]], &[u8])> {
    let [0xff, 0xda, high, low, rest @ ..] = scan else {
        return None;
    };
    let length = usize::from(u16::from_be_bytes([*high, *low])).checked_sub(2)?;
    let (header, data) = rest.split_at_checked(length)?;
    // All coefficients, in full, as it must be in a baseline scan.
    let [count, named @ .., 0, 63, 0] = header else {
        return None;
    };
    let (named, []) = named.as_chunks::<2>() else {
        return None;
    };
    (named.len() == usize::from(*count)).then_some((named, data))
}

/// The tables as they stand before the scan. A later one takes the place of an earlier.
#[derive(Default)]
struct Tables {
    quantisation: [Option<[u16; 64]>; 4],
    dc: [Option<HuffmanTable>; 4],
    ac: [Option<HuffmanTable>; 4],
    restart_interval: u16,
}

impl Tables {
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

    fn component(
        &self,
        [name, sampling, quantisation]: &[u8; 3],
        [scanned, tables]: &[u8; 2],
    ) -> Option<Component> {
        let blocks = (usize::from(sampling >> 4), usize::from(sampling & 15));
        if name != scanned || blocks.0 == 0 || blocks.1 == 0 {
            return None;
        }
        let quantisation = (*self.quantisation.get(usize::from(*quantisation))?)?;
        let (dc_table, ac_table) = (usize::from(tables >> 4), usize::from(tables & 15));
        Some(Component { blocks, quantisation, dc_table, ac_table })
    }
}
