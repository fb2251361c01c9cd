//! AVIF: walks the boxes to the size of the primary item.

use std::io::{Read, Seek};

use super::Found;
use crate::header::{Fault, Header};

/// More boxes than a container of an image has at any level.
const MAX_BOXES: u32 = 256;

/// A box: its name, and where its payload begins and ends.
#[derive(Clone, Copy)]
struct Part {
    name: [u8; 4],
    start: u64,
    end: u64,
}

pub(super) fn walk<R: Read + Seek>(header: &mut Header<R>) -> Result<Found, Fault> {
    let file = Part { name: *b"file", start: 0, end: header.len() };
    let meta = child(header, file, *b"meta", 0)?;
    // The payload of `meta` begins with its version.
    let properties = child(header, meta, *b"iprp", 4)?;
    let container = child(header, properties, *b"ipco", 0)?;
    let primary = primary_item(header, meta)?;
    let associated = match child(header, properties, *b"ipma", 0) {
        Ok(associations) => properties_of(header, associations, primary)?,
        Err(Fault::Corrupt(_)) => Vec::new(),
        Err(Fault::Io(error)) => return Err(Fault::Io(error)),
    };
    let mut at = container.start;
    let mut largest = None;
    for number in 1..=MAX_BOXES {
        if at >= container.end {
            break;
        }
        let part = part_at(header, at, container.end)?;
        at = part.end;
        if &part.name != b"ispe" {
            continue;
        }
        let (width, height) = (header.u32_be(part.start + 4)?, header.u32_be(part.start + 8)?);
        if associated.contains(&number) {
            return Found::upright(width, height);
        }
        let pixels = u64::from(width) * u64::from(height);
        if largest.is_none_or(|(most, _, _)| pixels > most) {
            largest = Some((pixels, width, height));
        }
    }
    let (_, width, height) = largest.ok_or_else(|| Fault::corrupt("it says no size"))?;
    Found::upright(width, height)
}

/// The first child with this name, `skip` bytes into the parent's payload.
fn child<R: Read + Seek>(
    header: &mut Header<R>,
    parent: Part,
    name: [u8; 4],
    skip: u64,
) -> Result<Part, Fault> {
    let mut at = parent.start + skip;
    for _ in 0..MAX_BOXES {
        if at >= parent.end {
            break;
        }
        let part = part_at(header, at, parent.end)?;
        if part.name == name {
            return Ok(part);
        }
        at = part.end;
    }
    Err(Fault::corrupt(format!("no box {}", name.escape_ascii())))
}

/// The box that begins at `at`, which may not reach beyond `limit`.
fn part_at<R: Read + Seek>(header: &mut Header<R>, at: u64, limit: u64) -> Result<Part, Fault> {
    let short = u64::from(header.u32_be(at)?);
    let name = header.bytes(at + 4)?;
    let (start, length) = match short {
        0 => (at + 8, limit.saturating_sub(at)),
        1 => (at + 16, u64::from_be_bytes(header.bytes(at + 8)?)),
        length => (at + 8, length),
    };
    match at.checked_add(length) {
        Some(end) if start <= end && end <= limit => Ok(Part { name, start, end }),
        _ => Err(Fault::corrupt("a box that reaches out of its parent")),
    }
}

fn primary_item<R: Read + Seek>(header: &mut Header<R>, meta: Part) -> Result<u32, Fault> {
    let pitm = child(header, meta, *b"pitm", 4)?;
    match header.bytes(pitm.start)? {
        [0u8] => Ok(header.u16_be(pitm.start + 4)?.into()),
        _ => header.u32_be(pitm.start + 4),
    }
}

/// The numbers, counted from one, of the properties that belong to an item.
fn properties_of<R: Read + Seek>(
    header: &mut Header<R>,
    associations: Part,
    wanted: u32,
) -> Result<Vec<u32>, Fault> {
    let [version, _, _, flags]: [u8; 4] = header.bytes(associations.start)?;
    let items = header.u32_be(associations.start + 4)?;
    let mut at = associations.start + 8;
    for _ in 0..items.min(MAX_BOXES) {
        let item = if version == 0 {
            at += 2;
            u32::from(header.u16_be(at - 2)?)
        } else {
            at += 4;
            header.u32_be(at - 4)?
        };
        let [count]: [u8; 1] = header.bytes(at)?;
        at += 1;
        let mut numbers = Vec::with_capacity(count.into());
        for _ in 0..count {
            // The top bit says whether the property is essential.
            if flags & 1 == 1 {
                numbers.push(u32::from(header.u16_be(at)? & 0x7fff));
                at += 2;
            } else {
                let [number]: [u8; 1] = header.bytes(at)?;
                numbers.push(u32::from(number & 0x7f));
                at += 1;
            }
        }
        if item == wanted {
            return Ok(numbers);
        }
    }
    Ok(Vec::new())
}
