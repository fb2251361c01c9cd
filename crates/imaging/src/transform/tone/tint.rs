//! A tint: everything has the chroma and hue of one color, and stays as light as it was, in
//! CIELAB (D65), as `tint` of sharp.

use domain::plan::Color;

use crate::light::{encode, linear};

/// From linear sRGB to XYZ, relative to its white, row by row: IEC 61966-2-1.
const TO_XYZ: [[f64; 3]; 3] = [
    [0.412_390_8 / 0.950_455_9, 0.357_584_3 / 0.950_455_9, 0.180_480_8 / 0.950_455_9],
    [0.212_639, 0.715_168_7, 0.072_192_3],
    [0.019_330_8 / 1.089_057_8, 0.119_194_8 / 1.089_057_8, 0.950_532_2 / 1.089_057_8],
];
/// And back.
const FROM_XYZ: [[f64; 3]; 3] = [
    [3.240_97 * 0.950_455_9, -1.537_383_2, -0.498_610_8 * 1.089_057_8],
    [-0.969_243_6 * 0.950_455_9, 1.875_967_5, 0.041_555_1 * 1.089_057_8],
    [0.055_630_1 * 0.950_455_9, -0.203_976_9, 1.056_971_5 * 1.089_057_8],
];
/// Where the cube root of CIELAB gives way to a line.
const LINE: f64 = 6.0 / 29.0;

/// The tinted color of every gray.
pub(super) struct Tint([[u8; 3]; 256]);

impl Tint {
    pub(super) fn new(Color(rgb): Color) -> Self {
        let [x, y, z] = times(TO_XYZ, rgb.map(|sample| linear(f64::from(sample) / 255.0))).map(root);
        // a* and b* but for their factors.
        let (a, b) = (x - y, y - z);
        let mut colors = [[0; 3]; 256];
        for (gray, color) in (0u8..=u8::MAX).zip(&mut colors) {
            let y = root(linear(f64::from(gray) / 255.0));
            let light = times(FROM_XYZ, [y + a, y, y - b].map(cube));
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 255")]
            let byte = |light: f64| (encode(light.clamp(0.0, 1.0)) * 255.0).round() as u8;
            *color = light.map(byte);
        }
        Self(colors)
    }

    /// What a gray becomes.
    pub(super) fn of(&self, gray: u8) -> [u8; 3] {
        self.0.get(usize::from(gray)).copied().unwrap_or_default()
    }
}

fn times(matrix: [[f64; 3]; 3], [x, y, z]: [f64; 3]) -> [f64; 3] {
    matrix.map(|[a, b, c]| a * x + b * y + c * z)
}

fn root(value: f64) -> f64 {
    if value > LINE.powi(3) { value.cbrt() } else { value / (3.0 * LINE * LINE) + 4.0 / 29.0 }
}

fn cube(root: f64) -> f64 {
    if root > LINE { root.powi(3) } else { 3.0 * LINE * LINE * (root - 4.0 / 29.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gray_tint_changes_no_gray_and_a_color_tints_itself() {
        let gray = Tint::new(Color([90; 3]));
        for level in 0..=u8::MAX {
            assert!(gray.of(level).iter().all(|sample| sample.abs_diff(level) <= 1), "{level}");
        }
        // The gray that is as light as this blue, by the weights of Rec. 709.
        let blue = Color([40, 90, 200]);
        let light: f64 = [0.2126, 0.7152, 0.0722]
            .iter()
            .zip(blue.0)
            .map(|(weight, sample)| weight * linear(f64::from(sample) / 255.0))
            .sum();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 255")]
        let level = (encode(light) * 255.0).round() as u8;
        let tinted = Tint::new(blue).of(level);
        assert!(tinted.iter().zip(blue.0).all(|(is, was)| is.abs_diff(was) <= 2), "{tinted:?}");
    }
}
