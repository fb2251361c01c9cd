//! Saturation, as `saturate` in CSS:
//! <https://www.w3.org/TR/filter-effects-1/#feColorMatrixElement>, `type="saturate"`.

use domain::plan::Factor;

/// What red, green and blue add to the gray of a color, by that specification.
const WEIGHTS: [f32; 3] = [0.213, 0.715, 0.072];

/// The matrix of a factor, of which each row is the gray's weights but for its diagonal.
pub(super) struct Saturation {
    factor: f32,
    gray: [f32; 3],
}

impl Saturation {
    pub(super) fn new(factor: Factor) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "precision enough for a byte")]
        let factor = factor.get() as f32;
        Self { factor, gray: WEIGHTS.map(|weight| weight * (1.0 - factor)) }
    }

    /// A color whose samples of 0 to 1 are gamma-encoded as in sRGB. The result may lie
    /// beyond that range.
    pub(super) fn of(&self, [r, g, b]: [f32; 3]) -> [f32; 3] {
        let [red, green, blue] = self.gray;
        let gray = r * red + g * green + b * blue;
        [r, g, b].map(|sample| gray + self.factor * sample)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saturated(factor: &str, color: [f32; 3]) -> [f32; 3] {
        Saturation::new(Factor::parse(factor).unwrap())
            .of(color.map(|sample| sample / 255.0))
            .map(|sample| (sample * 255.0 * 10.0).round() / 10.0)
    }

    #[test]
    fn the_matrix_is_that_of_the_specification() {
        assert_eq!(saturated("2", [200.0, 100.0, 50.0]), [282.3, 82.3, -17.7]);
        assert_eq!(saturated("0", [255.0, 0.0, 0.0]), [54.3; 3]);
        assert_eq!(saturated("7", [80.0, 80.0, 80.0]), [80.0; 3]);
    }
}
