//! Turns the picture about its middle by less than a quarter, on a canvas that holds all of
//! it. What the picture leaves free of the canvas is transparent.
//!
//! Catmull-Rom (Keys 1981, a = −1/2) over the colors times their alpha; beyond its edges
//! the picture is continued by its last pixels. How much of a pixel at an edge the picture
//! covers is taken from the distance of its middle to the edge, so that edges are smooth
//! without mixing into the colors. Only products and sums, so that the result is the same
//! on every machine.

use domain::Size;
use domain::plan::{Angle, Plan};
use pulp::{Simd, WithSimd};

use crate::Error;
use crate::job::{Frame, Held, Job, Step};
use crate::pixels::{Channels, Pixels};

/// Pixels along a side that a pixel is mixed of.
const TAPS: usize = 4;

pub(crate) const STEP: Step = Step { apply, peak };

fn apply(frame: Frame, job: &mut Job<'_>) -> Result<Frame, Error> {
    let Some(angle) = job.plan.angle else {
        return Ok(frame);
    };
    let pixels = &frame.pixels;
    let canvas = angle.canvas(pixels.size());
    let rotated = match pixels.channels() {
        Channels::Gray => rotated::<1>(pixels, angle, canvas, |[gray]| {
            let gray = f32::from(gray);
            [gray, gray, gray, 1.0]
        }),
        Channels::Rgb => {
            rotated::<3>(pixels, angle, canvas, |[r, g, b]| [f32::from(r), f32::from(g), f32::from(b), 1.0])
        }
        Channels::Rgba => rotated::<4>(pixels, angle, canvas, |[r, g, b, alpha]| {
            let alpha = f32::from(alpha) / 255.0;
            [f32::from(r) * alpha, f32::from(g) * alpha, f32::from(b) * alpha, alpha]
        }),
    };
    Ok(frame.with(rotated))
}

/// The canvas, which has alpha, beside the upright picture.
fn peak(held: &mut Held, plan: &Plan) -> u64 {
    let Some(angle) = plan.angle else {
        return held.bytes;
    };
    let canvas = angle.canvas(held.size);
    held.replaced(canvas, canvas.pixels(), 4, 0)
}

/// One row of the canvas after the other. Compiled for what the processor can do; every sum
/// keeps its order, so the result does not depend on it.
struct Turn<'a, const N: usize, W> {
    pixels: &'a Pixels,
    angle: Angle,
    /// Makes of a pixel its colors times alpha, 0 to 255, and its alpha, 0 to 1.
    weighted: W,
    to: &'a mut Pixels,
}

fn rotated<const N: usize>(
    pixels: &Pixels,
    angle: Angle,
    canvas: Size,
    weighted: impl Fn([u8; N]) -> [f32; 4],
) -> Pixels {
    let mut to = Pixels::zeroed(canvas, Channels::Rgba);
    pulp::Arch::new().dispatch(Turn { pixels, angle, weighted, to: &mut to });
    to
}

impl<const N: usize, W: Fn([u8; N]) -> [f32; 4]> WithSimd for Turn<'_, N, W> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { pixels, angle, weighted, to } = self;
        let (width, height) = (pixels.width(), pixels.height());
        let (from, _) = pixels.data().as_chunks::<N>();
        let (sine, cosine) = angle.sin_cos();
        let (center_x, center_y) = (to.width() as f64 / 2.0, to.height() as f64 / 2.0);
        let stride = to.stride();
        for (y, row) in to.data_mut().chunks_exact_mut(stride).enumerate() {
            let (row, _) = row.as_chunks_mut::<4>();
            let down = y as f64 + 0.5 - center_y;
            for (x, pixel) in row.iter_mut().enumerate() {
                let right = x as f64 + 0.5 - center_x;
                // Where the middle of this pixel lies in the picture.
                let u = right * cosine + down * sine + width as f64 / 2.0;
                let v = down * cosine - right * sine + height as f64 / 2.0;
                let covered = covered(u, width) * covered(v, height);
                if covered > 0.0 {
                    let (across, down) = (Taps::around(u), Taps::around(v));
                    let mut mixed = [0.0; 4];
                    for (row, weight) in (down.first..).zip(down.weights) {
                        let row = usize::try_from(row).unwrap_or(0).min(height - 1) * width;
                        let pixels = across.of_row(from.get(row..row + width).unwrap_or_default());
                        let mut of_row = [0.0; 4];
                        for (pixel, weight) in pixels.into_iter().zip(across.weights) {
                            add(&mut of_row, weighted(pixel), weight);
                        }
                        add(&mut mixed, of_row, weight);
                    }
                    *pixel = straight(mixed, covered);
                }
            }
        }
    }
}

/// How much of a pixel whose middle is here lies within a side, 0 to 1.
#[inline(always)]
fn covered(at: f64, side: usize) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "precision enough for a byte")]
    let covered = (at + 0.5).min(side as f64 - at + 0.5).clamp(0.0, 1.0) as f32;
    covered
}

/// Colors times alpha as a straight pixel, of which so much is covered.
#[inline(always)]
fn straight([r, g, b, alpha]: [f32; 4], covered: f32) -> [u8; 4] {
    if alpha <= 0.0 {
        return [0; 4];
    }
    let [r, g, b] = [r, g, b].map(|color| byte(color / alpha));
    [r, g, b, byte(alpha.min(1.0) * covered * 255.0)]
}

#[inline(always)]
fn byte(value: f32) -> u8 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, which is meant")]
    let byte = (value + 0.5) as u8;
    byte
}

/// The pixels along a side that one is mixed of, and the weight of each.
struct Taps {
    first: i64,
    weights: [f32; TAPS],
}

impl Taps {
    /// Around a place where the middle of the first pixel is 0.5.
    #[inline(always)]
    fn around(at: f64) -> Self {
        let before = (at - 0.5).floor();
        #[expect(clippy::cast_possible_truncation, reason = "within an image; precision enough for a byte")]
        let (first, t) = (before as i64 - 1, (at - 0.5 - before) as f32);
        let (square, cube) = (t * t, t * t * t);
        let weights = [
            -0.5 * cube + square - 0.5 * t,
            1.5 * cube - 2.5 * square + 1.0,
            -1.5 * cube + 2.0 * square + 0.5 * t,
            0.5 * cube - 0.5 * square,
        ];
        Self { first, weights }
    }

    /// The pixels of a row; beyond its ends the last one.
    #[inline(always)]
    fn of_row<const N: usize>(&self, row: &[[u8; N]]) -> [[u8; N]; TAPS] {
        let from = usize::try_from(self.first).ok().and_then(|first| row.get(first..));
        if let Some(pixels) = from.and_then(|rest| rest.first_chunk::<TAPS>()) {
            return *pixels;
        }
        let last = row.len().saturating_sub(1);
        let mut columns = (self.first..).map(|column| usize::try_from(column).unwrap_or(0).min(last));
        std::array::from_fn(|_| columns.next().and_then(|column| row.get(column)).copied().unwrap_or([0; N]))
    }
}

/// Adds a pixel to a sum, with its weight.
#[inline(always)]
fn add(sum: &mut [f32; 4], pixel: [f32; 4], weight: f32) {
    for (sum, value) in sum.iter_mut().zip(pixel) {
        *sum += weight * value;
    }
}
