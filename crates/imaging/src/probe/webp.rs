//! WebP: the first chunk says the size; frames follow, and Exif stands behind them.

use std::io::{Read, Seek};

use domain::Orientation;

use super::Found;
use crate::exif;
use crate::header::{Fault, Header};

/// In the flags of the extended header.
const HAS_EXIF: u8 = 0b0000_1000;
const IS_ANIMATED: u8 = 0b0000_0010;

pub(super) fn walk<R: Read + Seek>(header: &mut Header<R>) -> Result<Found, Fault> {
    match &header.bytes::<4>(12)? {
        b"VP8 " => {
            let [tag, _, _, 0x9d, 0x01, 0x2a, w0, w1, h0, h1] = header.bytes::<10>(20)? else {
                return Err(Fault::corrupt("its first frame has no start code"));
            };
            if tag & 1 == 1 {
                return Err(Fault::corrupt("its first frame is not a key frame"));
            }
            let side = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
            Found::upright(side(w0, w1), side(h0, h1))
        }
        b"VP8L" => {
            let [0x2f, bits @ ..] = header.bytes::<5>(20)? else {
                return Err(Fault::corrupt("its lossless data have no signature"));
            };
            let bits = u32::from_le_bytes(bits);
            Found::upright((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1)
        }
        b"VP8X" => {
            let [flags, _, _, _, w0, w1, w2, h0, h1, h2] = header.bytes::<10>(20)?;
            let side = |bytes: [u8; 3]| {
                let [low, middle, high] = bytes;
                u32::from_le_bytes([low, middle, high, 0]) + 1
            };
            let (width, height) = (side([w0, w1, w2]), side([h0, h1, h2]));
            if u64::from(width) * u64::from(height) > u64::from(u32::MAX) {
                return Err(Fault::corrupt(format!("a canvas of {width}×{height} pixels")));
            }
            let Chunks { frames, exif_at } = chunks(header, flags)?;
            let orientation = exif_at.map_or(Ok(None), |start| exif::orientation(header, start))?;
            let orientation = orientation.unwrap_or(Orientation::UPRIGHT);
            Ok(Found::turned(width, height, orientation)?.with_exif(exif_at).with_frames(frames))
        }
        _ => Err(Fault::corrupt("its first chunk is no image")),
    }
}

/// What there is behind the first chunk.
#[derive(Default)]
struct Chunks {
    frames: u32,
    exif_at: Option<u64>,
}

/// Looks for what the flags announce.
fn chunks<R: Read + Seek>(header: &mut Header<R>, flags: u8) -> Result<Chunks, Fault> {
    let mut found = Chunks::default();
    if flags & (HAS_EXIF | IS_ANIMATED) == 0 {
        return Ok(found);
    }
    let mut at = 12;
    while at + 8 <= header.len() {
        // Running out of budget here means hundreds of frames before the notes, which is no
        // reason to refuse the image.
        let (name, length) = match (header.bytes::<4>(at), header.u32_le(at + 4)) {
            (Ok(name), Ok(length)) => (name, u64::from(length)),
            (Err(Fault::Io(error)), _) | (_, Err(Fault::Io(error))) => return Err(Fault::Io(error)),
            _ => break,
        };
        match &name {
            b"ANMF" if flags & IS_ANIMATED != 0 => found.frames += 1,
            b"EXIF" if flags & HAS_EXIF != 0 => {
                // Some writers keep the prefix that only JPEG needs.
                let has_prefix = header.bytes(at + 8).is_ok_and(|p: [u8; 6]| p == *b"Exif\0\0");
                found.exif_at = Some(at + 8 + if has_prefix { 6 } else { 0 });
                break;
            }
            _ => {}
        }
        at += 8 + length + (length & 1);
    }
    Ok(found)
}
