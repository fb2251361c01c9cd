//! Samples of 16 bits on their way to 8: through their profile first, rounded once.
//!
//! Where light is stored as it is, the darkest 256 of 65536 levels are a tenth of what an
//! eye tells apart; cut to 8 bits before the conversion they would be one.

use std::sync::Arc;

use moxcms::{ColorProfile, DataColorSpace, Layout, Transform16BitExecutor, TransformOptions};

use crate::color::{self, MAX_PROFILE_BYTES};
use crate::pixels::Channels;
use crate::tone_map::ToneMap;

/// What is done to rows of samples of 16 bits.
pub(crate) enum Deep {
    /// They are rounded.
    Rounded,
    /// Gray is looked up: a byte for each of its levels.
    OfGray(Vec<u8>),
    /// Colors are converted, three or four samples each.
    OfColors(Arc<Transform16BitExecutor>),
    /// Light of a bright screen is made that of a usual one.
    OfLight(ToneMap),
}

/// What the samples of a row are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Samples {
    Gray,
    GrayAlpha,
    Rgb,
    Rgba,
}

impl Samples {
    pub(crate) fn count(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::GrayAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba => 4,
        }
    }

    pub(crate) fn is_gray(self) -> bool {
        matches!(self, Self::Gray | Self::GrayAlpha)
    }

    /// What they become: gray with alpha is widened.
    pub(crate) fn channels(self) -> Channels {
        match self {
            Self::Gray => Channels::Gray,
            Self::Rgb => Channels::Rgb,
            Self::GrayAlpha | Self::Rgba => Channels::Rgba,
        }
    }
}

impl Deep {
    /// The way from this profile to sRGB; rounding alone where there is none that can be
    /// used.
    pub(crate) fn new(profile: Option<&[u8]>, samples: Samples) -> Self {
        profile.and_then(|profile| Self::through(profile, samples)).unwrap_or(Self::Rounded)
    }

    fn through(profile: &[u8], samples: Samples) -> Option<Self> {
        if profile.len() > MAX_PROFILE_BYTES {
            return None;
        }
        let profile = ColorProfile::new_from_slice(profile).ok()?;
        let options = TransformOptions { prefer_fixed_point: false, ..TransformOptions::default() };
        let srgb = ColorProfile::new_srgb();
        match (profile.color_space, samples) {
            (DataColorSpace::Gray, Samples::Gray | Samples::GrayAlpha) => {
                let transform =
                    profile.create_transform_16bit(Layout::Gray, &srgb, Layout::Rgb, options).ok()?;
                let levels: Vec<u16> = (0..=u16::MAX).collect();
                let mut colors = vec![0; levels.len() * 3];
                transform.transform(&levels, &mut colors).ok()?;
                Some(Self::OfGray(
                    colors.as_chunks::<3>().0.iter().map(|[gray, _, _]| rounded(*gray)).collect(),
                ))
            }
            (DataColorSpace::Rgb, Samples::Rgb | Samples::Rgba) => {
                let layout = if samples == Samples::Rgb { Layout::Rgb } else { Layout::Rgba };
                Some(Self::OfColors(profile.create_transform_16bit(layout, &srgb, layout, options).ok()?))
            }
            _ => None,
        }
    }

    /// Converts a row to as many pixels of 8 bits.
    pub(crate) fn convert(&self, row: &[u16], samples: Samples, to: &mut [u8]) {
        match self {
            Self::Rounded => write(row.iter().copied().map(rounded), samples, to),
            Self::OfGray(levels) => {
                let gray = |sample: u16| levels.get(usize::from(sample)).copied().unwrap_or(0);
                if samples == Samples::Gray {
                    write(row.iter().copied().map(gray), samples, to);
                } else {
                    let (pixels, _) = row.as_chunks::<2>();
                    let bytes = pixels.iter().flat_map(|&[level, alpha]| [gray(level), rounded(alpha)]);
                    write(bytes, samples, to);
                }
            }
            Self::OfLight(map) => {
                let count = samples.count();
                let bytes = row.chunks_exact(count).flat_map(|pixel| match *pixel {
                    [gray] | [gray, _] => {
                        let [gray, ..] = map.color([gray; 3]);
                        [gray, pixel.get(1).copied().map_or(0, rounded), 0, 0].into_iter().take(count)
                    }
                    [red, green, blue, ref alpha @ ..] => {
                        let [red, green, blue] = map.color([red, green, blue]);
                        let alpha = alpha.first().copied().map_or(0, rounded);
                        [red, green, blue, alpha].into_iter().take(count)
                    }
                    [] => [0; 4].into_iter().take(0),
                });
                write(bytes, samples, to);
            }
            Self::OfColors(transform) => {
                let mut converted = vec![0; row.len()];
                // It cannot fail: the lengths are equal and whole.
                if transform.transform(row, &mut converted).is_err() {
                    converted.copy_from_slice(row);
                }
                write(converted.into_iter().map(rounded), samples, to);
            }
        }
    }
}

/// Writes a row, gray with alpha as four channels.
fn write(mut bytes: impl Iterator<Item = u8>, samples: Samples, to: &mut [u8]) {
    if samples == Samples::GrayAlpha {
        for pixel in to.as_chunks_mut::<4>().0 {
            let (Some(gray), Some(alpha)) = (bytes.next(), bytes.next()) else { return };
            *pixel = [gray, gray, gray, alpha];
        }
    } else {
        to.iter_mut().zip(bytes).for_each(|(to, byte)| *to = byte);
    }
}

/// A sample of 16 bits as the nearest of 8.
pub(crate) fn rounded(sample: u16) -> u8 {
    u8::try_from((u32::from(sample) * 255 + 32_767) / 65_535).unwrap_or(u8::MAX)
}

/// The profile, if it is of the same kind as the samples: gray or colors.
pub(crate) fn fitting(profile: Option<Vec<u8>>, samples: Samples) -> Option<Vec<u8>> {
    profile.filter(|profile| color::is_gray(profile) == samples.is_gray())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_bits_are_rounded_to_the_nearest_of_eight() {
        for byte in 0..=u8::MAX {
            let exact = u16::from(byte) * 257;
            assert_eq!(rounded(exact), byte);
            assert_eq!(rounded(exact.saturating_add(128)), byte);
            assert_eq!(rounded(exact.saturating_sub(128)), byte);
        }
    }

    #[test]
    fn linear_light_keeps_its_dark_levels() {
        let profile = ColorProfile::new_gray_with_gamma(1.0).encode().unwrap();
        let deep = Deep::new(Some(&profile), Samples::Gray);
        let row: Vec<u16> = (0..=u16::MAX).collect();
        let mut bytes = vec![0; row.len()];
        deep.convert(&row, Samples::Gray, &mut bytes);
        bytes.dedup();
        assert!(bytes.len() >= 250, "{} levels of 256", bytes.len());
    }
}
