//! The luminance of a color: the weights of Rec. 709 on linear light, encoded as in sRGB
//! again, which is what sharp does. (CSS weighs the encoded samples, in which a pure red
//! or blue comes out far darker than it looks.)
//!
//! Linear light needs more steps than 256 in the dark: 2¹⁴ leave an error of at most a
//! tenth of a level.

use crate::light::{encode, linear};

/// What red, green and blue add to the luminance, Rec. 709.
const WEIGHTS: [f64; 3] = [0.2126, 0.7152, 0.0722];

/// Steps of linear light.
const STEPS: u16 = 1 << 14;

/// Tables from samples to linear light and back.
pub(super) struct Luminance {
    /// What a sample adds to the luminance, in steps, for each of the three.
    weighted: [[f32; 256]; 3],
    /// The sample of each step.
    encoded: Vec<u8>,
}

impl Luminance {
    pub(super) fn new() -> Self {
        let mut weighted = [[0.0; 256]; 3];
        for (table, weight) in weighted.iter_mut().zip(WEIGHTS) {
            for (sample, place) in (0u8..=u8::MAX).zip(table) {
                #[expect(clippy::cast_possible_truncation, reason = "precision enough for a step")]
                let steps = (linear(f64::from(sample) / 255.0) * weight * f64::from(STEPS)) as f32;
                *place = steps;
            }
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 255")]
        let byte = |step: u16| (encode(f64::from(step) / f64::from(STEPS)) * 255.0).round() as u8;
        Self { weighted, encoded: (0..=STEPS).map(byte).collect() }
    }

    /// The sample of a gray that is as light as this color.
    pub(super) fn of(&self, rgb: [u8; 3]) -> u8 {
        let shares = self.weighted.iter().zip(rgb);
        let sum: f32 =
            shares.map(|(table, sample)| table.get(usize::from(sample)).copied().unwrap_or_default()).sum();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the weights add up to one, so this is at most the number of steps"
        )]
        let step = (sum + 0.5) as usize;
        self.encoded.get(step).copied().unwrap_or(u8::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gray_is_its_own_luminance() {
        let luminance = Luminance::new();
        for sample in 0..=u8::MAX {
            assert_eq!(luminance.of([sample; 3]), sample);
        }
    }

    #[test]
    fn every_color_is_within_one_level_of_the_exact_luminance() {
        let luminance = Luminance::new();
        let levels = || (0..=u8::MAX).step_by(15);
        for rgb in levels().flat_map(|r| levels().flat_map(move |g| levels().map(move |b| [r, g, b]))) {
            let light: f64 =
                rgb.iter().zip(WEIGHTS).map(|(s, weight)| linear(f64::from(*s) / 255.0) * weight).sum();
            let exact = encode(light) * 255.0;
            assert!((f64::from(luminance.of(rgb)) - exact).abs() <= 0.7, "{rgb:?}: {exact}");
        }
    }
}
