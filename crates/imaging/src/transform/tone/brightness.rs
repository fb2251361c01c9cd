//! Brightness, as in CSS: <https://www.w3.org/TR/filter-effects-1/#brightnessEquivalent>.

/// A sample of 0 to 1, gamma-encoded as in sRGB, with this brightness.
pub(super) fn of(sample: f64, factor: f64) -> f64 {
    sample * factor
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_multiplied() {
        assert_eq!(of(0.25, 2.0), 0.5);
        assert_eq!(of(0.25, 0.0), 0.0);
    }
}
