//! Reads what an image is from its header: type, size, orientation and number of frames.
//!
//! One file per format, each a walker that jumps from field to field. None of them
//! keeps a payload, so the cost is the same for a thumbnail and for a bomb.

mod bmp;
mod foreign;
mod gif;
mod heif;
pub(crate) mod ico;
mod jpeg;
mod jxl;
mod png;
mod signature;
mod tiff;
mod webp;

use std::io::{Cursor, Read, Seek};

use domain::plan::Source;
use domain::{MediaType, Orientation, Size};

use crate::ProbeError;
use crate::header::{Fault, Header};

/// What a walker finds.
struct Found {
    size: Size,
    orientation: Orientation,
    /// Where an Exif block begins, if one was met.
    exif: Option<u64>,
    /// At least 1.
    frames: u32,
}

impl Found {
    /// An upright image of this size, unless a side is zero.
    fn upright(width: u32, height: u32) -> Result<Self, Fault> {
        Self::turned(width, height, Orientation::UPRIGHT)
    }

    fn turned(width: u32, height: u32, orientation: Orientation) -> Result<Self, Fault> {
        let size = Size::new(width, height)
            .ok_or_else(|| Fault::corrupt(format!("a size of {width}×{height} pixels")))?;
        Ok(Self { size, orientation, exif: None, frames: 1 })
    }

    /// The same with an Exif block.
    fn with_exif(self, start: Option<u64>) -> Self {
        Self { exif: start, ..self }
    }

    /// The same with so many frames; none is one.
    fn with_frames(self, frames: u32) -> Self {
        Self { frames: frames.max(1), ..self }
    }
}

/// Reads media type, size, orientation and number of frames from the header alone.
///
/// Reads at most 256 KiB and decodes no pixels, whatever the file claims.
pub fn probe<R: Read + Seek>(reader: R) -> Result<Source, ProbeError> {
    let mut header = Header::new(reader)?;
    let beginning = match header.beginning() {
        Ok(beginning) => beginning,
        Err(Fault::Io(error)) => return Err(ProbeError::Io(error)),
        Err(Fault::Corrupt(_)) => Vec::new(),
    };
    let Some(media_type) = signature::recognise(&beginning) else {
        return Err(ProbeError::NotAnImage { looks_like: foreign::guess(&beginning) });
    };
    match walk(&mut header, media_type) {
        Ok(Found { size, orientation, frames, .. }) => Ok(Source { media_type, size, orientation, frames }),
        Err(fault) => Err(fault.into_probe_error(media_type)),
    }
}

/// Where the Exif block of an image begins, if it has one; in a TIFF that is all of it.
pub(crate) fn exif_start(original: &[u8]) -> Option<u64> {
    let mut header = Header::new(Cursor::new(original)).ok()?;
    let media_type = signature::recognise(&header.beginning().ok()?)?;
    walk(&mut header, media_type).ok()?.exif
}

fn walk<R: Read + Seek>(header: &mut Header<R>, media_type: MediaType) -> Result<Found, Fault> {
    match media_type {
        MediaType::Jpeg => jpeg::walk(header),
        MediaType::Png => png::walk(header),
        MediaType::Gif => gif::walk(header),
        MediaType::Webp => webp::walk(header),
        MediaType::Avif | MediaType::Heic => heif::walk(header),
        MediaType::Jxl => jxl::walk(header),
        MediaType::Tiff => tiff::walk(header),
        MediaType::Bmp => bmp::walk(header),
        MediaType::Ico => ico::walk(header),
    }
}
