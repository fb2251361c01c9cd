//! Hue, as `hue-rotate` in CSS:
//! <https://www.w3.org/TR/filter-effects-1/#feColorMatrixElement>, `type="hueRotate"`.

use domain::plan::Degrees;

/// What red, green and blue add to the gray of a color, by that specification.
const GRAY: [f64; 3] = [0.213, 0.715, 0.072];
/// What the cosine of the angle is multiplied with, row by row.
const COSINE: [[f64; 3]; 3] = [[0.787, -0.715, -0.072], [-0.213, 0.285, -0.072], [-0.213, -0.715, 0.928]];
/// What its sine is multiplied with.
const SINE: [[f64; 3]; 3] = [[-0.213, -0.715, 0.928], [0.143, 0.140, -0.283], [-0.787, 0.715, 0.072]];

/// The matrix of an angle.
pub(super) struct Hue {
    rows: [[f32; 3]; 3],
}

impl Hue {
    pub(super) fn new(angle: Degrees) -> Self {
        let (sine, cosine) = angle.sin_cos();
        let mut rows = [[0.0; 3]; 3];
        for ((row, by_cosine), by_sine) in rows.iter_mut().zip(COSINE).zip(SINE) {
            for (((place, gray), c), s) in row.iter_mut().zip(GRAY).zip(by_cosine).zip(by_sine) {
                #[expect(clippy::cast_possible_truncation, reason = "precision enough for a byte")]
                let weight = (gray + cosine * c + sine * s) as f32;
                *place = weight;
            }
        }
        Self { rows }
    }

    /// A color whose samples of 0 to 1 are gamma-encoded as in sRGB. The result may lie
    /// beyond that range.
    pub(super) fn of(&self, [r, g, b]: [f32; 3]) -> [f32; 3] {
        self.rows.map(|[red, green, blue]| r * red + g * green + b * blue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turned(angle: &str, color: [f32; 3]) -> [f32; 3] {
        Hue::new(Degrees::parse(angle).unwrap()).of(color).map(|sample| (sample * 10.0).round() / 10.0)
    }

    #[test]
    fn the_matrix_is_that_of_the_specification() {
        assert_eq!(turned("180", [200.0, 100.0, 50.0]), [35.4, 135.4, 185.4]);
        assert_eq!(turned("90", [100.0, 0.0, 0.0]), [0.0, 35.6, -57.4]);
        assert_eq!(turned("123.4", [80.0; 3]), [80.0; 3], "gray stays");
    }

    #[test]
    fn turning_back_gives_the_color_again() {
        let color = turned("-75", turned("75", [120.0, 90.0, 60.0]));
        assert!(color.iter().zip([120.0, 90.0, 60.0]).all(|(is, was)| (is - was).abs() < 0.3), "{color:?}");
    }
}
