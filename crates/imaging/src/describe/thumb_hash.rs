//! ThumbHash: a small picture in 20 to 25 bytes, with its ratio and its alpha
//! (evanw.github.io/thumbhash; the layout follows the reference implementation).

use super::cosine::basis;
use crate::pixels::Pixels;

/// Waves of the lightness along the longer side, and of what has alpha as well.
const WAVES: u32 = 7;
const WAVES_WITH_ALPHA: u32 = 5;
/// Waves of the alpha.
const ALPHA_WAVES: u32 = 5;
/// Waves of the two colors.
const COLOR_WAVES: u32 = 3;

/// What is weaker is not there, but for rounding.
const NOTHING: f64 = 1e-9;

/// One channel as waves.
struct Waves {
    mean: f64,
    /// 0 to 1, with nothing at 0.5.
    factors: Vec<f64>,
    scale: f64,
}

/// The hash of RGBA pixels, at most 100 on a side.
pub(super) fn thumb_hash(pixels: &Pixels) -> Vec<u8> {
    let (width, height) = (pixels.size().width(), pixels.size().height());
    let (colors, _) = pixels.data().as_chunks::<4>();
    let count = f64::from(width) * f64::from(height);
    let part = |sample: u8| f64::from(sample) / 255.0;

    let opacity: f64 = colors.iter().map(|[_, _, _, alpha]| part(*alpha)).sum();
    let has_alpha = colors.iter().any(|[_, _, _, alpha]| *alpha != u8::MAX);
    let mut mean = [0.0; 3];
    for &[r, g, b, alpha] in colors {
        for (sum, sample) in mean.iter_mut().zip([r, g, b]) {
            *sum += part(alpha) * part(sample);
        }
    }
    let mean = mean.map(|sum| if opacity > 0.0 { sum / opacity } else { 0.0 });

    // Lightness, yellow against blue, red against green, alpha; on the mean color where
    // the picture is clear.
    let mut channels = [const { Vec::new() }; 4];
    for &[r, g, b, alpha] in colors {
        let alpha = part(alpha);
        let [mean_r, mean_g, mean_b] = mean;
        let over = |mean: f64, sample: u8| mean * (1.0 - alpha) + alpha * part(sample);
        let (r, g, b) = (over(mean_r, r), over(mean_g, g), over(mean_b, b));
        let values = [(r + g + b) / 3.0, f64::midpoint(r, g) - b, r - g, alpha];
        channels.iter_mut().zip(values).for_each(|(channel, value)| channel.push(value));
    }
    let [lightness, yellow, red, alpha] = channels;

    let longest = f64::from(width.max(height));
    let most = if has_alpha { WAVES_WITH_ALPHA } else { WAVES };
    let along = |side: u32| whole(f64::from(most * side) / longest).max(1);
    let (across, down) = (along(width), along(height));
    let waves = |channel: &[f64], across, down| Waves::of(channel, (width, height), (across, down), count);
    let lightness = waves(&lightness, across.max(3), down.max(3));
    let yellow = waves(&yellow, COLOR_WAVES, COLOR_WAVES);
    let red = waves(&red, COLOR_WAVES, COLOR_WAVES);
    let alpha = has_alpha.then(|| waves(&alpha, ALPHA_WAVES, ALPHA_WAVES));

    let is_landscape = width > height;
    let first = whole(63.0 * lightness.mean)
        | whole(31.5 + 31.5 * yellow.mean) << 6
        | whole(31.5 + 31.5 * red.mean) << 12
        | whole(31.0 * lightness.scale) << 18
        | u32::from(has_alpha) << 23;
    let second = (if is_landscape { down } else { across })
        | whole(63.0 * yellow.scale) << 3
        | whole(63.0 * red.scale) << 9
        | u32::from(is_landscape) << 15;
    let [a, b, c, _] = first.to_le_bytes();
    let [d, e, _, _] = second.to_le_bytes();
    let mut hash = vec![a, b, c, d, e];
    let mut halves: Vec<u32> = Vec::new();
    if let Some(alpha) = &alpha {
        halves.extend([whole(15.0 * alpha.mean), whole(15.0 * alpha.scale)]);
    }
    for waves in [Some(&lightness), Some(&yellow), Some(&red), alpha.as_ref()].into_iter().flatten() {
        halves.extend(waves.factors.iter().map(|factor| whole(15.0 * factor)));
    }
    for pair in halves.chunks(2) {
        let byte = pair.iter().rev().fold(0, |byte, half| byte << 4 | half.min(&15));
        hash.extend(byte.to_le_bytes().first());
    }
    hash
}

impl Waves {
    /// The waves of a channel: so many across and down, of which the finest in both
    /// directions at once are left out.
    fn of(channel: &[f64], (width, height): (u32, u32), (across, down): (u32, u32), count: f64) -> Self {
        let mut waves = Self { mean: 0.0, factors: Vec::new(), scale: 0.0 };
        for vertical in 0..down {
            let beside = basis(vertical, height, 1);
            for horizontal in (0..across).take_while(|wave| wave * down < across * (down - vertical)) {
                let along = basis(horizontal, width, 1);
                let mut sum = 0.0;
                for (row, down) in channel.chunks_exact(along.len()).zip(&beside) {
                    for (value, across) in row.iter().zip(&along) {
                        sum += value * across * down;
                    }
                }
                let factor = sum / count;
                if (horizontal, vertical) == (0, 0) {
                    waves.mean = factor;
                } else {
                    waves.factors.push(factor);
                    waves.scale = waves.scale.max(factor.abs());
                }
            }
        }
        if waves.scale < NOTHING {
            waves.scale = 0.0;
            waves.factors.fill(0.0);
        } else {
            waves.factors.iter_mut().for_each(|factor| *factor = 0.5 + 0.5 / waves.scale * *factor);
        }
        waves
    }
}

/// The nearest whole number from 0 up.
fn whole(value: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 63")]
    let whole = value.round().max(0.0) as u32;
    whole
}
