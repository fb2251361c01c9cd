//! GIF: the logical screen, or the first frame where it is larger.

use std::io::{Read, Seek};

use super::Found;
use crate::header::{Fault, Header};

pub(super) fn walk<R: Read + Seek>(header: &mut Header<R>) -> Result<Found, Fault> {
    let (width, height) = canvas(header)?;
    Found::upright(width.into(), height.into())
}

/// The size of the picture: the screen, enlarged to hold the first frame, as browsers do.
fn canvas<R: Read + Seek>(header: &mut Header<R>) -> Result<(u16, u16), Fault> {
    let [w0, w1, h0, h1, flags, _background, _ratio] = header.bytes(6)?;
    let (width, height) = (u16::from_le_bytes([w0, w1]), u16::from_le_bytes([h0, h1]));
    match first_frame(header, 13 + table_bytes(flags)) {
        Ok(Some((right, bottom))) => Ok((width.max(right), height.max(bottom))),
        // Whether a frame comes at all is the decoder's business.
        Ok(None) | Err(Fault::Corrupt(_)) => Ok((width, height)),
        Err(Fault::Io(error)) => Err(Fault::Io(error)),
    }
}

/// The right and the lower edge of the first frame.
fn first_frame<R: Read + Seek>(header: &mut Header<R>, mut at: u64) -> Result<Option<(u16, u16)>, Fault> {
    loop {
        match header.bytes(at)? {
            [b'!'] => {
                at += 2;
                loop {
                    let [length]: [u8; 1] = header.bytes(at)?;
                    at += 1 + u64::from(length);
                    if length == 0 {
                        break;
                    }
                }
            }
            [b','] => {
                let [x0, x1, y0, y1, w0, w1, h0, h1] = header.bytes(at + 1)?;
                let edge = |place, side| u16::from_le_bytes(place).saturating_add(u16::from_le_bytes(side));
                return Ok(Some((edge([x0, x1], [w0, w1]), edge([y0, y1], [h0, h1]))));
            }
            _ => return Ok(None),
        }
    }
}

/// The bytes of the color table that these flags announce.
fn table_bytes(flags: u8) -> u64 {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}
