//! The properties of items that matter to a picture.

use std::io::{Read, Seek};
use std::ops::Range;

use super::boxes::{Fields, Part};
use crate::header::{Fault, Header};

/// One property.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Property {
    /// Width and height of what the item decodes to.
    Extent(u32, u32),
    /// Quarter turns against the clock.
    Turn(u8),
    /// Whether left and right change places, else top and bottom.
    Mirror { across: bool },
    /// The part that is shown: width, height, and how far its middle is off the middle, each
    /// as a numerator and a denominator.
    Aperture([(i64, i64); 4]),
    /// The colors in code points.
    Color(Color),
    /// Where a profile is in the file.
    Profile(Range<u64>),
    /// Where the decoder's configuration is in the file, by the name of its box.
    Configuration([u8; 4], Range<u64>),
    /// The item is the alpha of another.
    Alpha,
    /// Which of several versions in the bytes is the picture.
    OperatingPoint(u8),
    /// Which of several sizes in the bytes is the picture.
    Layer(u16),
    /// The brightest pixel in candela a square metre, and the brightest mean of a frame.
    LightLevel(u16, u16),
    /// Something that changes nothing here.
    Harmless,
    /// Something else.
    Other([u8; 4]),
}

/// The colors of samples in the code points of ITU-T H.273.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Color {
    pub(crate) primaries: u16,
    pub(crate) transfer: u16,
    pub(crate) matrix: u16,
    pub(crate) full_range: bool,
}

/// The names of what says that an item is alpha, of AV1 and of HEVC.
const ALPHA: [&[u8]; 2] = [b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0", b"urn:mpeg:hevc:2015:auxid:1\0"];

/// Reads a property. A box that is too short for what it is, is not understood.
pub(super) fn read<R: Read + Seek>(header: &mut Header<R>, part: Part) -> Result<Property, Fault> {
    match known(header, part) {
        Err(Fault::Corrupt(_)) => Ok(Property::Other(part.name)),
        other => other,
    }
}

fn known<R: Read + Seek>(header: &mut Header<R>, part: Part) -> Result<Property, Fault> {
    let mut fields = Fields::of(header, part);
    Ok(match &part.name {
        b"ispe" => {
            let _version = fields.long()?;
            Property::Extent(fields.long()?, fields.long()?)
        }
        b"irot" => Property::Turn(fields.byte()? & 3),
        b"imir" => Property::Mirror { across: fields.byte()? & 1 == 1 },
        b"clap" => {
            let mut parts = [(0, 1); 4];
            for (index, part) in parts.iter_mut().enumerate() {
                let (above, below) = (fields.long()?, fields.long()?);
                // Sizes are positive, offsets have a sign.
                let above = if index < 2 { i64::from(above) } else { i64::from(above.cast_signed()) };
                *part = (above, i64::from(below));
            }
            Property::Aperture(parts)
        }
        b"colr" => match &fields.bytes::<4>()? {
            b"nclx" => {
                let (primaries, transfer, matrix) = (fields.short()?, fields.short()?, fields.short()?);
                let full_range = fields.byte()? >> 7 == 1;
                Property::Color(Color { primaries, transfer, matrix, full_range })
            }
            b"prof" | b"rICC" => Property::Profile(fields.at()..part.end),
            _ => Property::Harmless,
        },
        b"av1C" | b"hvcC" => Property::Configuration(part.name, part.start..part.end),
        b"auxC" => {
            let _version = fields.long()?;
            let mut is_alpha = false;
            for name in ALPHA {
                let start = part.start + 4;
                is_alpha |= start + name.len() as u64 <= part.end && spells(header, start, name)?;
            }
            if is_alpha { Property::Alpha } else { Property::Harmless }
        }
        b"a1op" => Property::OperatingPoint(fields.byte()?),
        b"lsel" => Property::Layer(fields.short()?),
        b"clli" => Property::LightLevel(fields.short()?, fields.short()?),
        b"pixi" | b"pasp" | b"a1lx" | b"mdcv" | b"amve" | b"cclv" | b"rloc" => Property::Harmless,
        _ => Property::Other(part.name),
    })
}

/// Whether these bytes stand there.
fn spells<R: Read + Seek>(header: &mut Header<R>, start: u64, text: &[u8]) -> Result<bool, Fault> {
    for (at, byte) in (start..).zip(text) {
        if header.bytes(at)? != [*byte] {
            return Ok(false);
        }
    }
    Ok(true)
}
