//! ICO: the largest picture in the directory.

use std::io::{Read, Seek};

use super::{Found, bmp, png};
use crate::header::{Fault, Header};

/// One picture of an icon.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    /// Where the picture begins, in bytes from the start of the file.
    pub(crate) offset: u64,
    /// Whether it is a whole PNG; otherwise it is a BMP without its file header.
    pub(crate) is_png: bool,
    width: u32,
    height: u32,
}

pub(super) fn walk<R: Read + Seek>(header: &mut Header<R>) -> Result<Found, Fault> {
    let entry = largest_entry(header)?;
    Found::upright(entry.width, entry.height)
}

/// A side in a directory, where 256 is written as 0.
fn side(byte: u8) -> u32 {
    if byte == 0 { 256 } else { u32::from(byte) }
}

/// The picture with the most pixels; of equals, the one with the most bits a pixel.
pub(crate) fn largest_entry<R: Read + Seek>(header: &mut Header<R>) -> Result<Entry, Fault> {
    let count = u64::from(header.u16_le(4)?);
    let mut best: Option<([u8; 16], (u32, u16))> = None;
    // The header's budget bounds the walk.
    for index in 0..count {
        let fields: [u8; 16] = header.bytes(6 + index * 16)?;
        let [width, height, _, _, _, _, b0, b1, ..] = fields;
        let rank = (side(width) * side(height), u16::from_le_bytes([b0, b1]));
        if best.is_none_or(|(_, best)| rank > best) {
            best = Some((fields, rank));
        }
    }
    let Some((fields, _)) = best else {
        return Err(Fault::corrupt("an icon without pictures"));
    };
    let [.., o0, o1, o2, o3] = fields;
    let offset = u64::from(u32::from_le_bytes([o0, o1, o2, o3]));
    if offset < 6 + count * 16 {
        return Err(Fault::corrupt("a picture that lies in the directory"));
    }
    // What a picture says of itself counts: a directory may lie, and cannot say more than
    // 256 pixels.
    let is_png = png::begins_at(header, offset)?;
    let (width, height) = if is_png {
        png::header_chunk(header, offset)?
    } else {
        // The height counts the mask that stands behind the pixels.
        let (width, height) = bmp::information_header(header, offset)?;
        (width, height / 2)
    };
    Ok(Entry { offset, is_png, width, height })
}
