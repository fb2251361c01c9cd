//! From samples to the quantised coefficients of a block.

use super::super::cosine::ZIGZAG;

/// A block, column by column or row by row.
pub(super) type Block = [[f32; 8]; 8];

/// Coefficients in the order of the zigzag, and which of them are not zero.
pub(super) struct Quantised {
    pub(super) values: [i16; 64],
    pub(super) mask: u64,
}

/// Quantises blocks of one component.
pub(super) struct Quantiser {
    /// One over the step and what the transform scales by, by row and column.
    reciprocals: Block,
    /// Whether small coefficients of busy blocks are left out.
    has_dead_zone: bool,
}

/// What the transform multiplies frequency `u` by (Arai, Agui and Nakajima, "A fast DCT-SQ
/// scheme for images", 1988): √2 cos(uπ/16), and 1 for 0.
const SCALES: [f64; 8] = [
    1.0,
    1.387_039_845_322_148,
    1.306_562_964_876_376_5,
    1.175_875_602_419_359,
    1.0,
    0.785_694_958_387_102_2,
    0.541_196_100_146_197,
    0.275_899_379_282_943,
];

impl Quantiser {
    /// For steps in the order of the zigzag.
    pub(super) fn new(steps: &[u8; 64], has_dead_zone: bool) -> Self {
        let mut reciprocals = [[0.0; 8]; 8];
        for (place, step) in ZIGZAG.iter().zip(steps) {
            let (row, column) = (usize::from(place / 8), usize::from(place % 8));
            let scale = |index: usize| SCALES.get(index).copied().unwrap_or(1.0);
            #[expect(clippy::cast_possible_truncation, reason = "precision enough for a coefficient")]
            let reciprocal = (1.0 / (f64::from(*step) * 8.0 * scale(row) * scale(column))) as f32;
            if let Some(cell) = reciprocals.get_mut(row).and_then(|row| row.get_mut(column)) {
                *cell = reciprocal;
            }
        }
        Self { reciprocals, has_dead_zone }
    }

    /// Transforms and quantises a block of samples less 128, column by column.
    #[inline(always)]
    pub(super) fn quantised(&self, columns: &Block) -> Quantised {
        let rows = transposed(&transformed(columns));
        let mut steps = transformed(&rows);
        for (row, reciprocals) in steps.iter_mut().zip(&self.reciprocals) {
            row.iter_mut().zip(reciprocals).for_each(|(value, reciprocal)| *value *= reciprocal);
        }
        let dead = if self.has_dead_zone { dead_zone(&steps) } else { 0.0 };
        let [[level, ..], ..] = steps;
        let mut natural = [[0i16; 8]; 8];
        for (row, to) in steps.iter().zip(&mut natural) {
            for (value, to) in row.iter().zip(to) {
                *to = if value.abs() < dead { 0 } else { rounded(*value) };
            }
        }
        let [[first, ..], ..] = &mut natural;
        *first = rounded(level);
        let mut values = [0; 64];
        let mut mask = 0;
        let natural = natural.as_flattened();
        for ((place, from), to) in ZIGZAG.iter().enumerate().zip(&mut values) {
            let value = natural.get(usize::from(*from)).copied().unwrap_or(0);
            *to = value;
            mask |= u64::from(value != 0) << place;
        }
        Quantised { values, mask }
    }
}

/// Below how many steps a coefficient is left out: the more a block has, the less is seen of
/// a small one.
#[inline(always)]
fn dead_zone(steps: &Block) -> f32 {
    let mut sums = [0.0f32; 8];
    for row in steps {
        sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value.abs());
    }
    let [[level, ..], ..] = steps;
    let mean = (sums.iter().sum::<f32>() - level.abs()) * (1.0 / 63.0);
    0.409 + 0.358 * mean / (mean + 0.4)
}

/// The nearest whole number, by way of where a float has no more fractional bits.
#[inline(always)]
fn rounded(value: f32) -> i16 {
    const SHIFT: f32 = 12_582_912.0;
    let bits = (value.clamp(-1023.0, 1023.0) + SHIFT).to_bits();
    #[expect(clippy::cast_possible_truncation, reason = "clamped to 11 bits")]
    let number = bits.wrapping_sub(SHIFT.to_bits()).cast_signed() as i16;
    number
}

#[inline(always)]
fn transposed(block: &Block) -> Block {
    let mut to = [[0.0; 8]; 8];
    for (x, to) in to.iter_mut().enumerate() {
        for (row, to) in block.iter().zip(to) {
            *to = row.get(x).copied().unwrap_or(0.0);
        }
    }
    to
}

/// The scaled transform of eight points, of eight lanes at once (Arai, Agui and Nakajima).
#[inline(always)]
fn transformed(input: &Block) -> Block {
    let [i0, i1, i2, i3, i4, i5, i6, i7] = input;
    let (s07, d07, s16, d16) = (add(i0, i7), sub(i0, i7), add(i1, i6), sub(i1, i6));
    let (s25, d25, s34, d34) = (add(i2, i5), sub(i2, i5), add(i3, i4), sub(i3, i4));

    let (even_a, even_d) = (add(&s07, &s34), sub(&s07, &s34));
    let (even_b, even_c) = (add(&s16, &s25), sub(&s16, &s25));
    let turned = scaled(&add(&even_c, &even_d), std::f32::consts::FRAC_1_SQRT_2);
    let (o0, o4) = (add(&even_a, &even_b), sub(&even_a, &even_b));
    let (o2, o6) = (add(&even_d, &turned), sub(&even_d, &turned));

    let (odd_a, odd_b, odd_c) = (add(&d34, &d25), add(&d25, &d16), add(&d16, &d07));
    let both = scaled(&sub(&odd_a, &odd_c), 0.382_683_43);
    let low = add(&scaled(&odd_a, 0.541_196_1), &both);
    let high = add(&scaled(&odd_c, 1.306_563), &both);
    let half = scaled(&odd_b, std::f32::consts::FRAC_1_SQRT_2);
    let (sum, difference) = (add(&d07, &half), sub(&d07, &half));
    [o0, add(&sum, &high), o2, sub(&difference, &low), o4, add(&difference, &low), o6, sub(&sum, &high)]
}

#[inline(always)]
fn add(a: &[f32; 8], b: &[f32; 8]) -> [f32; 8] {
    let mut sums = *a;
    sums.iter_mut().zip(b).for_each(|(sum, b)| *sum += b);
    sums
}

#[inline(always)]
fn sub(a: &[f32; 8], b: &[f32; 8]) -> [f32; 8] {
    let mut differences = *a;
    differences.iter_mut().zip(b).for_each(|(difference, b)| *difference -= b);
    differences
}

#[inline(always)]
fn scaled(a: &[f32; 8], by: f32) -> [f32; 8] {
    a.map(|a| a * by)
}

#[cfg(test)]
mod tests {
    use super::super::super::cosine::basis;
    use super::*;

    #[test]
    fn coefficients_are_those_of_the_transform() {
        let samples: Block = std::array::from_fn(|x| {
            std::array::from_fn(|y| ((x * 37 + y * 91 + x * y * 13) % 255) as f32 - 127.0)
        });
        for step in [1, 3] {
            let made = Quantiser::new(&[step; 64], false).quantised(&samples);
            for (place, natural) in ZIGZAG.iter().enumerate() {
                let (v, u) = (usize::from(natural / 8), usize::from(natural % 8));
                let term = |x: usize, y: usize| f64::from(samples[x][y]) * basis(u, x) * basis(v, y);
                let exact = (0..64).map(|i| term(i % 8, i / 8)).sum::<f64>() / f64::from(step);
                let value = f64::from(made.values[place]);
                assert!((value - exact).abs() < 0.51, "{u} {v}: {value} {exact}");
                assert_eq!(made.mask >> place & 1 == 1, made.values[place] != 0);
            }
        }
    }

    #[test]
    fn small_coefficients_are_left_out_of_busy_blocks_only() {
        let quiet: Block = std::array::from_fn(|x| [if x < 4 { 1.0 } else { -1.0 }; 8]);
        let quantiser = Quantiser::new(&[8; 64], true);
        // 0.9 steps of 8 × 8 / 8 in the lowest frequency.
        assert_ne!(quantiser.quantised(&quiet).mask, 0);
        let noise =
            |x: usize, y: usize| if (x * 7 + y * 13 + x * y).is_multiple_of(3) { 60.0 } else { -30.0 };
        let busy: Block = std::array::from_fn(|x| std::array::from_fn(|y| noise(x, y)));
        let with = quantiser.quantised(&busy).mask.count_ones();
        let without = Quantiser::new(&[8; 64], false).quantised(&busy).mask.count_ones();
        assert!(with < without, "{with} of {without}");
    }
}
