//! AVIF and its relatives: the primary item, with what cuts and turns it.

use std::io::{Read, Seek};

use super::Found;
use crate::container::Container;
use crate::header::{Fault, Header};

pub(super) fn walk<R: Read + Seek>(header: &mut Header<R>) -> Result<Found, Fault> {
    let container = Container::read(header)?;
    let shown = container.shown(container.picture())?;
    let size = shown.part.size;
    let found = Found::turned(size.width(), size.height(), shown.orientation)?;
    let exif = match container.exif() {
        // The block begins with how far its TIFF structure is away.
        Some(start) => header.u32_be(start).ok().map(|skipped| start + 4 + u64::from(skipped)),
        None => None,
    };
    Ok(found.with_exif(exif))
}
