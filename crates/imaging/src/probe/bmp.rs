//! BMP: the second header, whose first field is its size and so its version.

use std::io::{Read, Seek};

use super::Found;
use crate::header::{Fault, Header};

pub(super) fn walk<R: Read + Seek>(header: &mut Header<R>) -> Result<Found, Fault> {
    let (width, height) = information_header(header, 14)?;
    Found::upright(width, height)
}

/// The size that the header at `start` says. Rows may run from the top, in which case
/// the height is negative.
pub(super) fn information_header<R: Read + Seek>(
    header: &mut Header<R>,
    start: u64,
) -> Result<(u32, u32), Fault> {
    let (width, height, depth) = if header.u32_le(start)? == 12 {
        let (width, height) = (header.u16_le(start + 4)?, header.u16_le(start + 6)?);
        (width.into(), height.into(), header.u16_le(start + 10)?)
    } else {
        let width = i32::from_le_bytes(header.bytes(start + 4)?);
        let height = i32::from_le_bytes(header.bytes(start + 8)?);
        let Ok(width) = u32::try_from(width) else {
            return Err(Fault::corrupt(format!("a width of {width} pixels")));
        };
        (width, height.unsigned_abs(), header.u16_le(start + 14)?)
    };
    if !matches!(depth, 0 | 1 | 2 | 4 | 8 | 16 | 24 | 32 | 64) {
        return Err(Fault::corrupt(format!("{depth} bits a pixel")));
    }
    Ok((width, height))
}
