//! JPEG by libjpeg-turbo.

use std::borrow::Cow;

use domain::Size;
use domain::plan::Source;
use turbojpeg::{Colorspace, DecompressHeader, Decompressor, Image, PixelFormat, ScalingFactor};

use super::jpeg_segments::{Frame, Segments};
use super::{Decoded, Needs, check_size};
use crate::Error;
use crate::inks::Inks;
use crate::pixels::{Channels, Pixels, reduced_size};

/// Scans of a progressive image. Encoders write about ten; a few kilobytes can hold
/// thousands, each of which is a pass over the whole image.
const MAX_SCANS: u32 = 500;

/// Pixels along a side of the units that coefficients come in where colors have half the
/// resolution.
const UNIT: u32 = 16;

/// Complaints of the library that lose no pixel; every other one means lost data.
const HARMLESS: [&str; 2] = [STRAY, "invalid sos parameters for sequential jpeg"];
/// Of bytes between two segments, or behind the last.
const STRAY: &str = "extraneous bytes before marker";

/// The marker that ends an image.
const END: [u8; 2] = [0xff, 0xd9];

pub(super) fn decode(original: &[u8], source: &Source, reduction: u32) -> Result<Decoded, Error> {
    let corrupt = |reason: &str| Error::corrupt(source.media_type, reason);
    let segments = Segments::of(original).ok_or_else(|| corrupt("it has no scan"))?;
    let frame = segments.frame().ok_or_else(|| corrupt("it has no whole frame header"))?;
    if frame.precision != 8 {
        let reason = format!("{} bits a sample", frame.precision);
        return Err(Error::unsupported(source.media_type, reason));
    }
    check_memory(&frame, source, reduction)?;

    let fault = |error: turbojpeg::Error| corrupt(&reason(&error));
    let mut decompressor = Decompressor::new().map_err(fault)?;
    decompressor.set_scan_limit(MAX_SCANS).map_err(fault)?;
    // What lacks nothing but its end mark lacks no pixel. The library complains of that
    // alone and, since only its first complaint is told, would say nothing of lost data.
    let mended = (!segments.has_end()).then(|| [segments.tidied(), END.to_vec()].concat());
    let file = mended.as_deref().unwrap_or(original);
    let (jpeg, header) = read_header(&mut decompressor, file, &segments).map_err(fault)?;
    check_size(source, header.width as u64, header.height as u64)?;

    let (format, channels) = match header.colorspace {
        Colorspace::Gray => (PixelFormat::GRAY, Channels::Gray),
        Colorspace::RGB | Colorspace::YCbCr => (PixelFormat::RGB, Channels::Rgb),
        Colorspace::CMYK | Colorspace::YCCK => (PixelFormat::CMYK, Channels::Rgb),
    };
    // A lossless one has no blocks to leave a part out of.
    let reduction = if header.is_lossless { 1 } else { reduction };
    decompressor.set_scaling_factor(ScalingFactor::new(1, reduction as usize)).map_err(fault)?;
    let size = reduced_size(source.size, reduction);
    let (width, height) = (size.width() as usize, size.height() as usize);
    let pitch = width * format.size();
    let mut data = vec![0; pitch * height];
    let image = Image { pixels: data.as_mut_slice(), width, pitch, height, format };
    if let Err(error) = decompressor.decompress(&jpeg, image)
        && !(is_harmless(&error) && (mended.is_none() || reason(&error).contains(STRAY)))
    {
        return Err(fault(error));
    }
    let is_cmyk = format == PixelFormat::CMYK;
    let mut profile = segments.profile();
    if is_cmyk {
        // Adobe stores what an ink leaves of the paper.
        if segments.has_adobe_marker() {
            data.iter_mut().for_each(|ink| *ink = 255 - *ink);
        }
        Inks::new(profile.take().as_deref()).convert(&mut data);
    }
    let pixels = Pixels::new(size, channels, data);
    let pixels = pixels.ok_or_else(|| corrupt("it decodes to another number of bytes"))?;
    Ok(Decoded { pixels, reduction, profile })
}

/// Reads the header. The wrapper takes a warning for a failure, so where there is one,
/// the image is tried again without what it can be about.
fn read_header<'a>(
    decompressor: &mut Decompressor,
    original: &'a [u8],
    segments: &Segments<'_>,
) -> Result<(Cow<'a, [u8]>, DecompressHeader), turbojpeg::Error> {
    if let Ok(header) = decompressor.read_header(original) {
        return Ok((Cow::Borrowed(original), header));
    }
    let tidied = segments.tidied();
    let header = decompressor.read_header(&tidied)?;
    Ok((Cow::Owned(tidied), header))
}

/// All coefficients if it is progressive, those of whole blocks; and pixels, of four inks if
/// it is for print, which become three colors in the same buffer.
pub(super) fn needs(original: Option<&[u8]>, size: Size, reduction: u32) -> Needs {
    /// What the library holds of a row of units, for a pixel of width.
    const ROWS_BYTES: u64 = 96;

    let side = |side: u32| side.next_multiple_of(UNIT);
    let whole = Size::new(side(size.width()), side(size.height())).unwrap_or(size);
    let segments = original.and_then(Segments::of);
    let Some((segments, frame)) = segments.as_ref().and_then(|segments| Some((segments, segments.frame()?)))
    else {
        let peak = coefficients_and_pixels(whole, reduction) + u64::from(whole.width()) * ROWS_BYTES;
        return Needs { peak, channels: 3, pixel_bytes: 4, has_profile: true };
    };
    let (channels, pixel_bytes) = match frame.sampling.len() {
        1 => (1, 1),
        4 => (3, 4),
        _ => (3, 3),
    };
    let coefficients = if frame.holds_coefficients { frame.samples(whole) * 2 } else { 0 };
    // What lacks its end is copied, so that it has one.
    let mended = if segments.has_end() { 0 } else { original.map_or(0, <[u8]>::len) as u64 };
    let beside = coefficients + mended + u64::from(whole.width()) * ROWS_BYTES;
    Needs {
        peak: reduced_size(size, reduction).pixels() * pixel_bytes + beside,
        channels,
        pixel_bytes,
        has_profile: segments.profile().is_some(),
    }
}

/// Three channels of full size, the coefficients in two bytes each.
fn coefficients_and_pixels(size: Size, reduction: u32) -> u64 {
    size.pixels() * 6 + reduced_size(size, reduction).pixels() * 3
}

/// A progressive image is held as coefficients of two bytes, beside its pixels.
fn check_memory(frame: &Frame, source: &Source, reduction: u32) -> Result<(), Error> {
    if !frame.holds_coefficients {
        return Ok(());
    }
    let inks = if frame.sampling.len() == 4 { 4 } else { 3 };
    let bytes = reduced_size(source.size, reduction).pixels() * inks + frame.samples(source.size) * 2;
    if bytes > coefficients_and_pixels(source.size, reduction) {
        return Err(Error::unsupported(source.media_type, "four progressive channels of full size"));
    }
    Ok(())
}

/// Whether a complaint is of nothing that a pixel could be lost by.
pub(super) fn is_harmless(error: &turbojpeg::Error) -> bool {
    let reason = reason(error);
    HARMLESS.iter().any(|harmless| reason.contains(harmless))
}

fn reason(error: &turbojpeg::Error) -> String {
    let text = if let turbojpeg::Error::TurboJpegError(message) = error {
        message.clone()
    } else {
        error.to_string()
    };
    text.strip_prefix("Corrupt JPEG data: ").unwrap_or(&text).to_lowercase()
}
