//! Rounds the corners: what lies beyond a quarter of a circle becomes transparent, by as much
//! of each pixel as lies beyond, taken from the distance of its middle.

use domain::plan::Plan;

use crate::Error;
use crate::job::{Frame, Held, Job, Step};
use crate::pixels::{Channels, Pixels};

pub(crate) const STEP: Step = Step { apply, peak };

fn apply(frame: Frame, job: &mut Job<'_>) -> Result<Frame, Error> {
    let Some(radius) = job.plan.radius else {
        return Ok(frame);
    };
    frame.try_map(|pixels| {
        let radius = radius.of(pixels.size());
        Ok(rounded(pixels.widened(Channels::Rgba), radius))
    })
}

fn peak(held: &mut Held, plan: &Plan) -> u64 {
    if plan.radius.is_none() || held.channels == 4 {
        return held.bytes;
    }
    held.replaced(held.size, held.pixels, 4, 0)
}

fn rounded(mut pixels: Pixels, radius: f64) -> Pixels {
    let (width, height, stride) = (pixels.width(), pixels.height(), pixels.stride());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most half a side")]
    let reach = radius.ceil() as usize;
    let corners: Vec<Vec<f64>> =
        (0..reach).map(|y| (0..reach).map(|x| covered(x, y, radius)).collect()).collect();
    for (y, row) in pixels.data_mut().chunks_exact_mut(stride).enumerate() {
        let Some(corner) = corners.get(y.min(height - 1 - y)) else { continue };
        let (row, _) = row.as_chunks_mut::<4>();
        for (x, share) in corner.iter().enumerate() {
            // In an odd row both corners may reach its middle, which is touched once.
            let right = width - 1 - x;
            clear(row.get_mut(x), *share);
            if right != x {
                clear(row.get_mut(right), *share);
            }
        }
    }
    pixels
}

fn clear(pixel: Option<&mut [u8; 4]>, share: f64) {
    if let Some([_, _, _, alpha]) = pixel {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 255")]
        let kept = (f64::from(*alpha) * share).round() as u8;
        *alpha = kept;
    }
}

/// How much of a pixel, so many from the left and from the top, lies within the circle.
fn covered(x: usize, y: usize, radius: f64) -> f64 {
    let (across, down) = (radius - x as f64 - 0.5, radius - y as f64 - 0.5);
    if across <= 0.0 || down <= 0.0 {
        return 1.0;
    }
    (radius - across.hypot(down) + 0.5).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use domain::Size;

    use super::*;

    fn alphas(width: u32, height: u32, radius: f64) -> Vec<Vec<u8>> {
        let size = Size::new(width, height).unwrap();
        let data = vec![255; usize::try_from(size.pixels() * 4).unwrap()];
        let pixels = rounded(Pixels::new(size, Channels::Rgba, data).unwrap(), radius);
        pixels
            .data()
            .chunks(pixels.stride())
            .map(|row| row.iter().skip(3).step_by(4).copied().collect())
            .collect()
    }

    #[test]
    fn corners_are_cleared_alike_and_the_rest_stays() {
        let rows = alphas(8, 6, 3.0);
        // From the middle of the circle it is √(2.5² + 2.5²) = 3.54 to that of the first pixel,
        // 2.92 to the next, and 2.55 to the one after that.
        assert_eq!(rows[0], [0, 149, 242, 255, 255, 242, 149, 0]);
        assert_eq!(rows[1], [149, 255, 255, 255, 255, 255, 255, 149]);
        assert_eq!(rows[2], [242, 255, 255, 255, 255, 255, 255, 242]);
        assert_eq!((&rows[5], &rows[4]), (&rows[0], &rows[1]));
    }

    #[test]
    fn a_circle_has_the_area_of_one() {
        let rows = alphas(101, 101, 50.5);
        let area: f64 = rows.iter().flatten().map(|alpha| f64::from(*alpha) / 255.0).sum();
        let exact = std::f64::consts::PI * 50.5 * 50.5;
        assert!((area - exact).abs() < 0.002 * exact, "{area} {exact}");
        assert_eq!(alphas(1, 1, 0.5), [[255]]);
    }
}
