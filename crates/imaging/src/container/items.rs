//! The tables of a container: which items there are, where, and what belongs to what.

use std::collections::BTreeMap;
use std::io::{Read, Seek};
use std::ops::Range;

use super::boxes::{Fields, Part};
use super::{Item, MAX_EXTENTS, MAX_ITEMS, MAX_LINKS, Reference};
use crate::header::{Fault, Header};

/// The version and the flags that a full box begins with.
fn version<R: Read + Seek>(fields: &mut Fields<'_, R>) -> Result<(u8, u8), Fault> {
    let [version, _, _, flags] = fields.bytes()?;
    Ok((version, flags))
}

fn limited(count: u32) -> Result<u32, Fault> {
    if count > MAX_ITEMS { Err(Fault::corrupt(format!("{count} items"))) } else { Ok(count) }
}

/// The number of the primary item.
pub(super) fn primary<R: Read + Seek>(header: &mut Header<R>, part: Part) -> Result<u32, Fault> {
    let mut fields = Fields::of(header, part);
    let (version, _) = version(&mut fields)?;
    fields.id(version > 0)
}

/// What each item is.
pub(super) fn kinds<R: Read + Seek>(
    header: &mut Header<R>,
    part: Part,
    items: &mut BTreeMap<u32, Item>,
) -> Result<(), Fault> {
    let mut fields = Fields::of(header, part);
    let (first, _) = version(&mut fields)?;
    let count = limited(fields.id(first > 0)?)?;
    let mut at = fields.at();
    for _ in 0..count {
        let entry = Part { start: at, ..part };
        let (kind_of, next) = kind(header, entry)?;
        at = next;
        if let Some((id, kind)) = kind_of {
            items.entry(id).or_default().kind = kind;
        }
    }
    Ok(())
}

/// The item that an entry speaks of, and where the next one begins.
#[expect(clippy::type_complexity, reason = "read once, right above")]
fn kind<R: Read + Seek>(header: &mut Header<R>, rest: Part) -> Result<(Option<(u32, [u8; 4])>, u64), Fault> {
    let entry = rest.first(header)?;
    let mut fields = Fields::of(header, entry);
    let (version, _) = version(&mut fields)?;
    if entry.name != *b"infe" || version < 2 {
        return Ok((None, entry.end));
    }
    let id = fields.id(version > 2)?;
    let _protection = fields.short()?;
    Ok((Some((id, fields.bytes()?)), entry.end))
}

/// Where the bytes of each item are.
pub(super) fn locations<R: Read + Seek>(
    header: &mut Header<R>,
    part: Part,
    inner: &Range<u64>,
    items: &mut BTreeMap<u32, Item>,
) -> Result<(), Fault> {
    let file_bytes = header.len();
    let mut fields = Fields::of(header, part);
    let (version, _) = version(&mut fields)?;
    let [sizes, more] = fields.bytes()?;
    let (offset_bytes, length_bytes, base_bytes) = (sizes >> 4, sizes & 15, more >> 4);
    let index_bytes = if version == 0 { 0 } else { more & 15 };
    let count = limited(fields.id(version > 1)?)?;
    let mut pieces = 0;
    for _ in 0..count {
        let id = fields.id(version > 1)?;
        let method = if version == 0 { 0 } else { fields.short()? & 15 };
        let source = fields.short()?;
        let base = fields.offset(base_bytes)?;
        let extents = fields.short()?;
        pieces += usize::from(extents);
        if pieces > MAX_EXTENTS {
            return Err(Fault::corrupt("items in too many pieces"));
        }
        // Files may also refer to other files, and items to items.
        let within = match method {
            0 if source == 0 => Some(0..file_bytes),
            1 => Some(inner.clone()),
            _ => None,
        };
        let item = items.entry(id).or_default();
        item.is_elsewhere = within.is_none();
        item.extents.clear();
        for _ in 0..extents {
            let _index = fields.offset(index_bytes)?;
            let (offset, length) = (fields.offset(offset_bytes)?, fields.offset(length_bytes)?);
            let Some(within) = &within else { continue };
            let start = within.start.saturating_add(base).saturating_add(offset);
            // Without a length it is all there is.
            let end = if length == 0 { within.end } else { start.saturating_add(length) };
            if start <= end && end <= within.end {
                item.extents.push(start..end);
            } else {
                item.is_elsewhere = true;
            }
        }
    }
    Ok(())
}

/// Which items need which others.
pub(super) fn references<R: Read + Seek>(
    header: &mut Header<R>,
    part: Part,
    references: &mut Vec<Reference>,
) -> Result<(), Fault> {
    let (is_long, _) = version(&mut Fields::of(header, part))?;
    let mut links = 0;
    part.full().children(header, |header, entry| {
        let mut fields = Fields::of(header, entry);
        let from = fields.id(is_long > 0)?;
        let count = fields.short()?;
        links += usize::from(count);
        if links > MAX_LINKS {
            return Err(Fault::corrupt("too many references between items"));
        }
        let to = (0..count).map(|_| fields.id(is_long > 0)).collect::<Result<_, _>>()?;
        references.push(Reference { kind: entry.name, from, to });
        Ok(())
    })
}

/// Which properties belong to which items.
pub(super) fn associations<R: Read + Seek>(
    header: &mut Header<R>,
    properties: Part,
    items: &mut BTreeMap<u32, Item>,
) -> Result<(), Fault> {
    let mut links = 0;
    properties.children(header, |header, part| {
        if part.name != *b"ipma" {
            return Ok(());
        }
        let mut fields = Fields::of(header, part);
        let (version, flags) = version(&mut fields)?;
        let count = limited(fields.long()?)?;
        for _ in 0..count {
            let id = fields.id(version > 0)?;
            let numbers = fields.byte()?;
            links += usize::from(numbers);
            if links > MAX_LINKS {
                return Err(Fault::corrupt("too many properties"));
            }
            let item = items.entry(id).or_default();
            for _ in 0..numbers {
                // The top bit says whether the property must be understood.
                let (number, top) = if flags & 1 == 1 {
                    let number = fields.short()?;
                    (u32::from(number & 0x7fff), number >> 15)
                } else {
                    let number = fields.byte()?;
                    (u32::from(number & 0x7f), u16::from(number >> 7))
                };
                item.properties.push((number, top == 1));
            }
        }
        Ok(())
    })
}
