//! JPEG: walks the markers to the frame header and looks for Exif on the way.

use std::io::{Read, Seek};

use domain::Orientation;

use super::Found;
use crate::exif;
use crate::header::{Fault, Header};

/// `Exif`, two zeros, then the TIFF structure.
const EXIF_PREFIX: [u8; 6] = *b"Exif\0\0";

pub(super) fn walk<R: Read + Seek>(header: &mut Header<R>) -> Result<Found, Fault> {
    let (mut orientation, mut exif_at) = (None, None);
    let mut at = 2;
    loop {
        let marker;
        (marker, at) = next_marker(header, at)?;
        match marker {
            // Without a payload: padding, TEM, restarts, a repeated start.
            0x00 | 0x01 | 0xd0..=0xd8 => continue,
            0xd9 => return Err(Fault::corrupt("it ends before its size is said")),
            0xda => return Err(Fault::corrupt("its data begin before its size is said")),
            _ => {}
        }
        let length = u64::from(header.u16_be(at)?);
        if length < 2 {
            return Err(Fault::corrupt(format!("a segment of {length} bytes")));
        }
        match marker {
            // Every kind of frame, also those that are not decoded here. C4, C8 and CC
            // are tables and extensions.
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                let [_precision, h0, h1, w0, w1, components] = header.bytes(at + 2)?;
                if components == 0 {
                    return Err(Fault::corrupt("a frame without components"));
                }
                let (width, height) = (u16::from_be_bytes([w0, w1]), u16::from_be_bytes([h0, h1]));
                let orientation = orientation.unwrap_or(Orientation::UPRIGHT);
                return Ok(Found::turned(width.into(), height.into(), orientation)?.with_exif(exif_at));
            }
            // A segment that the file cuts off is noticed at the next marker.
            0xe1 if orientation.is_none()
                && header.bytes(at + 2).is_ok_and(|prefix: [u8; 6]| prefix == EXIF_PREFIX) =>
            {
                exif_at = exif_at.or(Some(at + 8));
                orientation = exif::orientation(header, at + 8)?;
            }
            _ => {}
        }
        at += length;
    }
}

/// The next marker at or after `at`, and where its segment begins. Stray bytes between
/// segments are passed over, as every decoder does; the header's budget bounds how many.
fn next_marker<R: Read + Seek>(header: &mut Header<R>, mut at: u64) -> Result<(u8, u64), Fault> {
    let mut after_ff = false;
    loop {
        let [byte] = header.bytes(at)?;
        at += 1;
        match (after_ff, byte) {
            (_, 0xff) => after_ff = true,
            (true, marker) => return Ok((marker, at)),
            (false, _) => {}
        }
    }
}
