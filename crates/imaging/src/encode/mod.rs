//! Encodes pixels, one file per format. No metadata is written.

mod avif;
mod jpeg;
mod png;
mod webp;
mod within;

use domain::plan::{Color, Format, Plan, Quality};

use crate::Error;
use crate::pixels::{Channels, Pixels};

/// Encodes the result of a plan. `go_on` is asked before each time that it is encoded.
pub(crate) fn encode(
    pixels: Pixels,
    plan: &Plan,
    go_on: &dyn Fn() -> Result<(), Error>,
) -> Result<Vec<u8>, Error> {
    let pixels = prepared(pixels.without_idle_alpha(), plan);
    let encode = |quality| {
        go_on()?;
        match plan.format {
            Format::Jpeg => jpeg::encode(&pixels, quality, plan, go_on),
            Format::Png => png::encode(&pixels),
            Format::Webp => webp::encode(&pixels, quality),
            Format::Avif => avif::encode(&pixels, quality),
        }
    };
    match plan.max_bytes {
        Some(max_bytes) => within::within(max_bytes, plan.format, plan.quality, &encode),
        None => encode(plan.quality.unwrap_or(Quality::DEFAULT).get()),
    }
}

/// The pixels as the format takes them, however often they are encoded.
fn prepared(pixels: Pixels, plan: &Plan) -> Pixels {
    match (plan.format, pixels.channels()) {
        (Format::Jpeg, _) => pixels.flattened(plan.background.unwrap_or(Color::WHITE)),
        (Format::Webp, Channels::Gray) => pixels.widened(Channels::Rgb),
        (Format::Avif, _) => pixels.widened(Channels::Rgba),
        (Format::Png | Format::Webp, _) => pixels,
    }
}

/// A failure of the encoder.
fn failed(format: Format, reason: impl std::fmt::Display) -> Error {
    Error::Encode { format, reason: reason.to_string() }
}
