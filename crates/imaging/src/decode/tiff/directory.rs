//! A directory of a TIFF, classic or of 64-bit offsets, with the values of its entries.

use std::collections::BTreeMap;

/// More entries than any scanner writes.
const MAX_ENTRIES: u64 = 4096;
/// More strips or tiles than an image of the largest sides has.
const MAX_VALUES: u64 = 1 << 22;

/// The first directory of a file.
pub(super) struct Directory<'a> {
    file: &'a [u8],
    pub(super) big_endian: bool,
    entries: BTreeMap<u16, Entry>,
}

/// Where the values of an entry are.
#[derive(Clone, Copy)]
struct Entry {
    kind: u16,
    count: u64,
    /// From the start of the file.
    at: u64,
}

impl<'a> Directory<'a> {
    /// Reads the first directory; none if it is not whole.
    pub(super) fn first(file: &'a [u8]) -> Option<Self> {
        let (big_endian, is_big) = match *file.first_chunk::<4>()? {
            [b'I', b'I', 42, 0] => (false, false),
            [b'M', b'M', 0, 42] => (true, false),
            [b'I', b'I', 43, 0] => (false, true),
            [b'M', b'M', 0, 43] => (true, true),
            _ => return None,
        };
        let mut directory = Self { file, big_endian, entries: BTreeMap::new() };
        let (start, offset_bytes) =
            if is_big { (directory.number(8, 8)?, 8) } else { (directory.number(4, 4)?, 4) };
        let count_bytes = if is_big { 8 } else { 2 };
        let count = directory.number(start, count_bytes)?;
        if count == 0 || count > MAX_ENTRIES {
            return None;
        }
        let entry_bytes = 4 + 2 * offset_bytes;
        for index in 0..count {
            let at = start.checked_add(count_bytes)?.checked_add(index * entry_bytes)?;
            let tag = u16::try_from(directory.number(at, 2)?).ok()?;
            let kind = u16::try_from(directory.number(at + 2, 2)?).ok()?;
            let count = directory.number(at + 4, offset_bytes)?;
            let field = at + 4 + offset_bytes;
            let Some(bytes) = size_of_kind(kind).checked_mul(count) else { continue };
            let at = if bytes <= offset_bytes { field } else { directory.number(field, offset_bytes)? };
            // Of a tag that is repeated the first one counts.
            directory.entries.entry(tag).or_insert(Entry { kind, count, at });
        }
        Some(directory)
    }

    /// The first value of a tag, as a whole number.
    pub(super) fn value(&self, tag: u16) -> Option<u64> {
        let entry = self.entries.get(&tag)?;
        self.whole(entry, 0)
    }

    /// All values of a tag, as whole numbers; none if one lies outside of the file.
    pub(super) fn values(&self, tag: u16) -> Option<Vec<u64>> {
        let entry = self.entries.get(&tag)?;
        let is_there = size_of_kind(entry.kind)
            .checked_mul(entry.count)
            .and_then(|bytes| bytes.checked_add(entry.at))
            .is_some_and(|end| end <= self.file.len() as u64);
        if entry.count > MAX_VALUES || !is_there {
            return None;
        }
        (0..entry.count).map(|index| self.whole(entry, index)).collect()
    }

    /// All values of a tag of fractions.
    pub(super) fn fractions(&self, tag: u16) -> Option<Vec<f32>> {
        let entry = self.entries.get(&tag)?;
        if entry.kind != 5 || entry.count > 16 {
            return None;
        }
        (0..entry.count)
            .map(|index| {
                let (above, below) =
                    (self.number(entry.at + index * 8, 4)?, self.number(entry.at + index * 8 + 4, 4)?);
                #[expect(clippy::cast_precision_loss, reason = "numbers of 32 bits, for colors of 8")]
                (below != 0).then(|| above as f32 / below as f32)
            })
            .collect()
    }

    /// The bytes of a tag of bytes.
    pub(super) fn bytes(&self, tag: u16) -> Option<&'a [u8]> {
        let entry = self.entries.get(&tag).filter(|entry| matches!(entry.kind, 1 | 6 | 7))?;
        let start = usize::try_from(entry.at).ok()?;
        self.file.get(start..start.checked_add(usize::try_from(entry.count).ok()?)?)
    }

    fn whole(&self, entry: &Entry, index: u64) -> Option<u64> {
        let bytes = match entry.kind {
            1 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 13 => 4,
            16..=18 => 8,
            _ => return None,
        };
        (index < entry.count).then(|| self.number(entry.at.checked_add(index * bytes)?, bytes))?
    }

    /// The number of so many bytes at a place.
    fn number(&self, at: u64, bytes: u64) -> Option<u64> {
        let start = usize::try_from(at).ok()?;
        let found = self.file.get(start..start.checked_add(usize::try_from(bytes).ok()?)?)?;
        let put = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Some(if self.big_endian { found.iter().fold(0, put) } else { found.iter().rev().fold(0, put) })
    }
}

/// Bytes of a value of a kind; unknown ones are passed over.
fn size_of_kind(kind: u16) -> u64 {
    match kind {
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16..=18 => 8,
        _ => 1,
    }
}
