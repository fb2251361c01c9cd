//! BlurHash: a blurred picture in 28 characters (github.com/woltapp/blurhash, Algorithm.md).

use super::cosine::basis;
use crate::light::{encode, linear};
use crate::pixels::Pixels;

const DIGITS: &[u8; 83] =
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";

/// Waves along the longer and the shorter side.
const WAVES: (u32, u32) = (4, 3);

/// The hash of opaque RGB pixels, at most 100 on a side.
pub(super) fn blur_hash(pixels: &Pixels) -> String {
    let (width, height) = (pixels.size().width(), pixels.size().height());
    let (across, down) = if width >= height { WAVES } else { (WAVES.1, WAVES.0) };
    let light: Vec<f64> = (0..=u8::MAX).map(|sample| linear(f64::from(sample) / 255.0)).collect();
    let light = |sample: u8| light.get(usize::from(sample)).copied().unwrap_or_default();

    let mut factors = Vec::new();
    for vertical in 0..down {
        for horizontal in 0..across {
            let (along, beside) = (basis(horizontal, width, 0), basis(vertical, height, 0));
            let mut sums = [0.0; 3];
            for (row, down) in pixels.data().chunks_exact(pixels.stride()).zip(&beside) {
                let (colors, _) = row.as_chunks::<3>();
                for (color, across) in colors.iter().zip(&along) {
                    for (sum, sample) in sums.iter_mut().zip(color) {
                        *sum += across * down * light(*sample);
                    }
                }
            }
            let weight = if horizontal == 0 && vertical == 0 { 1.0 } else { 2.0 };
            factors.push(sums.map(|sum| sum * weight / (f64::from(width) * f64::from(height))));
        }
    }
    let (mean, waves) = factors.split_first().map_or(([0.0; 3], [].as_slice()), |(dc, ac)| (*dc, ac));

    let strongest = waves.iter().flatten().fold(0.0, |most: f64, factor| most.max(factor.abs()));
    let step = whole(strongest * 166.0 - 0.5, 82);
    let scale = f64::from(step + 1) / 166.0;
    let mut hash = String::new();
    write(&mut hash, across - 1 + (down - 1) * 9, 1);
    write(&mut hash, step, 1);
    write(
        &mut hash,
        packed(mean.map(|light| whole(encode(light.clamp(0.0, 1.0)) * 255.0 + 0.5, 255)), 256),
        4,
    );
    for wave in waves {
        let steps = wave.map(|factor| {
            let share = factor / scale;
            whole(share.abs().sqrt().copysign(share) * 9.0 + 9.5, 18)
        });
        write(&mut hash, packed(steps, 19), 2);
    }
    hash
}

/// Three numbers as the digits of one.
fn packed(numbers: [u32; 3], base: u32) -> u32 {
    numbers.into_iter().fold(0, |sum, number| sum * base + number)
}

/// The whole part, from 0 to `most`.
fn whole(value: f64, most: u32) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 255")]
    let whole = value.floor().clamp(0.0, f64::from(most)) as u32;
    whole
}

/// Appends a number in so many digits of base 83.
fn write(hash: &mut String, number: u32, digits: u32) {
    for place in (0..digits).rev() {
        let digit = number / 83u32.pow(place) % 83;
        hash.push(DIGITS.get(digit as usize).copied().unwrap_or(b'0').into());
    }
}
