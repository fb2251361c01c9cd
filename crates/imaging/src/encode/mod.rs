//! Encodes pixels, one file per format. No metadata is written.

mod animation;
mod avif;
mod jpeg;
mod png;
mod tiff;
mod webp;
mod within;

pub(crate) use animation::Animation;

use domain::plan::{Color, Format, Plan, Quality};

use crate::Error;
use crate::job::Held;
use crate::pixels::{Channels, Pixels};

/// From this blur on a result compresses well, whatever it shows.
const SOFT_SIGMA: f64 = 4.0;

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
            Format::Png => match plan.colors {
                Some(colors) => png::encode_palette(&pixels, colors),
                None => png::encode(&pixels),
            },
            Format::Webp => webp::encode(&pixels, Some(quality).filter(|_| !plan.lossless)),
            Format::Avif => avif::encode(&pixels, quality),
            Format::Gif => animation::still_gif(pixels.clone(), plan.colors),
            Format::Tiff => tiff::encode(&pixels),
        }
    };
    match plan.max_bytes {
        Some(max_bytes) => within::within(max_bytes, plan.format, plan.quality, &encode),
        None => encode(plan.quality.unwrap_or(Quality::DEFAULT).get()),
    }
}

/// The bytes that encoding takes at its peak, at most, the pixels included.
pub(crate) fn peak(held: &Held, plan: &Plan) -> u64 {
    let (pixels, channels) = (held.pixels, held.channels);
    let quality = plan.quality.unwrap_or(Quality::DEFAULT).get();
    let encoding = match plan.format {
        Format::Jpeg => jpeg::peak_bytes(held, quality, plan),
        Format::Png if plan.colors.is_some() => png::palette_peak_bytes(pixels),
        Format::Png => png::peak_bytes(held, plan),
        // Colors that lose nothing take what alpha takes.
        Format::Webp if plan.lossless => webp::peak_bytes(pixels, 4, quality, false),
        // Gray is made three channels.
        Format::Webp if channels == 1 => webp::peak_bytes(pixels, 3, quality, is_soft(plan)) + pixels * 3,
        Format::Webp => webp::peak_bytes(pixels, channels, quality, is_soft(plan)),
        Format::Avif => avif::peak_bytes(pixels),
        Format::Gif => animation::still_gif_bytes(pixels),
        Format::Tiff => tiff::peak_bytes(pixels * channels),
    };
    // While a better one is looked for, the best that fits is kept: a file, which is at most
    // a third of what it takes to make one.
    held.bytes + encoding + plan.max_bytes.map_or(0, |bytes| u64::from(bytes).min(encoding / 3))
}

/// Whether there is nothing fine in the result.
fn is_soft(plan: &Plan) -> bool {
    plan.blur.is_some_and(|sigma| sigma.pixels() >= SOFT_SIGMA)
        && plan.sharpen.is_none()
        && plan.pixelate.is_none()
}

/// The pixels as the format takes them, however often they are encoded.
fn prepared(pixels: Pixels, plan: &Plan) -> Pixels {
    match (plan.format, pixels.channels()) {
        (Format::Jpeg, _) => pixels.flattened(plan.background.unwrap_or(Color::WHITE)),
        (Format::Webp, Channels::Gray) => pixels.widened(Channels::Rgb),
        (Format::Avif, _) => pixels.widened(Channels::Rgba),
        (Format::Png | Format::Webp | Format::Gif | Format::Tiff, _) => pixels,
    }
}

/// A failure of the encoder.
fn failed(format: Format, reason: impl std::fmt::Display) -> Error {
    Error::Encode { format, reason: reason.to_string() }
}
