//! JPEG in strips and tiles, whose tables stand in a tag.

use domain::MediaType;
use turbojpeg::{Decompressor, Image, PixelFormat};

use super::chunk::Chunk;
use super::layout::Layout;
use crate::Error;
use crate::decode::jpeg::is_harmless;

/// Decodes a strip or tile to rows of samples, colors as RGB.
pub(super) fn decode<'a>(data: &[u8], layout: &Layout<'_>) -> Result<Chunk<'a>, Error> {
    let corrupt = |reason: &str| Error::corrupt(MediaType::Tiff, format!("a JPEG inside: {reason}"));
    if layout.bits != 8 {
        return Err(Error::unsupported(MediaType::Tiff, format!("JPEG of {} bits inside", layout.bits)));
    }
    let samples = if layout.is_planar { 1 } else { layout.samples };
    let format = match samples {
        1 => PixelFormat::GRAY,
        3 => PixelFormat::RGB,
        4 => PixelFormat::CMYK,
        _ => return Err(Error::unsupported(MediaType::Tiff, format!("JPEG of {samples} samples inside"))),
    };
    let jpeg = whole(data, layout);
    let fault = |error: turbojpeg::Error| corrupt(&error.to_string());
    let mut decompressor = Decompressor::new().map_err(fault)?;
    let header = decompressor.read_header(&jpeg).map_err(fault)?;
    let (width, height) = layout.chunk;
    // The last strip may be shorter than the others.
    if header.width != width || header.height > height {
        return Err(corrupt("another size than the strip or tile has"));
    }
    let pitch = width * samples;
    let mut pixels = vec![0; pitch * header.height];
    let image = Image { pixels: pixels.as_mut_slice(), width, pitch, height: header.height, format };
    match decompressor.decompress(&jpeg, image) {
        Err(error) if !is_harmless(&error) => Err(fault(error)),
        Ok(()) | Err(_) => Ok(Chunk::Whole(pixels, 0)),
    }
}

/// The strip with its tables, and with a mark that says which colors it is in.
fn whole(data: &[u8], layout: &Layout<'_>) -> Vec<u8> {
    /// Adobe's marker, whose last byte says whether colors were transformed.
    const ADOBE: &[u8] = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0";
    let tables = layout.jpeg_tables;
    let tables = tables.strip_prefix(b"\xff\xd8").unwrap_or(tables);
    let tables = tables.strip_suffix(b"\xff\xd9").unwrap_or(tables);
    let transformed = u8::from(layout.jpeg_transformed);
    let data = data.strip_prefix(b"\xff\xd8").unwrap_or(data);
    [b"\xff\xd8", ADOBE, &[transformed], tables, data].concat()
}
