//! ICO: the largest picture, which is a whole PNG or half a BMP.

use std::io::Cursor;

use domain::Size;
use domain::plan::Source;

use super::{Decoded, Needs, bmp, png};
use crate::Error;
use crate::header::{Fault, Header};
use crate::probe::ico::largest_entry;

pub(super) fn decode(original: &[u8], source: &Source) -> Result<Decoded, Error> {
    let corrupt = |reason: &str| Error::corrupt(source.media_type, reason);
    let entry = Header::new(Cursor::new(original))
        .map_err(Fault::from)
        .and_then(|mut header| largest_entry(&mut header))
        .map_err(|fault| match fault {
            Fault::Corrupt(reason) => corrupt(&reason),
            Fault::Io(error) => corrupt(&error.to_string()),
        })?;
    // Writers get the length wrong, so the picture is all that follows.
    let picture = usize::try_from(entry.offset).ok().and_then(|offset| original.get(offset..));
    let picture = picture.ok_or_else(|| corrupt("its picture lies outside the file"))?;
    if entry.is_png { png::decode(picture, source) } else { bmp::decode_icon(picture, source) }
}

/// Pixels of four channels, twice where they are converted.
pub(super) fn needs(size: Size) -> Needs {
    Needs::of(size, 4, size.pixels() * 4)
}
