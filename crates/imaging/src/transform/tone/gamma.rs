//! Gamma, as `-gamma` of ImageMagick: <https://imagemagick.org/script/command-line-options.php#gamma>.
//!
//! That of sharp is another thing: it lifts the samples before a resize and lowers them
//! after it, so that a picture that is not scaled stays as it is.

/// A sample of 0 to 1, gamma-encoded as in sRGB, to the power of 1 / gamma.
pub(super) fn of(sample: f64, gamma: f64) -> f64 {
    sample.powf(1.0 / gamma)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn black_and_white_stay_and_the_rest_moves() {
        for gamma in [0.1, 1.0, 2.2, 10.0] {
            assert_eq!((of(0.0, gamma), of(1.0, gamma)), (0.0, 1.0));
        }
        assert!((of(0.25, 2.0) - 0.5).abs() < 1e-12);
        assert!((of(0.5, 0.5) - 0.25).abs() < 1e-12);
    }
}
