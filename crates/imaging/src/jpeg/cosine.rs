//! The discrete cosine transform of JPEG, as matrices.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// The natural place, row × 8 + column, of each coefficient in the order of the zigzag
/// (ITU-T T.81, figure A.6).
pub(super) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
    14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39,
    46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// What coefficient `frequency` of eight adds to sample `place`, in one direction (T.81,
/// A.3.3). The same number says what the sample adds to the coefficient.
pub(super) fn basis(frequency: usize, place: usize) -> f64 {
    let scale = if frequency == 0 { FRAC_1_SQRT_2 } else { 1.0 };
    scale / 2.0 * ((2 * place + 1) as f64 * frequency as f64 * PI / 16.0).cos()
}

/// What coefficient `frequency` adds to the mean of the samples from `cell` × `reduction`.
pub(super) fn mean_of_basis(frequency: usize, cell: usize, reduction: usize) -> f64 {
    let places = cell * reduction..(cell + 1) * reduction;
    places.map(|place| basis(frequency, place)).sum::<f64>() / reduction as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_basis_is_orthonormal() {
        for a in 0..8 {
            for b in 0..8 {
                let product: f64 = (0..8).map(|place| basis(a, place) * basis(b, place)).sum();
                let expected = if a == b { 1.0 } else { 0.0 };
                assert!((product - expected).abs() < 1e-12, "{a} {b}");
            }
        }
    }

    #[test]
    fn the_zigzag_visits_every_place_along_the_diagonals() {
        let mut seen = [false; 64];
        for pair in ZIGZAG.windows(2) {
            let [(r0, c0), (r1, c1)] = [pair[0], pair[1]].map(|place| (place / 8, place % 8));
            let diagonal = r0 + c0 == r1 + c1 && r0.abs_diff(r1) == 1;
            let next = r0 + c0 + 1 == r1 + c1 && (r0 == r1 || c0 == c1);
            assert!(diagonal || next, "{pair:?}");
        }
        ZIGZAG.iter().for_each(|place| seen[usize::from(*place)] = true);
        assert!(seen.iter().all(|seen| *seen));
    }
}
