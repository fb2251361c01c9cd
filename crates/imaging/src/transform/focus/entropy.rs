//! The part whose lightness has the highest Shannon entropy, as the strategy of that name in
//! sharp, but the best of all places instead of one found by cutting off strips. Integers
//! only, so that equal parts are equal on every machine.

use super::Window;
use crate::pixels::Pixels;

/// Fractional bits of a logarithm.
const FRACTION: u32 = 16;

pub(super) fn best(small: &Pixels, window: Window) -> usize {
    let (pixels, _) = small.data().as_chunks::<3>();
    let width = small.width();
    let column = |x: usize| pixels.iter().skip(x).step_by(width).map(|rgb| usize::from(lightness(*rgb)));
    let mut counts = [0u32; 256];
    let mut count = |x: usize, is_new: bool| {
        for level in column(x) {
            if let Some(count) = counts.get_mut(level) {
                *count = if is_new { *count + 1 } else { count.saturating_sub(1) };
            }
        }
        // H = log n − Σ c·log c / n, and n is the same everywhere.
        -counts.iter().map(|count| count_log_count(*count)).sum::<i64>()
    };
    let mut score = i64::MIN;
    for x in 0..window.length {
        score = count(x, true);
    }
    let slid = (1..window.places).map(|place| {
        count(place - 1, false);
        count(place - 1 + window.length, true)
    });
    window.best(std::iter::once(score).chain(slid))
}

/// The lightness of a color, by the weights of Rec. 709 in 256ths.
pub(super) fn lightness([r, g, b]: [u8; 3]) -> u8 {
    let sum = u32::from(r) * 54 + u32::from(g) * 183 + u32::from(b) * 19;
    sum.to_be_bytes()[2]
}

/// c · log₂ c, with the fractional bits of a logarithm.
fn count_log_count(count: u32) -> i64 {
    i64::from(count) * log2(count)
}

/// The binary logarithm by repeated squaring, 0 of 0.
fn log2(count: u32) -> i64 {
    let Some(whole) = count.checked_ilog2() else {
        return 0;
    };
    // 1 to 2, with 31 fractional bits.
    let mut rest = u64::from(count) << (31 - whole);
    let mut log = i64::from(whole);
    for _ in 0..FRACTION {
        rest = (rest * rest) >> 31;
        log <<= 1;
        if rest >> 32 > 0 {
            rest >>= 1;
            log |= 1;
        }
    }
    log
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_is_exact_to_its_bits() {
        for count in 1..=70_000u32 {
            let exact = f64::from(count).log2() * f64::from(1 << FRACTION);
            assert!((log2(count) as f64 - exact).abs() <= 1.001, "{count}");
        }
        assert_eq!(count_log_count(0), 0);
    }
}
