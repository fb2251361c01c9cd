//! Boxes of the ISO base media file format: a length, a name, a payload.

use std::io::{Read, Seek};

use crate::header::{Fault, Header};

/// More boxes than a container of an image has at any level; properties of an image with
/// thousands of tiles included.
const MAX_BOXES: u32 = 1024;

/// A box: its name, and where its payload begins and ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub(super) name: [u8; 4],
    pub(super) start: u64,
    pub(super) end: u64,
}

impl Part {
    /// The whole file as one.
    pub(super) fn file<R: Read + Seek>(header: &Header<R>) -> Self {
        Self { name: *b"file", start: 0, end: header.len() }
    }

    /// The same without the version and the flags that its payload begins with.
    pub(super) fn full(self) -> Self {
        Self { start: self.start + 4, ..self }
    }

    /// The boxes in it, of which the last may not be whole.
    pub(super) fn children<R: Read + Seek>(
        self,
        header: &mut Header<R>,
        mut each: impl FnMut(&mut Header<R>, Part) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let mut at = self.start;
        for _ in 0..MAX_BOXES {
            if at >= self.end {
                return Ok(());
            }
            let part = part_at(header, at, self.end)?;
            at = part.end;
            each(header, part)?;
        }
        Err(Fault::corrupt("more boxes than any image has"))
    }

    /// The first box in it.
    pub(super) fn first<R: Read + Seek>(self, header: &mut Header<R>) -> Result<Self, Fault> {
        part_at(header, self.start, self.end)
    }

    /// The first box in it with this name.
    pub(super) fn child<R: Read + Seek>(self, header: &mut Header<R>, name: [u8; 4]) -> Result<Self, Fault> {
        let mut at = self.start;
        for _ in 0..MAX_BOXES {
            if at >= self.end {
                break;
            }
            let part = part_at(header, at, self.end)?;
            if part.name == name {
                return Ok(part);
            }
            at = part.end;
        }
        Err(Fault::corrupt(format!("no box {}", name.escape_ascii())))
    }
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

/// Fields of a box, one after the other; none beyond its end.
pub(super) struct Fields<'h, R> {
    header: &'h mut Header<R>,
    at: u64,
    end: u64,
}

impl<'h, R: Read + Seek> Fields<'h, R> {
    pub(super) fn of(header: &'h mut Header<R>, part: Part) -> Self {
        Self { header, at: part.start, end: part.end }
    }

    /// The next bytes.
    pub(super) fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let next = self.at.saturating_add(N as u64);
        if next > self.end {
            return Err(Fault::corrupt("a box that ends inside a field"));
        }
        let bytes = self.header.bytes(self.at)?;
        self.at = next;
        Ok(bytes)
    }

    pub(super) fn byte(&mut self) -> Result<u8, Fault> {
        let [byte] = self.bytes()?;
        Ok(byte)
    }

    pub(super) fn short(&mut self) -> Result<u16, Fault> {
        Ok(u16::from_be_bytes(self.bytes()?))
    }

    pub(super) fn long(&mut self) -> Result<u32, Fault> {
        Ok(u32::from_be_bytes(self.bytes()?))
    }

    /// A number of 2 or of 4 bytes.
    pub(super) fn id(&mut self, is_long: bool) -> Result<u32, Fault> {
        if is_long { self.long() } else { Ok(self.short()?.into()) }
    }

    /// A number of 0, 4 or 8 bytes.
    pub(super) fn offset(&mut self, bytes: u8) -> Result<u64, Fault> {
        match bytes {
            0 => Ok(0),
            4 => Ok(self.long()?.into()),
            8 => Ok(u64::from_be_bytes(self.bytes()?)),
            _ => Err(Fault::corrupt("an offset of an unknown length")),
        }
    }

    /// Where the next field begins.
    pub(super) fn at(&self) -> u64 {
        self.at
    }
}
