//! The cosine transform of small pictures, the same bits on every machine: the cosines of
//! mathematical libraries differ between processors in their last bit, and where a picture
//! is of one color, nothing else is left of it.

use std::f64::consts::PI;

/// For each of `count` samples, cos(π · frequency · (sample + shift/2) / count).
pub(super) fn basis(frequency: u32, count: u32, shift: u32) -> Vec<f64> {
    (0..count).map(|sample| cos_pi(frequency * (2 * sample + shift), 2 * count)).collect()
}

/// cos(π · numerator / denominator).
fn cos_pi(numerator: u32, denominator: u32) -> f64 {
    // Between 0 and π, which the cosine mirrors, and then between 0 and π/2.
    let turned = numerator % (2 * denominator);
    let half = turned.min(2 * denominator - turned);
    let negative = 2 * half > denominator;
    let part = if negative { denominator - half } else { half };
    let angle = PI * f64::from(part) / f64::from(denominator);
    // The Taylor series; its next term is below 10⁻¹⁷.
    let square = angle * angle;
    let mut sum = 1.0;
    for n in (1..=11u32).rev() {
        sum = 1.0 - sum * square / f64::from(2 * n * (2 * n - 1));
    }
    if negative { -sum } else { sum }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_cosine() {
        for (frequency, count, shift) in [(0, 7, 1), (1, 100, 0), (3, 99, 1), (8, 100, 1), (6, 1, 1)] {
            for (sample, cosine) in basis(frequency, count, shift).into_iter().enumerate() {
                let place = sample as f64 + f64::from(shift) / 2.0;
                let expected = (PI * f64::from(frequency) * place / f64::from(count)).cos();
                assert!((cosine - expected).abs() < 1e-12, "{frequency} {sample} of {count}: {cosine}");
            }
        }
    }
}
