//! Smooth enlarging of what was blurred at a fraction of its size: Catmull-Rom of
//! fast_image_resize, on samples as they are.
//!
//! The library's own choice by pixel type would compile its vector code for 13 types in
//! this crate, minutes of it; three are used.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::{U8, U8x3, U8x4};
use fast_image_resize::{FilterType, MulDiv, PixelTrait, ResizeAlg, ResizeOptions, Resizer};

use crate::Error;
use crate::pixels::{Channels, Pixels};

/// The part of an image that is enlarged, in pixels; it may begin and end within one.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Enlarges a part of `from` over the whole of `to`, which has the same channels. Colors
/// with alpha are premultiplied on both sides.
pub(super) fn enlarge(from: &Pixels, part: Part, to: &mut Pixels) -> Result<(), Error> {
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom))
        .use_alpha(false)
        .crop(part.left, part.top, part.width, part.height);
    match from.channels() {
        Channels::Gray => enlarge_typed::<U8>(from, to, &options),
        Channels::Rgb => enlarge_typed::<U8x3>(from, to, &options),
        Channels::Rgba => enlarge_typed::<U8x4>(from, to, &options),
    }
}

fn enlarge_typed<P: PixelTrait>(
    from: &Pixels,
    to: &mut Pixels,
    options: &ResizeOptions,
) -> Result<(), Error> {
    let (from_size, to_size) = (from.size(), to.size());
    let from = TypedImageRef::<P>::from_buffer(from_size.width(), from_size.height(), from.data())
        .map_err(misuse)?;
    let mut to =
        TypedImage::<P>::from_buffer(to_size.width(), to_size.height(), to.data_mut()).map_err(misuse)?;
    Resizer::new().resize_typed(&from, &mut to, options).map_err(misuse)
}

/// Multiplies the colors with alpha. Without alpha nothing changes.
pub(crate) fn premultiply(pixels: &mut Pixels) -> Result<(), Error> {
    change_alpha(pixels, |image| MulDiv::new().multiply_alpha_inplace_typed(image).map_err(misuse))
}

/// Divides the colors by alpha. Without alpha nothing changes.
pub(crate) fn unpremultiply(pixels: &mut Pixels) -> Result<(), Error> {
    change_alpha(pixels, |image| MulDiv::new().divide_alpha_inplace_typed(image).map_err(misuse))
}

fn change_alpha(
    pixels: &mut Pixels,
    change: impl Fn(&mut TypedImage<'_, U8x4>) -> Result<(), Error>,
) -> Result<(), Error> {
    if pixels.channels() != Channels::Rgba {
        return Ok(());
    }
    let size = pixels.size();
    let image = TypedImage::from_buffer(size.width(), size.height(), pixels.data_mut());
    change(&mut image.map_err(misuse)?)
}

/// The library refused what it was given, which is a mistake in this crate and no
/// property of the image.
fn misuse(error: impl std::fmt::Display) -> Error {
    Error::Panicked { reason: format!("fast_image_resize: {error}") }
}
