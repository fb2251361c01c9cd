//! From light to gamma-encoded samples, many at a time.

/// The sample, 0 to 255, that stands for this much light, 0 to 1. What lies beyond is cut
/// off. Two square roots and a polynomial in their result, within 0.003 of the exact curve
/// (a least squares fit).
#[inline(always)]
pub(super) fn sample(light: f32) -> f32 {
    let light = light.clamp(0.0, 1.0);
    let z = light.sqrt().sqrt();
    let p = -17.377_77f32;
    let p = p * z + 73.8318;
    let p = p * z - 147.259_46;
    let p = p * z + 320.1291;
    let p = p * z + 41.316_39;
    let curve = p * z - 15.641_719;
    if light <= 0.003_130_8 { light * (12.92 * 255.0) } else { curve }
}

/// The nearest byte.
#[inline(always)]
pub(super) fn byte(sample: f32) -> u8 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
    let byte = (sample + 0.5) as u8;
    byte
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "small numbers made here")]
mod tests {
    use super::*;
    use crate::light::encode;

    #[test]
    fn the_curve_is_that_of_srgb() {
        for step in 0..=10_000u16 {
            let light = f64::from(step) / 10_000.0;
            let (exact, made) = (255.0 * encode(light), f64::from(sample(light as f32)));
            assert!((made - exact).abs() < 0.005, "{light}: {made} {exact}");
        }
        assert_eq!((byte(sample(-1.0)), byte(sample(2.0))), (0, 255));
    }
}
