//! Packed samples of any depth as numbers of 16 bits, and what they mean as pixels.

use super::layout::{Alpha, Layout, Meaning};
use crate::inks::{srgb_of_xyz, xyz_of_lab};
use crate::light;

/// Unpacks the samples of a row, scaled to 16 bits.
pub(super) fn unpack(row: &[u8], layout: &Layout<'_>, to: &mut Vec<u16>) {
    to.clear();
    let bytes = layout.bits as usize / 8;
    let is_index = matches!(layout.meaning, Meaning::Palette(_));
    match (layout.is_float, layout.bits) {
        (false, 8) if is_index => to.extend(row.iter().map(|byte| u16::from(*byte))),
        (false, 8) => to.extend(row.iter().map(|byte| u16::from(*byte) * 257)),
        (false, 16) => to.extend(row.as_chunks::<2>().0.iter().map(|&bytes| {
            if layout.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) }
        })),
        (false, 32) => to.extend(row.as_chunks::<4>().0.iter().map(|&bytes| {
            let number =
                if layout.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };
            u16::try_from(number >> 16).unwrap_or(u16::MAX)
        })),
        (false, bits) => unpack_bits(row, bits, is_index, to),
        (true, _) => to.extend(row.chunks_exact(bytes).map(|bytes| whole(float(bytes, layout.big_endian)))),
    }
}

/// Samples of a depth that is no whole byte, the highest bit first.
fn unpack_bits(row: &[u8], bits: u32, is_index: bool, to: &mut Vec<u16>) {
    let most = u64::from(u32::MAX >> (32 - bits.clamp(1, 32)));
    let (mut held, mut count) = (0_u64, 0);
    for byte in row {
        held = held << 8 | u64::from(*byte);
        count += 8;
        while count >= bits {
            count -= bits;
            let sample = (held >> count) & most;
            let scaled = if is_index { sample } else { (sample * 65_535 + most / 2) / most };
            to.push(u16::try_from(scaled).unwrap_or(u16::MAX));
        }
        held &= (1 << count) - 1;
    }
}

/// A floating point number of 16, 32 or 64 bits.
fn float(bytes: &[u8], big_endian: bool) -> f32 {
    let put = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
    let bits = if big_endian { bytes.iter().fold(0, put) } else { bytes.iter().rev().fold(0, put) };
    match bytes.len() {
        2 => half(u32::try_from(bits).unwrap_or(0)),
        4 => f32::from_bits(u32::try_from(bits).unwrap_or(0)),
        #[expect(clippy::cast_possible_truncation, reason = "it is cut to 16 bits in the end")]
        _ => f64::from_bits(bits) as f32,
    }
}

/// A number of IEEE 754's 16 bits.
fn half(bits: u32) -> f32 {
    let sign = (bits & 0x8000) << 16;
    let (exponent, fraction) = ((bits >> 10) & 31, bits & 0x3ff);
    match exponent {
        0 => {
            #[expect(clippy::cast_precision_loss, reason = "ten bits")]
            let value = fraction as f32 / 16_777_216.0;
            if sign == 0 { value } else { -value }
        }
        31 => f32::from_bits(sign | 0x7f80_0000 | fraction << 13),
        _ => f32::from_bits(sign | (exponent + 112) << 23 | fraction << 13),
    }
}

/// From 0 to 1 as 16 bits; what is no number is black.
fn whole(value: f32) -> u16 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is within the range")]
    let sample = (value.clamp(0.0, 1.0) * 65_535.0 + 0.5) as u16;
    if value.is_nan() { 0 } else { sample }
}

/// Turns the samples of a row into gray, colors or inks, each perhaps with straight alpha:
/// as many as `out` says.
pub(super) fn pixels(samples: &[u16], layout: &Layout<'_>, to: &mut Vec<u16>) {
    to.clear();
    let colors = layout.meaning.samples();
    for pixel in samples.chunks_exact(layout.samples) {
        let alpha = match layout.alpha {
            Alpha::None => None,
            Alpha::Straight | Alpha::Associated => pixel.get(colors).copied(),
        };
        let straight = |sample: u16| match alpha {
            Some(alpha) if layout.alpha == Alpha::Associated => divided(sample, alpha),
            _ => sample,
        };
        let start = to.len();
        match (&layout.meaning, pixel) {
            (Meaning::Gray { white_is_zero: true }, [gray, ..]) => to.push(straight(u16::MAX - gray)),
            (Meaning::Gray { .. }, [gray, ..]) => to.push(straight(*gray)),
            (Meaning::Rgb, [red, green, blue, ..]) => to.extend([*red, *green, *blue].map(straight)),
            (Meaning::Cmyk, [c, m, y, k, ..]) => to.extend([*c, *m, *y, *k]),
            (Meaning::Palette(colors), [index, ..]) => {
                to.extend(colors.get(usize::from(*index)).copied().unwrap_or_default());
            }
            (Meaning::YCbCr { luma, range, .. }, [y, cb, cr, ..]) => {
                to.extend(rgb_of_ycbcr([*y, *cb, *cr].map(|sample| f32::from(sample) / 257.0), luma, range));
            }
            (Meaning::Lab { signed }, [l, a, b, ..]) => {
                to.extend(rgb_of_lab([*l, *a, *b], *signed, layout.bits))
            }
            _ => {}
        }
        if let Some(alpha) = alpha.filter(|_| layout.meaning != Meaning::Cmyk && to.len() > start) {
            to.push(alpha);
        }
    }
}

/// A color divided by the alpha it was multiplied with.
fn divided(sample: u16, alpha: u16) -> u16 {
    if alpha == 0 {
        return 0;
    }
    let quotient = (u32::from(sample) * 65_535 + u32::from(alpha) / 2) / u32::from(alpha);
    u16::try_from(quotient).unwrap_or(u16::MAX)
}

/// By TIFF 6.0, section 21, with the levels of black and white.
fn rgb_of_ycbcr([y, cb, cr]: [f32; 3], luma: &[f32; 3], range: &[f32; 6]) -> [u16; 3] {
    let [y_black, y_white, cb_black, cb_white, cr_black, cr_white] = *range;
    let [red_weight, green_weight, blue_weight] = *luma;
    let full = |value: f32, black: f32, white: f32, most: f32| (value - black) * most / (white - black);
    let y = full(y, y_black, y_white, 255.0);
    let (cb, cr) = (full(cb, cb_black, cb_white, 127.0), full(cr, cr_black, cr_white, 127.0));
    let red = cr * (2.0 - 2.0 * red_weight) + y;
    let blue = cb * (2.0 - 2.0 * blue_weight) + y;
    let green = (y - blue_weight * blue - red_weight * red) / green_weight;
    [red, green, blue].map(|color| whole(color / 255.0))
}

/// CIE L*a*b* as sRGB.
fn rgb_of_lab([l, a, b]: [u16; 3], signed: bool, bits: u32) -> [u16; 3] {
    let opponent = |sample: u16| match (signed, bits) {
        (true, 8) => {
            let [high, _] = sample.to_be_bytes();
            f64::from(high.cast_signed())
        }
        (true, _) => f64::from(sample.cast_signed()) / 256.0,
        (false, 8) => f64::from(sample) / 257.0 - 128.0,
        (false, _) => f64::from(sample) / 256.0 - 128.0,
    };
    let lightest = if signed || bits == 8 { 655.35 } else { 652.80 };
    let light = srgb_of_xyz(xyz_of_lab([f64::from(l) / lightest, opponent(a), opponent(b)]));
    #[expect(clippy::cast_possible_truncation, reason = "it is cut to 16 bits in the end")]
    light.map(|light| whole(light::encode(light.into()) as f32))
}
