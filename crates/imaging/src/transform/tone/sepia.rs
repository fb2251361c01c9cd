//! Sepia, as in CSS: <https://www.w3.org/TR/filter-effects-1/#sepiaEquivalent>, whole.

/// What red, green and blue add to each of them.
const ROWS: [[f32; 3]; 3] = [[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]];

/// A color whose samples of 0 to 1 are gamma-encoded as in sRGB. The result may lie beyond
/// that range.
pub(super) fn of([r, g, b]: [f32; 3]) -> [f32; 3] {
    ROWS.map(|[red, green, blue]| r * red + g * green + b * blue)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_is_that_of_the_specification() {
        let rounded = |color: [f32; 3]| of(color).map(|sample| (sample * 10.0).round() / 10.0);
        assert_eq!(rounded([100.0, 0.0, 0.0]), [39.3, 34.9, 27.2]);
        assert_eq!(rounded([100.0; 3]), [135.1, 120.3, 93.7]);
    }
}
