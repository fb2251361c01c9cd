//! TIFF: the first directory.

use std::io::{Read, Seek};

use domain::Orientation;

use super::Found;
use crate::exif;
use crate::header::{Fault, Header};

pub(super) fn walk<R: Read + Seek>(header: &mut Header<R>) -> Result<Found, Fault> {
    let directory = exif::first_directory(header, 0)?;
    let (Some(width), Some(height)) = (directory.width, directory.height) else {
        return Err(Fault::corrupt("its first directory says no size"));
    };
    let orientation = directory.orientation.unwrap_or(Orientation::UPRIGHT);
    Ok(Found::turned(width, height, orientation)?.with_exif(Some(0)))
}
