//! GIF by the `image` crate: the first frame on the logical screen.

use std::borrow::Cow;
use std::io::Cursor;

use domain::plan::Source;
use image::codecs::gif::GifDecoder;

use super::{Decoded, image_error, with_image_decoder};
use crate::Error;

/// Where the screen's width and height stand.
const SCREEN: std::ops::Range<usize> = 6..10;

pub(super) fn decode(original: &[u8], source: &Source) -> Result<Decoded, Error> {
    let enlarged = with_screen(original, source);
    let decoder = GifDecoder::new(Cursor::new(enlarged)).map_err(|error| image_error(source, &error))?;
    with_image_decoder(decoder, source)
}

/// The decoder cuts the first frame to the screen, so a screen that is too small for it
/// is made as large as the source is.
fn with_screen<'a>(original: &'a [u8], source: &Source) -> Cow<'a, [u8]> {
    let side = |side: u32| u16::try_from(side).unwrap_or(u16::MAX).to_le_bytes();
    let screen = [side(source.size.width()), side(source.size.height())].concat();
    if original.get(SCREEN) == Some(&screen) {
        return Cow::Borrowed(original);
    }
    let mut file = original.to_vec();
    if let Some(place) = file.get_mut(SCREEN) {
        place.copy_from_slice(&screen);
    }
    Cow::Owned(file)
}
