//! The container of AVIF and HEIC (ISO/IEC 23008-12): what its items are, where they are,
//! and what belongs to them.
//!
//! One bounded walker for the probe, which reads a file through a small window, and for
//! the decoders. It keeps numbers and never a payload, so a file that says its tiles are
//! all the same megabyte costs nothing here. AVIF, HEIC and what lies in them otherwise
//! have this in common, so turning, cutting, tiles and alpha are one code for both.

mod boxes;
mod geometry;
mod items;
mod properties;

use std::collections::BTreeMap;
use std::io::{Read, Seek};
use std::ops::Range;

use boxes::Part;

pub(crate) use geometry::Shown;
pub(crate) use properties::{Color, Property};

use crate::header::{Fault, Header};

/// More items than any camera writes: those of recent phones have hundreds.
const MAX_ITEMS: u32 = 4096;
/// Pieces of all items together.
const MAX_EXTENTS: usize = 1 << 14;
/// Properties of all items, and references between them, together.
const MAX_LINKS: usize = 1 << 15;

/// What a container says of its items.
#[derive(Debug, Default)]
pub(crate) struct Container {
    primary: u32,
    items: BTreeMap<u32, Item>,
    /// Numbered from one by the items.
    properties: Vec<Property>,
    references: Vec<Reference>,
    /// Data that lie in the header itself.
    inner: Range<u64>,
}

/// One item: a picture, a grid of pictures, a note.
#[derive(Debug, Default, Clone)]
pub(crate) struct Item {
    pub(crate) kind: [u8; 4],
    /// Where its bytes are, in order, from the start of the file.
    extents: Vec<Range<u64>>,
    /// Why they cannot be had.
    is_elsewhere: bool,
    /// Numbers of its properties, in order, and whether each must be understood.
    properties: Vec<(u32, bool)>,
}

/// One item needs others.
#[derive(Debug)]
struct Reference {
    kind: [u8; 4],
    from: u32,
    to: Vec<u32>,
}

impl Container {
    /// Reads a container. What a picture does not need may be damaged.
    pub(crate) fn read<R: Read + Seek>(header: &mut Header<R>) -> Result<Self, Fault> {
        let file = Part::file(header);
        let meta = file.child(header, *b"meta")?.full();
        let mut container = Self::default();
        let mut parts = BTreeMap::new();
        meta.children(header, |_, part| {
            // Of boxes of one name the first counts.
            parts.entry(part.name).or_insert(part);
            Ok(())
        })?;
        let part = |name: &[u8; 4]| {
            parts.get(name).copied().ok_or_else(|| Fault::corrupt(format!("no box {}", name.escape_ascii())))
        };
        container.primary = items::primary(header, part(b"pitm")?)?;
        if let Ok(inner) = part(b"idat") {
            container.inner = inner.start..inner.end;
        }
        if let Ok(infos) = part(b"iinf") {
            items::kinds(header, infos, &mut container.items)?;
        }
        if let Ok(locations) = part(b"iloc") {
            items::locations(header, locations, &container.inner, &mut container.items)?;
        }
        if let Ok(references) = part(b"iref") {
            items::references(header, references, &mut container.references)?;
        }
        let properties = part(b"iprp")?;
        let known = properties.child(header, *b"ipco")?;
        known.children(header, |header, part| {
            container.properties.push(properties::read(header, part)?);
            Ok(())
        })?;
        items::associations(header, properties, &mut container.items)?;
        Ok(container)
    }

    /// The number of the item that is the picture: the primary one, or the picture that it
    /// is made of where it is a recipe for brighter screens.
    pub(crate) fn picture(&self) -> u32 {
        match self.item(self.primary) {
            Some(item) if item.kind == *b"tmap" => {
                self.inputs(self.primary).first().copied().unwrap_or(self.primary)
            }
            _ => self.primary,
        }
    }

    pub(crate) fn item(&self, id: u32) -> Option<&Item> {
        self.items.get(&id)
    }

    /// The properties of an item, in order.
    pub(crate) fn properties(&self, id: u32) -> impl Iterator<Item = &Property> {
        let numbers = self.items.get(&id).map(|item| item.properties.as_slice()).unwrap_or_default();
        numbers.iter().filter_map(|(number, _)| self.property(*number))
    }

    fn property(&self, number: u32) -> Option<&Property> {
        self.properties.get(usize::try_from(number).ok()?.checked_sub(1)?)
    }

    /// The name of a property that an item cannot do without and that is not known here.
    pub(crate) fn unknown_essential(&self, id: u32) -> Option<[u8; 4]> {
        let numbers = self.items.get(&id)?.properties.iter().filter(|(_, is_essential)| *is_essential);
        numbers
            .filter_map(|(number, _)| self.property(*number))
            .find_map(|property| if let Property::Other(name) = property { Some(*name) } else { None })
    }

    /// What an item is made of: the tiles of a grid, in order.
    pub(crate) fn inputs(&self, id: u32) -> &[u32] {
        let found =
            self.references.iter().find(|reference| reference.kind == *b"dimg" && reference.from == id);
        found.map(|reference| reference.to.as_slice()).unwrap_or_default()
    }

    /// The item that is the alpha of another, and whether that is multiplied with it.
    pub(crate) fn alpha_of(&self, id: u32) -> Option<(u32, bool)> {
        let alpha = self.references.iter().find(|reference| {
            let is_alpha =
                || self.properties(reference.from).any(|property| matches!(property, Property::Alpha));
            reference.kind == *b"auxl" && reference.to.contains(&id) && is_alpha()
        })?;
        let is_multiplied = self.references.iter().any(|reference| {
            reference.kind == *b"prem" && reference.from == id && reference.to.contains(&alpha.from)
        });
        Some((alpha.from, is_multiplied))
    }

    /// Where the bytes of the Exif block of the picture begin, behind the offset that it
    /// begins with.
    pub(crate) fn exif(&self) -> Option<u64> {
        let (_, item) = self.items.iter().find(|(_, item)| item.kind == *b"Exif")?;
        match item.extents.as_slice() {
            [only] if only.end - only.start > 4 => Some(only.start),
            _ => None,
        }
    }

    /// The bytes of an item, put together; none if they are not all in the file.
    pub(crate) fn data(&self, id: u32, file: &[u8]) -> Option<Vec<u8>> {
        let item = self.items.get(&id).filter(|item| !item.is_elsewhere)?;
        let piece = |range: &Range<u64>| {
            // To the end of the file where the length is left out.
            let start = usize::try_from(range.start).ok()?;
            if range.end == u64::MAX {
                file.get(start..)
            } else {
                file.get(start..usize::try_from(range.end).ok()?)
            }
        };
        let mut data = Vec::with_capacity(usize::try_from(self.length(id)?.min(file.len() as u64)).ok()?);
        for range in &item.extents {
            data.extend_from_slice(piece(range)?);
            // Pieces may be the same bytes again and again.
            if data.len() > file.len() {
                return None;
            }
        }
        Some(data)
    }

    /// How many bytes an item has.
    pub(crate) fn length(&self, id: u32) -> Option<u64> {
        let item = self.items.get(&id)?;
        Some(item.extents.iter().fold(0, |sum: u64, range| sum.saturating_add(range.end - range.start)))
    }
}
