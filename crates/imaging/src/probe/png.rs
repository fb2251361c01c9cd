//! PNG: the header chunk, and what stands before the pixels: Exif, and the number of frames.

use std::io::{Read, Seek};

use domain::Orientation;

use super::{Found, signature};
use crate::exif;
use crate::header::{Fault, Header};

/// The chunk that each frame of an animation begins with, in bytes.
const FRAME_CONTROL_BYTES: u64 = 12 + 26;

pub(super) fn walk<R: Read + Seek>(header: &mut Header<R>) -> Result<Found, Fault> {
    let (width, height) = header_chunk(header, 0)?;
    let mut chunks = Chunks::default();
    match before_pixels(header, &mut chunks) {
        // The size is known; what is damaged behind it is the decoder's business.
        Ok(()) | Err(Fault::Corrupt(_)) => {}
        Err(Fault::Io(error)) => return Err(Fault::Io(error)),
    }
    let Chunks { frames, exif_at, orientation } = chunks;
    let orientation = orientation.unwrap_or(Orientation::UPRIGHT);
    Ok(Found::turned(width, height, orientation)?.with_exif(exif_at).with_frames(frames))
}

/// Whether a PNG begins at `start`.
pub(super) fn begins_at<R: Read + Seek>(header: &mut Header<R>, start: u64) -> Result<bool, Fault> {
    Ok(header.bytes::<8>(start)? == signature::PNG)
}

/// The size that the header chunk of the PNG at `start` says.
pub(super) fn header_chunk<R: Read + Seek>(header: &mut Header<R>, start: u64) -> Result<(u32, u32), Fault> {
    let chunk: [u8; 25] = header.bytes(start + 8)?;
    let [0, 0, 0, 13, b'I', b'H', b'D', b'R', fields @ ..] = chunk else {
        return Err(Fault::corrupt("it does not begin with its header chunk"));
    };
    let [w0, w1, w2, w3, h0, h1, h2, h3, depth, color, compression, filter, interlace, crc @ ..] = fields;
    let covered = chunk.get(4..21).unwrap_or_default();
    if crc32(covered) != u32::from_be_bytes(crc) {
        return Err(Fault::corrupt("the checksum of its header is wrong"));
    }
    let legal = matches!((color, depth), (0, 1 | 2 | 4 | 8 | 16) | (3, 1 | 2 | 4 | 8) | (2 | 4 | 6, 8 | 16));
    if !legal {
        return Err(Fault::corrupt(format!("color type {color} with {depth} bits")));
    }
    if (compression, filter) != (0, 0) || interlace > 1 {
        return Err(Fault::corrupt("an unknown compression, filter or interlace method"));
    }
    let (width, height) = (u32::from_be_bytes([w0, w1, w2, w3]), u32::from_be_bytes([h0, h1, h2, h3]));
    if width > u32::MAX >> 1 || height > u32::MAX >> 1 {
        return Err(Fault::corrupt(format!("a size of {width}×{height} pixels")));
    }
    Ok((width, height))
}

/// What there is between the header chunk and the pixels.
#[derive(Default)]
struct Chunks {
    frames: u32,
    exif_at: Option<u64>,
    orientation: Option<Orientation>,
}

fn before_pixels<R: Read + Seek>(header: &mut Header<R>, found: &mut Chunks) -> Result<(), Fault> {
    let mut at = 8 + 25;
    loop {
        let length = u64::from(header.u32_be(at)?);
        match &header.bytes::<4>(at + 4)? {
            b"eXIf" if found.exif_at.is_none() => {
                found.exif_at = Some(at + 8);
                // At once, before other chunks have used the budget up.
                found.orientation = exif::orientation(header, at + 8)?;
            }
            b"acTL" => {
                // A frame has a control chunk of its own, so the file says how many fit.
                let most = u32::try_from(header.len() / FRAME_CONTROL_BYTES).unwrap_or(u32::MAX);
                found.frames = header.u32_be(at + 8)?.min(most);
            }
            b"IDAT" | b"IEND" => return Ok(()),
            _ => {}
        }
        at += 12 + length;
    }
}

/// The checksum of PNG, bit by bit: 17 bytes need no table.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 };
        }
    }
    !crc
}
