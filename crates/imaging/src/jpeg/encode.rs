//! Writes pixels as a JPEG.

use super::write::{Content, PictureWriter, Sampling, Scan};
use crate::Error;
use crate::pixels::{Channels, Pixels};
use domain::Size;

/// Rows that are taken at once.
const ROWS: usize = 8;

/// From this quality on, colors keep all of their resolution: whoever asks for so much can
/// see red text go soft.
pub(crate) const FULL_COLOR_QUALITY: u8 = 90;

/// How a picture of these channels is stored.
fn sampling(channels: Channels, is_full: bool) -> Sampling {
    match channels {
        Channels::Gray => Sampling::Gray,
        Channels::Rgb | Channels::Rgba if is_full => Sampling::Full,
        Channels::Rgb | Channels::Rgba => Sampling::Half,
    }
}

/// The file at a quality of 1 to 100, with a sample of color for each pixel or for each four.
/// Alpha is left out. `go_on` is asked every few rows.
pub(crate) fn encoded(
    pixels: &Pixels,
    quality: u8,
    is_full: bool,
    content: Content,
    go_on: &dyn Fn() -> Result<(), Error>,
) -> Result<Vec<u8>, Error> {
    let mut writer =
        PictureWriter::new(pixels.size(), sampling(pixels.channels(), is_full), quality, content);
    let width = pixels.width();
    let channels = if pixels.channels() == Channels::Gray { 1 } else { 3 };
    let mut strip = vec![vec![[0.0; ROWS]; width]; channels];
    for rows in pixels.data().chunks(pixels.stride() * ROWS) {
        go_on()?;
        let count = rows.len() / pixels.stride();
        for (index, row) in rows.chunks_exact(pixels.stride()).enumerate() {
            match pixels.channels() {
                Channels::Gray => take_row::<1>(row, index, &mut strip),
                Channels::Rgb => take_row::<3>(row, index, &mut strip),
                Channels::Rgba => take_row::<4>(row, index, &mut strip),
            }
        }
        writer.strip(&strip, count);
    }
    Ok(writer.finish())
}

/// The bytes that writing a picture of this size takes, at most: what is kept before its codes
/// are known, a row of units, and the result.
pub(crate) fn encoding_bytes(size: Size, is_gray: bool, quality: u8, blur: Option<f64>) -> u64 {
    /// Samples of a strip and of a row of units, of a pixel of width.
    const ROWS_BYTES: u64 = 8 * 4 * 6;

    // Noise takes 1.1 bytes a pixel up to a quality of 80, and 2.6 at 100, half of it for
    // what is not color; the file grows by an eighth, and is there twice while it does. A blur
    // leaves less the wider it is.
    let twentieths = 22 + u64::from(quality.saturating_sub(80)) * 3 / 2;
    let twentieths = if is_gray { twentieths / 2 } else { twentieths };
    let noise = size.pixels() * twentieths / 20 * 17 / 8;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it becomes less")]
    let file = blur.map_or(noise, |sigma| (noise as f64 / sigma.max(1.0)) as u64);
    u64::from(size.width()) * ROWS_BYTES + Scan::most_held_bytes(size) + file
}

/// Puts a row of pixels in its place in a strip.
fn take_row<const N: usize>(row: &[u8], index: usize, strip: &mut [Vec<[f32; ROWS]>]) {
    for (channel, columns) in strip.iter_mut().enumerate() {
        for (pixel, column) in row.as_chunks::<N>().0.iter().zip(columns) {
            if let (Some(sample), Some(place)) = (pixel.get(channel), column.get_mut(index)) {
                *place = f32::from(*sample);
            }
        }
    }
}
