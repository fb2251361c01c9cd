//! Converts pixels from their ICC profile to sRGB, which results are in without saying so.
//!
//! A profile that is broken, of another kind than the pixels, or too large is treated as
//! sRGB, as browsers do. Profiles of CMYK never get here: those pixels have already been
//! converted to RGB by the plain formula.

use std::sync::Arc;

use domain::plan::Plan;
use moxcms::{ColorProfile, DataColorSpace, Layout, Transform8BitExecutor, TransformOptions};

use crate::Error;
use crate::job::{Frame, Held, Job, Step};
use crate::pixels::Channels;

/// The largest profile that is looked at, in bytes. Real ones reach about 3 MiB.
pub(crate) const MAX_PROFILE_BYTES: usize = 4 << 20;

/// What the tables of a conversion take, from a profile of colors by matrix and curves or by
/// a table of 33 × 33 × 33.
const CONVERSION_BYTES: u64 = 2 << 20;

/// Pixels that are converted at once: little enough to stay in the cache.
const BATCH_PIXELS: usize = 4096;

pub(crate) const STEP: Step = Step { apply, peak };

fn apply(mut frame: Frame, job: &mut Job<'_>) -> Result<Frame, Error> {
    let channels = frame.pixels.channels();
    let profile = frame.take_profile(job);
    if let Some(conversion) = profile.and_then(|profile| Conversion::to_srgb(profile, channels)) {
        conversion.convert(frame.pixels.data_mut());
    }
    Ok(frame)
}

/// The tables of a conversion, beside the pixels, which are converted in place.
fn peak(held: &mut Held, _: &Plan) -> u64 {
    held.bytes + if held.has_profile { CONVERSION_BYTES } else { 0 }
}

/// Whether a profile is one of gray, by the field of its header.
pub(crate) fn is_gray(profile: &[u8]) -> bool {
    profile.get(16..20) == Some(b"GRAY")
}

/// What becomes of samples on their way to sRGB.
pub(crate) enum Conversion {
    /// Of pixels of so many channels.
    OfColors(Arc<Transform8BitExecutor>, usize),
    /// Of gray, level by level, in pixels of so many channels; the fourth is alpha.
    OfGray(Vec<u8>, usize),
}

impl Conversion {
    /// The conversion from a profile; none if it would change nothing that can be seen, or
    /// if the profile cannot be used.
    pub(crate) fn to_srgb(profile: &[u8], channels: Channels) -> Option<Self> {
        let profile =
            (profile.len() <= MAX_PROFILE_BYTES).then(|| ColorProfile::new_from_slice(profile).ok());
        let profile = profile.flatten()?;
        match (profile.color_space, channels) {
            (DataColorSpace::Rgb, Channels::Rgb) => Self::of_colors(&profile, Layout::Rgb, 3),
            (DataColorSpace::Rgb, Channels::Rgba) => Self::of_colors(&profile, Layout::Rgba, 4),
            // Gray with alpha is held as colors that are equal.
            (DataColorSpace::Gray, Channels::Gray | Channels::Rgba) => {
                Self::of_gray(&profile, channels.count())
            }
            _ => None,
        }
    }

    fn of_colors(profile: &ColorProfile, layout: Layout, channels: usize) -> Option<Self> {
        let srgb = ColorProfile::new_srgb();
        let transform =
            profile.create_transform_8bit(layout, &srgb, layout, TransformOptions::default()).ok()?;
        let is_idle = is_identity(channels, |from, to| transform.transform(from, to).is_ok());
        (!is_idle).then_some(Self::OfColors(transform, channels))
    }

    fn of_gray(profile: &ColorProfile, channels: usize) -> Option<Self> {
        let srgb = ColorProfile::new_srgb();
        let transform = profile
            .create_transform_8bit(Layout::Gray, &srgb, Layout::Rgb, TransformOptions::default())
            .ok()?;
        let levels: Vec<u8> = (0..=u8::MAX).collect();
        let mut colors = vec![0; levels.len() * 3];
        transform.transform(&levels, &mut colors).ok()?;
        let levels = colors.as_chunks::<3>().0.iter().map(|[gray, _, _]| *gray).collect();
        Some(Self::OfGray(levels, channels))
    }

    /// Converts samples in their place.
    pub(crate) fn convert(&self, data: &mut [u8]) {
        match self {
            Self::OfColors(transform, channels) => {
                let mut before = vec![0; BATCH_PIXELS * channels];
                for batch in data.chunks_mut(BATCH_PIXELS * channels) {
                    if let Some(before) = before.get_mut(..batch.len()) {
                        before.copy_from_slice(batch);
                        // A batch that fails keeps its values. It cannot: the lengths are
                        // equal and whole.
                        if transform.transform(before, batch).is_err() {
                            batch.copy_from_slice(before);
                        }
                    }
                }
            }
            Self::OfGray(levels, channels) => {
                for pixel in data.chunks_exact_mut(*channels) {
                    for sample in pixel.iter_mut().take(3) {
                        *sample = levels.get(usize::from(*sample)).copied().unwrap_or(*sample);
                    }
                }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn srgb_is_recognised_and_display_p3_is_not() {
        for (profile, same) in [(ColorProfile::new_srgb(), true), (ColorProfile::new_display_p3(), false)] {
            let conversion = Conversion::to_srgb(&profile.encode().unwrap(), Channels::Rgb);
            assert_eq!(conversion.is_none(), same);
        }
    }

    #[test]
    fn a_gray_profile_is_converted() {
        let profile = ColorProfile::new_gray_with_gamma(1.0);
        let mut data = vec![0, 64, 128, 255];
        Conversion::to_srgb(&profile.encode().unwrap(), Channels::Gray).unwrap().convert(&mut data);
        assert_eq!((data[0], data[3]), (0, 255));
        assert!(data[2].abs_diff(188) <= 2, "linear 0.5 is 188 in sRGB, got {}", data[2]);
    }
}
