//! How finely coefficients are written.
//!
//! A picture with detail gets steps that give the best score of SSIMULACRA2 for its bytes:
//! finer in the lowest frequencies than those of T.81, K.1, and coarser beyond, but not by
//! much in the highest. A blurred picture has nothing but the lower half of frequencies,
//! and is nearest to the exact blur with the steps of T.81.

use super::super::cosine::ZIGZAG;

/// The quantisation tables that T.81, K.1 gives for luminance and chrominance, by rows.
/// libjpeg scales them by the quality.
const LUMINANCE_STEPS: [u16; 64] = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17,
    22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78,
    87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];
const CHROMINANCE_STEPS: [u16; 64] = [
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
];

/// What a picture is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// Has detail.
    Detailed,
    /// Was blurred.
    Smooth,
}

/// A curve of steps over frequency, found by coordinate descent on small photos.
struct Curve {
    /// The step of the mean.
    level: f64,
    /// The step of the lowest frequencies, and what the highest ones come near to.
    low: f64,
    high: f64,
    /// How far it is, in frequencies, until two thirds of the way are done.
    reach: f64,
}

/// What makes the curves, at quality 80, have the bytes of libjpeg's quality 80 and a better
/// score.
const CURVE_SCALE: f64 = 0.878 * 100.0 / 40.0;

const LUMINANCE: Curve = Curve { level: 1.852, low: 4.383, high: 21.77, reach: 2.23 };
const COLORS: Curve = Curve { level: 2.265, low: 9.467, high: 25.65, reach: 6.01 };

/// The steps of luminance or of colors for a quality of 1 to 100, in the order of the zigzag.
pub(in crate::jpeg) fn steps(quality: u8, content: Content, is_luminance: bool) -> [u8; 64] {
    let percent = percent(quality);
    let steps = if is_luminance { LUMINANCE_STEPS } else { CHROMINANCE_STEPS };
    let curve = if is_luminance { LUMINANCE } else { COLORS };
    ZIGZAG.map(|place| {
        let step = match content {
            Content::Smooth => {
                f64::from(steps.get(usize::from(place)).copied().unwrap_or(u16::MAX)) * percent / 100.0
            }
            Content::Detailed => curve.at(place) * percent * adjustment(quality) * CURVE_SCALE / 100.0,
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 255")]
        let step = step.round().clamp(1.0, 255.0) as u8;
        step
    })
}

impl Curve {
    /// The step at a place of a block, counted by rows.
    fn at(&self, place: u8) -> f64 {
        if place == 0 {
            return self.level;
        }
        let radius = f64::from(place / 8).hypot(f64::from(place % 8));
        self.low + (self.high - self.low) * (1.0 - (-(radius - 1.0) / self.reach).exp())
    }
}

/// What keeps the curves at or above libjpeg's score at every quality, and near its bytes at
/// the most.
fn adjustment(quality: u8) -> f64 {
    match quality {
        ..60 => 0.98,
        60..=80 => 1.0,
        81.. => 1.0 + f64::from(quality - 80) / 100.0,
    }
}

/// What a quality makes of steps, as libjpeg has it.
fn percent(quality: u8) -> f64 {
    let quality = f64::from(quality.clamp(1, 100));
    if quality < 50.0 { 5000.0 / quality } else { 200.0 - quality * 2.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_get_finer_with_quality_and_never_vanish() {
        for content in [Content::Detailed, Content::Smooth] {
            for is_luminance in [true, false] {
                for quality in 1..100 {
                    let (lower, higher) =
                        (steps(quality, content, is_luminance), steps(quality + 1, content, is_luminance));
                    assert!(lower.iter().zip(higher).all(|(lower, higher)| *lower >= higher && higher >= 1));
                }
                assert_eq!(steps(100, content, is_luminance), [1; 64]);
            }
        }
    }

    #[test]
    fn a_smooth_picture_has_the_steps_of_libjpeg() {
        let made = steps(80, Content::Smooth, true);
        assert_eq!(made[..6], [6, 4, 5, 6, 5, 4], "40 % of 16, 11, 12, 14, 12, 10");
    }
}
