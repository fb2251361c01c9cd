//! JPEG XL: the first bits of the codestream, ISO/IEC 18181-1, bare or in a container.

use std::io::{Read, Seek};

use domain::Orientation;

use super::Found;
use crate::header::{Fault, Header};

/// Boxes before the codestream; files have two or three.
const MAX_BOXES: u32 = 64;

pub(super) fn walk<R: Read + Seek>(header: &mut Header<R>) -> Result<Found, Fault> {
    let start = codestream(header)?;
    if header.bytes(start)? != [0xff, 0x0a] {
        return Err(Fault::corrupt("its codestream does not begin as one"));
    }
    let mut bits = Bits { header, at: start + 2, held: 0, count: 0 };
    let is_small = bits.take(1)? == 1;
    let height = bits.side(is_small)?;
    // Usual shapes are named instead of the width.
    let width = match bits.take(3)? {
        0 => bits.side(is_small)?,
        1 => height,
        2 => height * 12 / 10,
        3 => height * 4 / 3,
        4 => height * 3 / 2,
        5 => height * 16 / 9,
        6 => height * 5 / 4,
        _ => height * 2,
    };
    let is_usual = bits.take(1)? == 1;
    let orientation = if !is_usual && bits.take(1)? == 1 { bits.take(3)? + 1 } else { 1 };
    let orientation = u16::try_from(orientation).ok().and_then(Orientation::from_exif);
    let side =
        |side: u64| u32::try_from(side).map_err(|_| Fault::corrupt(format!("a side of {side} pixels")));
    Found::turned(side(width)?, side(height)?, orientation.unwrap_or(Orientation::UPRIGHT))
}

/// Where the codestream begins.
fn codestream<R: Read + Seek>(header: &mut Header<R>) -> Result<u64, Fault> {
    if header.bytes(0)? == [0xff, 0x0a] {
        return Ok(0);
    }
    let mut at = 0;
    for _ in 0..MAX_BOXES {
        let short = u64::from(header.u32_be(at)?);
        let name: [u8; 4] = header.bytes(at + 4)?;
        let (start, length) =
            if short == 1 { (at + 16, u64::from_be_bytes(header.bytes(at + 8)?)) } else { (at + 8, short) };
        match &name {
            b"jxlc" => return Ok(start),
            // A part begins with its number.
            b"jxlp" => return Ok(start + 4),
            _ => {}
        }
        at = at.checked_add(length).filter(|next| *next >= start).unwrap_or(u64::MAX);
    }
    Err(Fault::corrupt("it has no codestream"))
}

/// Bits, the lowest of a byte first.
struct Bits<'h, R> {
    header: &'h mut Header<R>,
    at: u64,
    held: u64,
    count: u32,
}

impl<R: Read + Seek> Bits<'_, R> {
    /// The next bits, at most 30, as a number.
    fn take(&mut self, bits: u32) -> Result<u64, Fault> {
        while self.count < bits {
            let [byte] = self.header.bytes(self.at)?;
            self.held |= u64::from(byte) << self.count;
            self.at += 1;
            self.count += 8;
        }
        let number = self.held & ((1 << bits) - 1);
        self.held >>= bits;
        self.count -= bits;
        Ok(number)
    }

    /// A side: in steps of eight if it is small, else of a length that stands before it.
    fn side(&mut self, is_small: bool) -> Result<u64, Fault> {
        if is_small {
            return Ok((self.take(5)? + 1) * 8);
        }
        let bits = match self.take(2)? {
            0 => 9,
            1 => 13,
            2 => 18,
            _ => 30,
        };
        Ok(self.take(bits)? + 1)
    }
}
