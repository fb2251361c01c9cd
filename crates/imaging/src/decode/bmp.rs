//! BMP by the `image` crate.

use std::io::Cursor;

use domain::plan::Source;
use image::codecs::bmp::BmpDecoder;

use super::{Decoded, image_error, with_image_decoder};
use crate::Error;

pub(super) fn decode(original: &[u8], source: &Source) -> Result<Decoded, Error> {
    let decoder = BmpDecoder::new(Cursor::new(original)).map_err(|error| image_error(source, &error))?;
    with_image_decoder(decoder, source)
}
