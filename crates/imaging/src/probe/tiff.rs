//! TIFF: the first directory, of offsets of 32 bits or, in a BigTIFF, of 64.

use std::io::{Read, Seek};

use domain::Orientation;

use super::Found;
use crate::exif;
use crate::header::{Fault, Header};

pub(super) fn walk<R: Read + Seek>(header: &mut Header<R>) -> Result<Found, Fault> {
    let is_big = matches!(header.bytes::<4>(0)?, [b'I', b'I', 43, 0] | [b'M', b'M', 0, 43]);
    let directory =
        if is_big { exif::first_big_directory(header)? } else { exif::first_directory(header, 0)? };
    let (Some(width), Some(height)) = (directory.width, directory.height) else {
        return Err(Fault::corrupt("its first directory says no size"));
    };
    let orientation = directory.orientation.unwrap_or(Orientation::UPRIGHT);
    Ok(Found::turned(width, height, orientation)?.with_exif(Some(0)))
}
