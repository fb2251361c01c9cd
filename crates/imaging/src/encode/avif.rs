//! AVIF by ravif, which is rav1e: 8 bits, colors at full resolution, with alpha, on the
//! thread that asks for it.

use domain::plan::Format;
use ravif::{BitDepth, Encoder, Img};
use rgb::FromSlice as _;

use super::failed;
use crate::Error;
use crate::pixels::Pixels;

/// At the same PSNR an eighth fewer bytes than the fastest, 10, for a third more time; 8
/// takes three times as long again.
const SPEED: u8 = 9;

/// Takes pixels with alpha only. An alpha channel that says nothing is left out by ravif,
/// whose other entry, for RGB, is inlined: it would compile the whole of rav1e once more,
/// in this crate.
pub(super) fn encode(pixels: &Pixels, quality: u8) -> Result<Vec<u8>, Error> {
    let (width, height) = (pixels.width(), pixels.height());
    // An edge of the alpha is an edge of the picture, so it is given half of what the
    // quality leaves to be lost.
    let alpha_quality = quality.midpoint(100);
    let encoder = Encoder::new()
        .with_quality(quality.into())
        .with_alpha_quality(alpha_quality.into())
        .with_speed(SPEED)
        .with_bit_depth(BitDepth::Eight)
        .with_num_threads(Some(1));
    let encoded = encoder.encode_rgba(Img::new(pixels.data().as_rgba(), width, height));
    Ok(encoded.map_err(|error| failed(Format::Avif, error))?.avif_file)
}

/// Three or four planes, as they are and as they come out, and what is kept of each block:
/// 20 to 28 bytes a pixel of a photo, and 72 of noise.
pub(super) fn peak_bytes(pixels: u64) -> u64 {
    /// Tables, and the first of every buffer.
    const FIXED_BYTES: u64 = 3 << 20;

    FIXED_BYTES + pixels * 76
}
