//! Reads single fields of a file of any size within a fixed budget.

use std::io::{self, Read, Seek, SeekFrom};

use crate::ProbeError;
use domain::MediaType;

/// The bytes that are fetched at once. Small, since walkers jump from field to field
/// over payloads that they never look at.
const WINDOW_BYTES: usize = 512;

/// How often a window may be fetched: 256 KiB in all.
const MAX_FETCHES: u32 = 512;

/// Why a field could not be had.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The reader failed.
    Io(io::Error),
    /// The header is damaged; the reason in lower case.
    Corrupt(String),
}

impl Fault {
    pub(crate) fn corrupt(reason: impl Into<String>) -> Self {
        Self::Corrupt(reason.into())
    }

    pub(crate) fn into_probe_error(self, media_type: MediaType) -> ProbeError {
        match self {
            Self::Io(error) => ProbeError::Io(error),
            Self::Corrupt(reason) => ProbeError::Corrupt { media_type, reason },
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A file seen through one small window.
pub(crate) struct Header<R> {
    reader: R,
    len: u64,
    window: [u8; WINDOW_BYTES],
    start: u64,
    filled: usize,
    fetches: u32,
}

impl<R: Read + Seek> Header<R> {
    pub(crate) fn new(mut reader: R) -> io::Result<Self> {
        let len = reader.seek(SeekFrom::End(0))?;
        Ok(Self { reader, len, window: [0; WINDOW_BYTES], start: 0, filled: 0, fetches: 0 })
    }

    /// The length of the file in bytes.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// The first bytes of the file, at most one window.
    pub(crate) fn beginning(&mut self) -> Result<Vec<u8>, Fault> {
        self.fetch(0)?;
        Ok(self.window.get(..self.filled).unwrap_or_default().to_vec())
    }

    /// The `N` bytes at `offset`. A file that ends before them is corrupt.
    pub(crate) fn bytes<const N: usize>(&mut self, offset: u64) -> Result<[u8; N], Fault> {
        if let Some(found) = self.in_window(offset) {
            return Ok(found);
        }
        if offset.checked_add(N as u64).is_none_or(|end| end > self.len) {
            return Err(Fault::corrupt("the file ends inside its header"));
        }
        self.fetch(offset)?;
        self.in_window(offset).ok_or_else(|| Fault::corrupt("the file ends inside its header"))
    }

    /// The big-endian number of two bytes at `offset`.
    pub(crate) fn u16_be(&mut self, offset: u64) -> Result<u16, Fault> {
        Ok(u16::from_be_bytes(self.bytes(offset)?))
    }

    /// The big-endian number of four bytes at `offset`.
    pub(crate) fn u32_be(&mut self, offset: u64) -> Result<u32, Fault> {
        Ok(u32::from_be_bytes(self.bytes(offset)?))
    }

    /// The little-endian number of two bytes at `offset`.
    pub(crate) fn u16_le(&mut self, offset: u64) -> Result<u16, Fault> {
        Ok(u16::from_le_bytes(self.bytes(offset)?))
    }

    /// The little-endian number of four bytes at `offset`.
    pub(crate) fn u32_le(&mut self, offset: u64) -> Result<u32, Fault> {
        Ok(u32::from_le_bytes(self.bytes(offset)?))
    }

    fn in_window<const N: usize>(&self, offset: u64) -> Option<[u8; N]> {
        let from = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        let filled = self.window.get(..self.filled)?;
        filled.get(from..)?.first_chunk().copied()
    }

    fn fetch(&mut self, offset: u64) -> Result<(), Fault> {
        if self.fetches == MAX_FETCHES {
            return Err(Fault::corrupt("the header has too many parts"));
        }
        self.fetches += 1;
        self.start = offset;
        self.filled = 0;
        self.reader.seek(SeekFrom::Start(offset))?;
        while let Some(space @ [_, ..]) = self.window.get_mut(self.filled..) {
            match self.reader.read(space) {
                Ok(0) => break,
                Ok(count) => self.filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}
