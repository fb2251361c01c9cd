//! Premultiplied alpha, in which colors count as much as they are visible, so that sums of
//! pixels may be taken channel by channel.

use crate::pixels::{Channels, Pixels};

/// Multiplies the colors with alpha. Without alpha nothing changes.
pub(super) fn premultiply(pixels: &mut Pixels) {
    change(pixels, |color, alpha| (color * alpha + 127) / 255);
}

/// Divides the colors by alpha. Without alpha nothing changes.
pub(super) fn unpremultiply(pixels: &mut Pixels) {
    // Rounding on the way may have left a color above its alpha.
    change(pixels, |color, alpha| ((color * 255 + alpha / 2) / alpha.max(1)).min(255));
}

fn change(pixels: &mut Pixels, changed: impl Fn(u32, u32) -> u32) {
    if pixels.channels() != Channels::Rgba {
        return;
    }
    let (pixels, _) = pixels.data_mut().as_chunks_mut::<4>();
    for [red, green, blue, alpha] in pixels {
        // Most pixels are opaque, and neither way changes those.
        if *alpha == u8::MAX {
            continue;
        }
        for color in [red, green, blue] {
            #[expect(clippy::cast_possible_truncation, reason = "a byte by both formulas")]
            let byte = changed(u32::from(*color), u32::from(*alpha)) as u8;
            *color = byte;
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::Size;

    use super::*;

    fn pixel(rgba: [u8; 4]) -> Pixels {
        Pixels::new(Size::new(1, 1).unwrap(), Channels::Rgba, rgba.to_vec()).unwrap()
    }

    #[test]
    fn what_is_multiplied_and_divided_is_off_by_no_more_than_alpha_can_tell() {
        for alpha in 1..=255u8 {
            for color in 0..=255u8 {
                let mut there_and_back = pixel([color, 0, 255, alpha]);
                premultiply(&mut there_and_back);
                unpremultiply(&mut there_and_back);
                let [back, black, white, _] = *there_and_back.data() else { panic!("four samples") };
                let step = 255.0 / f64::from(alpha);
                assert!((f64::from(back) - f64::from(color)).abs() <= step / 2.0 + 0.5, "{color} {alpha}");
                assert_eq!((black, white), (0, 255));
            }
        }
    }

    #[test]
    fn what_is_clear_has_no_color() {
        let mut clear = pixel([200, 100, 50, 0]);
        premultiply(&mut clear);
        unpremultiply(&mut clear);
        assert_eq!(clear.data(), [0, 0, 0, 0]);
    }
}
