//! WebP by libwebp, lossy or not, with alpha.

use domain::plan::Format;
use webp::{Encoder, PixelLayout, WebPConfig};

use super::failed;
use crate::Error;
use crate::pixels::{Channels, Pixels};

/// A third of the time of the default, 4, for 3 % more bytes.
const METHOD: i32 = 2;

/// Colors only; gray is to be widened.
pub(super) fn encode(pixels: &Pixels, quality: Option<u8>) -> Result<Vec<u8>, Error> {
    let layout = if pixels.channels() == Channels::Rgba { PixelLayout::Rgba } else { PixelLayout::Rgb };
    let config = config(quality)?;
    let encoder = Encoder::new(pixels.data(), layout, pixels.size().width(), pixels.size().height());
    let file =
        encoder.encode_advanced(&config).map_err(|error| failed(Format::Webp, format!("{error:?}")))?;
    Ok(file.to_vec())
}

/// How a picture of this quality is encoded; without one it loses nothing.
pub(super) fn config(quality: Option<u8>) -> Result<WebPConfig, Error> {
    /// How hard the lossless encoder tries, of 100: a tenth more bytes for a third of the time.
    const LOSSLESS_EFFORT: f32 = 20.0;

    let mut config =
        WebPConfig::new().map_err(|()| failed(Format::Webp, "the library has another version"))?;
    config.method = METHOD;
    config.quality = quality.map_or(LOSSLESS_EFFORT, f32::from);
    config.lossless = i32::from(quality.is_none());
    Ok(config)
}

/// The planes of the library and the result; for alpha, which is lossless, also what its
/// encoder looks for matches with: most in noise.
pub(super) fn peak_bytes(pixels: u64, channels: u64, quality: u8, is_soft: bool) -> u64 {
    let colors = if quality > 80 { 12 } else { 8 };
    let alpha = if is_soft { 14 } else { 30 };
    pixels * if channels == 4 { colors + alpha } else { colors }
}
