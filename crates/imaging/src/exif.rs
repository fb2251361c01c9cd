//! Reads the first directory of a TIFF structure, which is what Exif is made of too.

use std::io::{Read, Seek};

use domain::Orientation;

use crate::header::{Fault, Header};

/// More entries than any camera or scanner writes; a directory beyond that is not read on.
const MAX_ENTRIES: u16 = 1024;

const IMAGE_WIDTH: u16 = 256;
const IMAGE_LENGTH: u16 = 257;
const ORIENTATION: u16 = 274;

const BYTE: u16 = 1;
const SHORT: u16 = 3;
const LONG: u16 = 4;

/// What the first directory says, as far as it is needed here.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    /// The width in pixels.
    pub(crate) width: Option<u32>,
    /// The height in pixels.
    pub(crate) height: Option<u32>,
    /// How the pixels are to be turned.
    pub(crate) orientation: Option<Orientation>,
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
    let big_endian = match header.bytes::<4>(start)? {
        [b'I', b'I', 42, 0] => false,
        [b'M', b'M', 0, 42] => true,
        _ => return Err(Fault::corrupt("no TIFF byte order mark")),
    };
    let short =
        |bytes: [u8; 2]| if big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) };
    let long =
        |bytes: [u8; 4]| if big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };

    let directory_at = start + u64::from(long(header.bytes(start + 4)?));
    let count = short(header.bytes(directory_at)?);
    if count == 0 || count > MAX_ENTRIES {
        return Err(Fault::corrupt(format!("a directory of {count} entries")));
    }
    let mut found = Directory::default();
    for index in 0..u64::from(count) {
        let [t0, t1, k0, k1, n0, n1, n2, n3, v0, v1, v2, v3] =
            header.bytes::<12>(directory_at + 2 + index * 12)?;
        if long([n0, n1, n2, n3]) != 1 {
            continue;
        }
        let value = match short([k0, k1]) {
            BYTE => u32::from(v0),
            SHORT => u32::from(short([v0, v1])),
            LONG => long([v0, v1, v2, v3]),
            _ => continue,
        };
        match short([t0, t1]) {
            IMAGE_WIDTH => found.width = Some(value),
            IMAGE_LENGTH => found.height = Some(value),
            ORIENTATION => {
                found.orientation = u16::try_from(value).ok().and_then(Orientation::from_exif);
            }
            _ => {}
        }
    }
    Ok(found)
}
