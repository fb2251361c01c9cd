//! Baseline JPEG by libjpeg-turbo, colors at half resolution (4:2:0).

use domain::plan::{Color, Format};
use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

use super::failed;
use crate::Error;
use crate::pixels::{Channels, Pixels};

/// Gray stays gray; what is transparent is laid on the background.
pub(super) fn encode(pixels: Pixels, quality: u8, background: Color) -> Result<Vec<u8>, Error> {
    let pixels = pixels.flattened(background);
    let (format, sampling) = match pixels.channels() {
        Channels::Gray => (PixelFormat::GRAY, Subsamp::Gray),
        Channels::Rgb | Channels::Rgba => (PixelFormat::RGB, Subsamp::Sub2x2),
    };
    let image = Image {
        pixels: pixels.data(),
        width: pixels.width(),
        pitch: pixels.stride(),
        height: pixels.height(),
        format,
    };
    let compress = || {
        let mut compressor = Compressor::new()?;
        compressor.set_quality(quality.into())?;
        compressor.set_subsamp(sampling)?;
        compressor.compress_to_vec(image)
    };
    compress().map_err(|error: turbojpeg::Error| failed(Format::Jpeg, error))
}
