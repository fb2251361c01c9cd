//! ICO: the largest picture, which is a whole PNG or half a BMP.
//!
//! The decoder of the `image` crate chooses by color depth and takes no PNG but RGBA, so
//! the picture is chosen here, and a PNG goes to our own decoder.

use std::io::Cursor;

use domain::plan::Source;
use image::codecs::ico::IcoDecoder;

use super::{Decoded, image_error, png, with_image_decoder};
use crate::Error;
use crate::header::{Fault, Header};
use crate::probe::ico::largest_entry;

/// The header of an icon with one picture.
const ONE_PICTURE: [u8; 6] = [0, 0, 1, 0, 1, 0];

/// Behind that header and one entry of 16 bytes.
const PICTURE_OFFSET: u8 = 22;

pub(super) fn decode(original: &[u8], source: &Source) -> Result<Decoded, Error> {
    let corrupt = |reason: &str| Error::corrupt(source.media_type, reason);
    let entry = Header::new(Cursor::new(original))
        .map_err(Fault::from)
        .and_then(|mut header| largest_entry(&mut header))
        .map_err(|fault| match fault {
            Fault::Corrupt(reason) => corrupt(&reason),
            Fault::Io(error) => corrupt(&error.to_string()),
        })?;
    let picture = usize::try_from(entry.offset).ok().and_then(|offset| original.get(offset..));
    let picture = picture.ok_or_else(|| corrupt("its picture lies outside the file"))?;
    let length = usize::try_from(entry.length).unwrap_or(usize::MAX);
    // Writers get the length wrong; what is there is tried.
    let picture = picture.get(..length).unwrap_or(picture);
    if entry.is_png {
        return png::decode(picture, source);
    }

    // An icon of this picture alone, so that the decoder has nothing to choose.
    let side = |pixels: u32| u8::try_from(pixels).unwrap_or(0);
    let [_, _, colors, reserved, p0, p1, b0, b1, ..] = entry.fields;
    let (width, height) = (side(source.size.width()), side(source.size.height()));
    let [l0, l1, l2, l3] = u32::try_from(picture.len()).unwrap_or(u32::MAX).to_le_bytes();
    let fields = [width, height, colors, reserved, p0, p1, b0, b1, l0, l1, l2, l3, PICTURE_OFFSET, 0, 0, 0];
    let icon = [ONE_PICTURE.as_slice(), &fields, picture].concat();
    let decoder = IcoDecoder::new(Cursor::new(icon)).map_err(|error| image_error(source, &error))?;
    with_image_decoder(decoder, source)
}
