//! Encodes pixels, one file per format. No metadata is written.

mod jpeg;
mod png;
mod webp;

use domain::plan::{Color, Format, Plan, Quality};

use crate::Error;
use crate::pixels::Pixels;

/// Encodes the result of a plan.
pub(crate) fn encode(pixels: Pixels, plan: &Plan) -> Result<Vec<u8>, Error> {
    let pixels = pixels.without_idle_alpha();
    let quality = plan.quality.unwrap_or(Quality::DEFAULT).get();
    match plan.format {
        Format::Jpeg => jpeg::encode(pixels, quality, plan.background.unwrap_or(Color::WHITE)),
        Format::Png => png::encode(&pixels),
        Format::Webp => webp::encode(pixels, quality),
    }
}

/// A failure of the encoder.
fn failed(format: Format, reason: impl std::fmt::Display) -> Error {
    Error::Encode { format, reason: reason.to_string() }
}
