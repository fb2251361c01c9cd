//! The levels between which most of a picture lies, which become black and white, as
//! `normalise` of sharp does with luminance.

use super::grayscale::Luminance;
use crate::pixels::{Channels, Pixels};

/// One part of so many of the picture may become black, and as much white.
const CUT: u64 = 100;

/// The levels of luminance below and above which a hundredth lies. What is clear does not
/// count. The same twice if there is one level only, or nothing to see.
pub(super) fn range(pixels: &Pixels) -> [u8; 2] {
    let mut counts = [0u64; 256];
    let mut count = |level: u8| {
        if let Some(count) = counts.get_mut(usize::from(level)) {
            *count += 1;
        }
    };
    match pixels.channels() {
        Channels::Gray => pixels.data().iter().for_each(|level| count(*level)),
        Channels::Rgb => {
            let luminance = Luminance::new();
            pixels.data().as_chunks::<3>().0.iter().for_each(|rgb| count(luminance.of(*rgb)));
        }
        Channels::Rgba => {
            let luminance = Luminance::new();
            for [r, g, b, alpha] in pixels.data().as_chunks::<4>().0 {
                if *alpha > 0 {
                    count(luminance.of([*r, *g, *b]));
                }
            }
        }
    }
    let cut = counts.iter().sum::<u64>() / CUT;
    match (beyond(cut, &counts, 0..=u8::MAX), beyond(cut, &counts, (0..=u8::MAX).rev())) {
        (Some(low), Some(high)) if low < high => [low, high],
        _ => [0, 0],
    }
}

/// The first of the levels up to which there are more than so many.
fn beyond(cut: u64, counts: &[u64; 256], mut levels: impl Iterator<Item = u8>) -> Option<u8> {
    let mut seen = 0;
    levels.find(|level| {
        seen += counts.get(usize::from(*level)).copied().unwrap_or_default();
        seen > cut
    })
}

/// A sample of 0 to 255 once these levels are black and white, 0 to 1.
pub(super) fn stretched(sample: u8, [low, high]: [u8; 2]) -> f64 {
    if low == high {
        return f64::from(sample) / 255.0;
    }
    ((f64::from(sample) - f64::from(low)) / f64::from(high - low)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use domain::Size;

    use super::*;

    #[test]
    fn a_hundredth_at_each_end_does_not_count() {
        let mut levels: Vec<u8> = (0..200).map(|level| 50 + level / 2).collect();
        levels[0] = 0;
        levels[199] = 255;
        let pixels = Pixels::new(Size::new(20, 10).unwrap(), Channels::Gray, levels).unwrap();
        let range = range(&pixels);
        assert_eq!(range, [51, 148]);
        assert_eq!([51, 148, 10, 200].map(|sample| stretched(sample, range)), [0.0, 1.0, 0.0, 1.0]);
    }

    #[test]
    fn one_level_and_what_is_clear_stay() {
        let one = Pixels::new(Size::new(2, 2).unwrap(), Channels::Gray, vec![9; 4]).unwrap();
        let clear = Pixels::new(Size::new(1, 1).unwrap(), Channels::Rgba, vec![9, 9, 9, 0]).unwrap();
        for pixels in [one, clear] {
            assert_eq!(stretched(9, range(&pixels)), 9.0 / 255.0);
        }
    }
}
