//! Converts pixels from their ICC profile to sRGB, which results are in without saying so.
//!
//! A profile that is broken, of another kind than the pixels, or too large is treated as
//! sRGB, as browsers do. Profiles of CMYK never get here: those pixels have already been
//! converted to RGB by the plain formula.

use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

use crate::Error;
use crate::pipeline::Job;
use crate::pixels::{Channels, Pixels};

/// The largest profile that is looked at, in bytes. Real ones reach about 3 MiB.
pub(crate) const MAX_PROFILE_BYTES: usize = 4 << 20;

/// Pixels that are converted at once: little enough to stay in the cache.
const BATCH_PIXELS: usize = 4096;

pub(crate) fn apply(mut pixels: Pixels, job: &mut Job<'_>) -> Result<Pixels, Error> {
    let Some(profile) = job.profile.take() else {
        return Ok(pixels);
    };
    if profile.len() > MAX_PROFILE_BYTES {
        return Ok(pixels);
    }
    let Ok(profile) = ColorProfile::new_from_slice(&profile) else {
        return Ok(pixels);
    };
    match (profile.color_space, pixels.channels()) {
        (DataColorSpace::Rgb, Channels::Rgb) => convert_color(&profile, Layout::Rgb, pixels.data_mut(), 3),
        (DataColorSpace::Rgb, Channels::Rgba) => convert_color(&profile, Layout::Rgba, pixels.data_mut(), 4),
        (DataColorSpace::Gray, Channels::Gray) => convert_gray(&profile, pixels.data_mut()),
        _ => {}
    }
    Ok(pixels)
}

fn convert_color(profile: &ColorProfile, layout: Layout, data: &mut [u8], channels: usize) {
    let srgb = ColorProfile::new_srgb();
    let Ok(transform) = profile.create_transform_8bit(layout, &srgb, layout, TransformOptions::default())
    else {
        return;
    };
    // A batch that fails keeps its values. It cannot: the lengths are equal and whole.
    let convert = |from: &[u8], to: &mut [u8]| transform.transform(from, to).is_ok();

    if is_identity(channels, convert) {
        return;
    }
    let mut before = vec![0; BATCH_PIXELS * channels];
    for batch in data.chunks_mut(BATCH_PIXELS * channels) {
        if let Some(before) = before.get_mut(..batch.len()) {
            before.copy_from_slice(batch);
            if !convert(before, batch) {
                batch.copy_from_slice(before);
            }
        }
    }
}

/// Whether a conversion changes nothing that can be seen, which is how sRGB in any of its
/// hundred spellings is recognised.
fn is_identity(channels: usize, convert: impl Fn(&[u8], &mut [u8]) -> bool) -> bool {
    const LEVELS: [u8; 9] = [0, 16, 40, 72, 104, 144, 184, 224, 255];
    let mut probes = Vec::with_capacity(LEVELS.len().pow(3) * channels);
    for r in LEVELS {
        for g in LEVELS {
            for b in LEVELS {
                probes.extend([r, g, b, u8::MAX].into_iter().take(channels));
            }
        }
    }
    let mut converted = vec![0; probes.len()];
    convert(&probes, &mut converted) && probes.iter().zip(&converted).all(|(a, b)| a.abs_diff(*b) <= 1)
}

fn convert_gray(profile: &ColorProfile, data: &mut [u8]) {
    let srgb = ColorProfile::new_srgb();
    let Ok(transform) =
        profile.create_transform_8bit(Layout::Gray, &srgb, Layout::Rgb, TransformOptions::default())
    else {
        return;
    };
    let levels: Vec<u8> = (0..=u8::MAX).collect();
    let mut colors = vec![0; levels.len() * 3];
    if transform.transform(&levels, &mut colors).is_err() {
        return;
    }
    let (colors, _) = colors.as_chunks::<3>();
    for sample in data {
        if let Some([gray, _, _]) = colors.get(usize::from(*sample)) {
            *sample = *gray;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn srgb_is_recognised_and_display_p3_is_not() {
        for (profile, same) in [(ColorProfile::new_srgb(), true), (ColorProfile::new_display_p3(), false)] {
            let written = ColorProfile::new_from_slice(&profile.encode().unwrap()).unwrap();
            let transform = written
                .create_transform_8bit(
                    Layout::Rgb,
                    &ColorProfile::new_srgb(),
                    Layout::Rgb,
                    TransformOptions::default(),
                )
                .unwrap();
            assert_eq!(is_identity(3, |from, to| transform.transform(from, to).is_ok()), same);
        }
    }

    #[test]
    fn a_gray_profile_is_converted() {
        let profile = ColorProfile::new_gray_with_gamma(1.0);
        let written = ColorProfile::new_from_slice(&profile.encode().unwrap()).unwrap();
        let mut data = vec![0, 64, 128, 255];
        convert_gray(&written, &mut data);
        assert_eq!((data[0], data[3]), (0, 255));
        assert!(data[2].abs_diff(188) <= 2, "linear 0.5 is 188 in sRGB, got {}", data[2]);
    }
}
