//! Makes each square of pixels its mean, from the top left corner on; the last squares are
//! as large as what is left. Colors count as much as they are visible.

use crate::Error;
use crate::job::{Frame, Held, Job, Step};
use crate::pixels::{Channels, Pixels};

pub(crate) const STEP: Step = Step { apply, peak: Held::in_place };

fn apply(mut frame: Frame, job: &mut Job<'_>) -> Result<Frame, Error> {
    let Some(block) = job.plan.pixelate else {
        return Ok(frame);
    };
    let side = usize::from(block.pixels());
    let pixels = &mut frame.pixels;
    match pixels.channels() {
        Channels::Gray => pixelate::<1>(pixels, side, |pixel| pixel.map(u64::from), plain_mean),
        Channels::Rgb => pixelate::<3>(pixels, side, |pixel| pixel.map(u64::from), plain_mean),
        Channels::Rgba => pixelate::<4>(pixels, side, premultiplied, visible_mean),
    }
    Ok(frame)
}

/// Adds up what `weigh` makes of the pixels of each square, and fills it with what `mean`
/// makes of the sums and the number of pixels.
fn pixelate<const N: usize>(
    pixels: &mut Pixels,
    side: usize,
    weigh: impl Fn([u8; N]) -> [u64; N],
    mean: impl Fn([u64; N], u64) -> [u8; N],
) {
    let stride = pixels.stride();
    let mut sums = vec![([0u64; N], 0u64); pixels.width().div_ceil(side)];
    for band in pixels.data_mut().chunks_mut(stride * side) {
        sums.fill(([0; N], 0));
        for row in band.chunks_exact(stride) {
            let (row, _) = row.as_chunks::<N>();
            for ((sum, count), square) in sums.iter_mut().zip(row.chunks(side)) {
                *count += square.len() as u64;
                for pixel in square {
                    for (sum, sample) in sum.iter_mut().zip(weigh(*pixel)) {
                        *sum += sample;
                    }
                }
            }
        }
        for row in band.chunks_exact_mut(stride) {
            let (row, _) = row.as_chunks_mut::<N>();
            for ((sum, count), square) in sums.iter().zip(row.chunks_mut(side)) {
                square.fill(mean(*sum, *count));
            }
        }
    }
}

fn plain_mean<const N: usize>(sums: [u64; N], count: u64) -> [u8; N] {
    sums.map(|sum| rounded(sum, count))
}

fn premultiplied([r, g, b, alpha]: [u8; 4]) -> [u64; 4] {
    let weight = u64::from(alpha);
    [u64::from(r) * weight, u64::from(g) * weight, u64::from(b) * weight, weight]
}

fn visible_mean(sums: [u64; 4], count: u64) -> [u8; 4] {
    let [r, g, b, alpha] = sums;
    let [r, g, b] = [r, g, b].map(|sum| rounded(sum, alpha));
    [r, g, b, rounded(alpha, count)]
}

/// The nearest whole quotient, 0 of nothing.
fn rounded(sum: u64, count: u64) -> u8 {
    (sum + count / 2).checked_div(count).and_then(|mean| u8::try_from(mean).ok()).unwrap_or(0)
}
