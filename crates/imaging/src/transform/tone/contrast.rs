//! Contrast, as in CSS: <https://www.w3.org/TR/filter-effects-1/#contrastEquivalent>.

/// A sample of 0 to 1, gamma-encoded as in sRGB, so many times as far from the middle.
pub(super) fn of(sample: f64, factor: f64) -> f64 {
    sample * factor + (0.5 - 0.5 * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_stays_and_the_rest_moves() {
        assert_eq!(of(0.5, 3.0), 0.5);
        assert_eq!(of(0.75, 2.0), 1.0);
        assert_eq!(of(0.25, 2.0), 0.0);
        assert_eq!(of(0.9, 0.0), 0.5);
    }
}
