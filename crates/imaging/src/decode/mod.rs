//! Decodes an original to pixels, one file per format.
//!
//! Every decoder checks the size that it finds against the source before it asks for
//! pixels, and has its own limits set: a limit on one object says nothing of the next.

mod bmp;
mod gif;
mod ico;
mod jpeg;
mod jpeg_segments;
mod png;
pub(crate) mod reduction;
mod tiff;
mod webp;

pub(crate) use jpeg_segments::Segments;

use domain::plan::Source;
use domain::{MediaType, Size};
use image::{DynamicImage, ImageDecoder, ImageError};

use crate::Error;
use crate::pixels::{Channels, Pixels};

/// A decoded image.
pub(crate) struct Decoded {
    pub(crate) pixels: Pixels,
    /// Pixels of a row, and rows, of the original that became one; 1 unless it is a JPEG.
    /// The last ones of the image are then only in part within the picture.
    pub(crate) reduction: u32,
    /// The ICC profile, if it has one.
    pub(crate) profile: Option<Vec<u8>>,
}

/// Decodes an original, at a fraction of its size if the format can; of animations the
/// first frame.
pub(crate) fn decode(original: &[u8], source: &Source, reduction: u32) -> Result<Decoded, Error> {
    let decoded = match source.media_type {
        MediaType::Jpeg => jpeg::decode(original, source, reduction),
        MediaType::Png => png::decode(original, source),
        MediaType::Gif => gif::decode(original, source),
        MediaType::Webp => webp::decode(original, source),
        MediaType::Tiff => tiff::decode(original, source),
        MediaType::Bmp => bmp::decode(original, source),
        MediaType::Ico => ico::decode(original, source),
        MediaType::Avif => Err(Error::unsupported(source.media_type, "not decoded here")),
    }?;
    Ok(Decoded { pixels: decoded.pixels.without_idle_alpha(), ..decoded })
}

/// Refuses a decoder that found another size than the source has.
fn check_size(source: &Source, width: u64, height: u64) -> Result<(), Error> {
    let found = match (u32::try_from(width), u32::try_from(height)) {
        (Ok(width), Ok(height)) => Size::new(width, height),
        _ => None,
    };
    match found {
        Some(size) if size == source.size => Ok(()),
        Some(size) => Err(Error::Mismatch { expected: *source, found: Source { size, ..*source } }),
        None => Err(Error::corrupt(source.media_type, format!("a size of {width}×{height} pixels"))),
    }
}

/// Pixels of the source's size over these bytes.
fn pixels(source: &Source, channels: Channels, data: Vec<u8>) -> Result<Pixels, Error> {
    Pixels::new(source.size, channels, data)
        .ok_or_else(|| Error::corrupt(source.media_type, "it decodes to another number of bytes"))
}

/// Runs one of the decoders of the `image` crate within limits made for this source.
fn with_image_decoder(mut decoder: impl ImageDecoder, source: &Source) -> Result<Decoded, Error> {
    /// For tables and strips beside the pixels.
    const SPARE_BYTES: u64 = 16 << 20;

    let (width, height) = decoder.dimensions();
    check_size(source, width.into(), height.into())?;
    let mut limits = image::Limits::no_limits();
    limits.max_image_width = Some(source.size.width());
    limits.max_image_height = Some(source.size.height());
    limits.max_alloc = Some(decoder.total_bytes().saturating_mul(2).saturating_add(SPARE_BYTES));
    let fault = |error| image_error(source, &error);
    decoder.set_limits(limits).map_err(fault)?;
    // A profile that cannot be read is as good as none.
    let profile = decoder.icc_profile().ok().flatten();
    let image = DynamicImage::from_decoder(decoder).map_err(fault)?;
    let color = image.color();
    let (channels, data) = if color.has_alpha() {
        (Channels::Rgba, image.into_rgba8().into_raw())
    } else if color.has_color() {
        (Channels::Rgb, image.into_rgb8().into_raw())
    } else {
        (Channels::Gray, image.into_luma8().into_raw())
    };
    Ok(Decoded { pixels: pixels(source, channels, data)?, reduction: 1, profile })
}

/// What a failure of the `image` crate means.
fn image_error(source: &Source, error: &ImageError) -> Error {
    let media_type = source.media_type;
    match error {
        ImageError::Unsupported(_) => Error::unsupported(media_type, error.to_string()),
        ImageError::Decoding(_)
        | ImageError::Encoding(_)
        | ImageError::Parameter(_)
        | ImageError::Limits(_)
        | ImageError::IoError(_) => Error::corrupt(media_type, error.to_string()),
    }
}
