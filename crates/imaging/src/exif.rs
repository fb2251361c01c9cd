//! Reads directories of a TIFF structure, which is what Exif is made of too.

use std::io::{Read, Seek};

use domain::Orientation;

use crate::header::{Fault, Header};

/// More entries than any camera or scanner writes; a directory beyond that is not read on.
const MAX_ENTRIES: u16 = 1024;
/// No text of a camera is longer.
const MAX_TEXT: u32 = 200;

const IMAGE_WIDTH: u16 = 256;
const IMAGE_LENGTH: u16 = 257;
const ORIENTATION: u16 = 274;

const BYTE: u16 = 1;
const ASCII: u16 = 2;
const SHORT: u16 = 3;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;
const SIGNED_RATIONAL: u16 = 10;
const LONG_LONG: u16 = 16;
const UTF8: u16 = 129;

/// What the first directory says, as far as it is needed to show the image.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    /// The width in pixels.
    pub(crate) width: Option<u32>,
    /// The height in pixels.
    pub(crate) height: Option<u32>,
    /// How the pixels are to be turned.
    pub(crate) orientation: Option<Orientation>,
}

impl Directory {
    /// Keeps the value of a tag that is wanted.
    fn note(&mut self, tag: u16, value: u32) {
        match tag {
            IMAGE_WIDTH => self.width = Some(value),
            IMAGE_LENGTH => self.height = Some(value),
            ORIENTATION => {
                self.orientation = u16::try_from(value).ok().and_then(Orientation::from_exif);
            }
            _ => {}
        }
    }
}

/// The orientation in the Exif block that begins at `start`, upright if it says none.
/// A damaged block says none: a photo is not refused for its notes.
pub(crate) fn orientation<R: Read + Seek>(
    header: &mut Header<R>,
    start: u64,
) -> Result<Option<Orientation>, Fault> {
    match first_directory(header, start) {
        Ok(directory) => Ok(directory.orientation),
        Err(Fault::Corrupt(_)) => Ok(None),
        Err(Fault::Io(error)) => Err(Fault::Io(error)),
    }
}

/// Reads the first directory of the TIFF structure that begins at `start`.
pub(crate) fn first_directory<R: Read + Seek>(
    header: &mut Header<R>,
    start: u64,
) -> Result<Directory, Fault> {
    let tiff = Tiff::at(header, start)?;
    let mut found = Directory::default();
    for entry in tiff.entries(header, tiff.first_directory())? {
        if let Some(value) = tiff.number(&entry) {
            found.note(entry.tag, value);
        }
    }
    Ok(found)
}

/// Reads the first directory of a BigTIFF, whose entries have 20 bytes.
pub(crate) fn first_big_directory<R: Read + Seek>(header: &mut Header<R>) -> Result<Directory, Fault> {
    let big_endian = header.bytes::<2>(0)? == *b"MM";
    let short = |bytes| if big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) };
    let long = |bytes| if big_endian { u64::from_be_bytes(bytes) } else { u64::from_le_bytes(bytes) };
    let start = long(header.bytes(8)?);
    let count = long(header.bytes(start)?);
    if count == 0 || count > MAX_ENTRIES.into() {
        return Err(Fault::corrupt(format!("a directory of {count} entries")));
    }
    let mut found = Directory::default();
    for index in 0..count {
        let at = start.saturating_add(8 + index * 20);
        let [t0, t1, k0, k1, n @ ..] = header.bytes::<12>(at)?;
        let [first, second, third, fourth, rest @ ..] = header.bytes::<8>(at.saturating_add(12))?;
        let value = match (short([k0, k1]), long(n)) {
            (SHORT, 1) => short([first, second]).into(),
            (LONG, 1) if big_endian => u32::from_be_bytes([first, second, third, fourth]),
            (LONG, 1) => u32::from_le_bytes([first, second, third, fourth]),
            (LONG_LONG, 1) => {
                let [fifth, sixth, seventh, eighth] = rest;
                let value = long([first, second, third, fourth, fifth, sixth, seventh, eighth]);
                u32::try_from(value).unwrap_or(u32::MAX)
            }
            _ => continue,
        };
        found.note(short([t0, t1]), value);
    }
    Ok(found)
}

/// A TIFF structure. Offsets are from its start.
pub(crate) struct Tiff {
    start: u64,
    big_endian: bool,
    first_directory: u64,
}

/// An entry of a directory.
pub(crate) struct Entry {
    pub(crate) tag: u16,
    kind: u16,
    count: u32,
    /// The value, if it is this short, or where it is.
    field: [u8; 4],
    /// Where the field is.
    at: u64,
}

impl Tiff {
    /// The structure that begins at `start`.
    pub(crate) fn at<R: Read + Seek>(header: &mut Header<R>, start: u64) -> Result<Self, Fault> {
        let big_endian = match header.bytes::<4>(start)? {
            [b'I', b'I', 42, 0] => false,
            [b'M', b'M', 0, 42] => true,
            _ => return Err(Fault::corrupt("no TIFF byte order mark")),
        };
        let mut tiff = Self { start, big_endian, first_directory: 0 };
        tiff.first_directory = tiff.long(header.bytes(start + 4)?).into();
        Ok(tiff)
    }

    /// Where the first directory is.
    pub(crate) fn first_directory(&self) -> u64 {
        self.first_directory
    }

    /// The entries of a directory.
    pub(crate) fn entries<R: Read + Seek>(
        &self,
        header: &mut Header<R>,
        directory: u64,
    ) -> Result<Vec<Entry>, Fault> {
        let at = self.start + directory;
        let count = self.short(header.bytes(at)?);
        if count == 0 || count > MAX_ENTRIES {
            return Err(Fault::corrupt(format!("a directory of {count} entries")));
        }
        let mut entries = Vec::with_capacity(count.into());
        for index in 0..u64::from(count) {
            let at = at + 2 + index * 12;
            let [t0, t1, k0, k1, n0, n1, n2, n3, field @ ..] = header.bytes::<12>(at)?;
            entries.push(Entry {
                tag: self.short([t0, t1]),
                kind: self.short([k0, k1]),
                count: self.long([n0, n1, n2, n3]),
                field,
                at: at + 8 - self.start,
            });
        }
        Ok(entries)
    }

    /// The value of an entry that is one whole number.
    pub(crate) fn number(&self, entry: &Entry) -> Option<u32> {
        let [first, second, _, _] = entry.field;
        match (entry.kind, entry.count) {
            (BYTE, 1) => Some(first.into()),
            (SHORT, 1) => Some(self.short([first, second]).into()),
            (LONG, 1) => Some(self.long(entry.field)),
            _ => None,
        }
    }

    /// The value of an entry that is text, without what cannot be printed.
    pub(crate) fn text<R: Read + Seek>(&self, header: &mut Header<R>, entry: &Entry) -> Option<String> {
        if !matches!(entry.kind, ASCII | UTF8) {
            return None;
        }
        let at = if entry.count <= 4 { entry.at } else { self.long(entry.field).into() };
        let mut bytes = Vec::new();
        for offset in 0..u64::from(entry.count.min(MAX_TEXT)) {
            match header.bytes::<1>(self.start + at + offset).ok()? {
                [0] => break,
                [byte] => bytes.push(byte),
            }
        }
        let text: String = String::from_utf8_lossy(&bytes).chars().filter(|c| !c.is_control()).collect();
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// One of the values of an entry of fractions.
    pub(crate) fn ratio<R: Read + Seek>(
        &self,
        header: &mut Header<R>,
        entry: &Entry,
        index: u32,
    ) -> Option<f64> {
        if index >= entry.count {
            return None;
        }
        let at = self.start + u64::from(self.long(entry.field)) + u64::from(index) * 8;
        let (above, below) = (self.long(header.bytes(at).ok()?), self.long(header.bytes(at + 4).ok()?));
        let (above, below) = match entry.kind {
            RATIONAL => (f64::from(above), f64::from(below)),
            SIGNED_RATIONAL => (f64::from(above.cast_signed()), f64::from(below.cast_signed())),
            _ => return None,
        };
        (below != 0.0).then(|| above / below)
    }

    fn short(&self, bytes: [u8; 2]) -> u16 {
        if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) }
    }

    fn long(&self, bytes: [u8; 4]) -> u32 {
        if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    }
}
