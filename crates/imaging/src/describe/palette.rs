//! The colors of a picture, the most frequent first.

use domain::plan::Color;

use crate::pixels::Pixels;

/// How many colors are told at most.
const MOST: usize = 6;
/// Bits of a sample that tell one bin from another.
const BITS: u32 = 4;
/// Two colors are told as one where they are nearer than this: the sum of the squares of the
/// differences of their samples.
const NEAR: u32 = 48 * 48;
/// A color is told if it is on one pixel of so many.
const LEAST_PART: u64 = 100;

/// Pixels that look alike.
#[derive(Clone, Copy, Default)]
struct Group {
    count: u64,
    sums: [u64; 3],
}

/// The colors of RGBA pixels, of which only those count that are more opaque than clear.
///
/// Colors are counted in bins of 16 levels a sample. From the fullest on, a bin becomes a
/// color of its own, or joins the first one that it is near to; a color is the mean of its
/// pixels. Whole numbers only.
pub(super) fn palette(pixels: &Pixels) -> Vec<Color> {
    let mut bins = vec![Group::default(); 1 << (3 * BITS)];
    let (colors, _) = pixels.data().as_chunks::<4>();
    for &[r, g, b, _] in colors.iter().filter(|[_, _, _, alpha]| *alpha > u8::MAX / 2) {
        let color = [r, g, b];
        let bin = color.iter().fold(0, |bin, sample| bin << BITS | usize::from(sample >> (8 - BITS)));
        if let Some(bin) = bins.get_mut(bin) {
            bin.count += 1;
            bin.sums.iter_mut().zip(color).for_each(|(sum, sample)| *sum += u64::from(sample));
        }
    }
    let total: u64 = bins.iter().map(|bin| bin.count).sum();
    bins.retain(|bin| bin.count > 0);
    // A stable sort, so that bins of one count keep the order of their colors.
    bins.sort_by_key(|bin| std::cmp::Reverse(bin.count));
    let mut found: Vec<Group> = Vec::new();
    for bin in bins {
        match found.iter_mut().find(|group| distance(group.mean(), bin.mean()) < NEAR) {
            Some(group) => group.join(bin),
            None => found.push(bin),
        }
    }
    found.sort_by_key(|group| std::cmp::Reverse(group.count));
    let frequent = found.iter().filter(|group| group.count * LEAST_PART >= total);
    frequent.take(MOST).map(|group| group.mean()).collect()
}

impl Group {
    fn join(&mut self, other: Self) {
        self.count += other.count;
        self.sums.iter_mut().zip(other.sums).for_each(|(sum, other)| *sum += other);
    }

    fn mean(&self) -> Color {
        let count = self.count.max(1);
        #[expect(clippy::cast_possible_truncation, reason = "a mean of bytes")]
        Color(self.sums.map(|sum| ((sum + count / 2) / count) as u8))
    }
}

fn distance(Color(one): Color, Color(other): Color) -> u32 {
    one.iter().zip(other).map(|(one, other)| u32::from(one.abs_diff(other)).pow(2)).sum()
}
