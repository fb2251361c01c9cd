//! TIFF by the `image` crate: the first page.

use std::io::Cursor;

use domain::plan::Source;
use image::codecs::tiff::TiffDecoder;

use super::{Decoded, image_error, with_image_decoder};
use crate::Error;

pub(super) fn decode(original: &[u8], source: &Source) -> Result<Decoded, Error> {
    let decoder = TiffDecoder::new(Cursor::new(original)).map_err(|error| image_error(source, &error))?;
    with_image_decoder(decoder, source)
}
