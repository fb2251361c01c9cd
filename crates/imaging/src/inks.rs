//! Inks on paper as colors: through their profile, or as an offset press prints them.

use std::sync::{Arc, LazyLock};

use moxcms::{ColorProfile, DataColorSpace, Layout, Transform8BitExecutor, TransformOptions};

use crate::color::MAX_PROFILE_BYTES;
use crate::light::Bytes;

/// Pixels that are converted at once.
const BATCH_PIXELS: usize = 4096;

/// What becomes of cyan, magenta, yellow and black, of which 255 is all the ink there can be.
pub(crate) enum Inks {
    Through(Arc<Transform8BitExecutor>),
    Press(&'static Press),
}

impl Inks {
    /// By this profile, or a press of the usual kind where there is none that can be used.
    pub(crate) fn new(profile: Option<&[u8]>) -> Self {
        profile.and_then(Self::through).unwrap_or_else(|| Self::Press(&PRESS))
    }

    fn through(profile: &[u8]) -> Option<Self> {
        if profile.len() > MAX_PROFILE_BYTES {
            return None;
        }
        let profile = ColorProfile::new_from_slice(profile).ok()?;
        if profile.color_space != DataColorSpace::Cmyk {
            return None;
        }
        let srgb = ColorProfile::new_srgb();
        let transform =
            profile.create_transform_8bit(Layout::Rgba, &srgb, Layout::Rgb, TransformOptions::default());
        Some(Self::Through(transform.ok()?))
    }

    /// Converts pixels of four bytes to pixels of three, within the same buffer.
    pub(crate) fn convert(&self, data: &mut Vec<u8>) {
        let pixels = data.len() / 4;
        let mut colors = vec![0; BATCH_PIXELS.min(pixels) * 3];
        for start in (0..pixels).step_by(BATCH_PIXELS) {
            let count = BATCH_PIXELS.min(pixels - start);
            let (Some(from), Some(to)) =
                (data.get(start * 4..(start + count) * 4), colors.get_mut(..count * 3))
            else {
                break;
            };
            self.row(from, to);
            // What is written lies before what is still to be read.
            if let Some(place) = data.get_mut(start * 3..(start + count) * 3) {
                place.copy_from_slice(to);
            }
        }
        data.truncate(pixels * 3);
    }

    /// Converts as many pixels as both have.
    pub(crate) fn row(&self, inks: &[u8], colors: &mut [u8]) {
        match self {
            Self::Through(transform) => {
                // It cannot fail: both have whole pixels, and as many.
                if transform.transform(inks, colors).is_err() {
                    colors.fill(0);
                }
            }
            Self::Press(press) => {
                for (inks, color) in inks.as_chunks::<4>().0.iter().zip(colors.as_chunks_mut::<3>().0) {
                    *color = press.color(*inks);
                }
            }
        }
    }
}

static PRESS: LazyLock<Press> = LazyLock::new(Press::new);

/// What the solids of offset printing on coated paper look like, as CIE L*a*b* under D50:
/// the aims of ISO 12647-2, the order being cyan as the lowest bit, magenta, yellow, black.
/// Of the overprints with black, which nobody sets aims for, typical measurements.
const SOLIDS: [[f64; 3]; 16] = [
    [95.0, 0.0, -2.0],
    [55.0, -37.0, -50.0],
    [48.0, 74.0, -3.0],
    [24.0, 20.0, -46.0],
    [89.0, -5.0, 93.0],
    [50.0, -66.0, 26.0],
    [47.0, 68.0, 48.0],
    [23.0, 0.0, 0.0],
    [16.0, 0.0, 0.0],
    [11.0, -3.0, -6.0],
    [12.0, 6.0, 0.0],
    [8.0, 2.0, -5.0],
    [14.0, 0.0, 4.0],
    [9.0, -4.0, 1.0],
    [11.0, 4.0, 2.0],
    [7.0, 0.0, 0.0],
];

/// How much larger a dot of half the area prints, of colors and of black: curves A and B of
/// ISO 12647-2.
const GAIN: [f64; 4] = [0.143, 0.143, 0.143, 0.17];

/// Neugebauer's model of a press: the light of a print is the mean of that of all sixteen
/// solids, by the area that each takes where dots fall on each other by chance.
pub(crate) struct Press {
    /// The area that a dot of each size takes in print.
    areas: [[f32; 256]; 4],
    /// Linear light of the solids, red, green and blue, paper as white and the deepest black
    /// as none.
    solids: [[f32; 3]; 16],
}

impl Press {
    fn new() -> Self {
        let xyz = SOLIDS.map(xyz_of_lab);
        let [paper, .., black] = xyz;
        // Relative to the paper, and with the deepest black as none at all.
        let [_, paper_light, _] = paper;
        let [_, black_light, _] = black;
        let deepest = black_light / paper_light;
        let solids = xyz.map(|solid| {
            let mut relative = [0.0; 3];
            for (place, (solid, (paper, white))) in
                relative.iter_mut().zip(solid.iter().zip(paper.iter().zip(D50)))
            {
                *place = (solid / paper - deepest) / (1.0 - deepest) * white;
            }
            srgb_of_xyz(relative)
        });
        let areas = GAIN.map(|gain| {
            let mut areas = [0.0; 256];
            for (dot, area) in (0_u8..=u8::MAX).zip(&mut areas) {
                let dot = f64::from(dot) / 255.0;
                #[expect(clippy::cast_possible_truncation, reason = "a part of 1, for colors of 8 bits")]
                let printed = (dot + 4.0 * gain * dot * (1.0 - dot)).min(1.0) as f32;
                *area = printed;
            }
            areas
        });
        Self { areas, solids }
    }

    fn color(&self, inks: [u8; 4]) -> [u8; 3] {
        let [c, m, y, k] = self.areas.each_ref();
        let [cyan, magenta, yellow, black] = inks.map(usize::from);
        let area = |areas: &[f32; 256], ink: usize| areas.get(ink).copied().unwrap_or(1.0);
        // Halves the solids ink by ink: without it and with it.
        let c = halved::<16, 8>(&self.solids, area(c, cyan));
        let m = halved::<8, 4>(&c, area(m, magenta));
        let y = halved::<4, 2>(&m, area(y, yellow));
        let [light] = halved::<2, 1>(&y, area(k, black));
        light.map(|light| Bytes::table().of(light * f32::from(u16::MAX)))
    }
}

/// Of pairs of solids, without an ink and with it, the mean by the area of the ink.
fn halved<const N: usize, const HALF: usize>(solids: &[[f32; 3]; N], area: f32) -> [[f32; 3]; HALF] {
    let mut means = [[0.0; 3]; HALF];
    for (mean, pair) in means.iter_mut().zip(solids.as_chunks::<2>().0) {
        let [without, with] = pair;
        for ((mean, without), with) in mean.iter_mut().zip(without).zip(with) {
            *mean = without + (with - without) * area;
        }
    }
    means
}

/// The white that profiles are relative to.
const D50: [f64; 3] = [0.964_22, 1.0, 0.825_21];

/// By the definition of CIE L*a*b*.
pub(crate) fn xyz_of_lab([l, a, b]: [f64; 3]) -> [f64; 3] {
    let cubed = |t: f64| if t > 6.0 / 29.0 { t.powi(3) } else { (t - 4.0 / 29.0) * 108.0 / 841.0 };
    let middle = (l + 16.0) / 116.0;
    let [x, y, z] = D50;
    [cubed(middle + a / 500.0) * x, cubed(middle) * y, cubed(middle - b / 200.0) * z]
}

/// Linear light of sRGB's primaries, 0 to 1 within its gamut, of a color under D50: by
/// Bradford's adaptation to D65.
pub(crate) fn srgb_of_xyz([x, y, z]: [f64; 3]) -> [f32; 3] {
    let linear = [
        3.133_856_1 * x - 1.616_866_7 * y - 0.490_614_6 * z,
        -0.978_768_4 * x + 1.916_141_5 * y + 0.033_454_0 * z,
        0.071_945_3 * x - 0.228_991_4 * y + 1.405_242_7 * z,
    ];
    #[expect(clippy::cast_possible_truncation, reason = "for colors of 8 bits")]
    let linear = linear.map(|light| light as f32);
    linear
}

#[cfg(test)]
mod tests {
    use super::*;

    fn color(inks: [u8; 4]) -> [u8; 3] {
        PRESS.color(inks)
    }

    #[test]
    fn paper_is_white_and_all_inks_are_black() {
        assert!(color([0; 4]).iter().all(|level| *level >= 253), "{:?}", color([0; 4]));
        assert!(color([255; 4]).iter().all(|level| *level <= 8), "{:?}", color([255; 4]));
    }

    #[test]
    fn solids_are_those_of_print_and_not_of_a_screen() {
        // The screen's would be 0,255,255 and 255,0,255 and 255,255,0.
        for (inks, expected) in [
            ([255, 0, 0, 0], [0, 158, 224]),
            ([0, 255, 0, 0], [230, 0, 126]),
            ([0, 0, 255, 0], [255, 237, 0]),
            ([0, 255, 255, 0], [227, 6, 19]),
        ] {
            let found = color(inks);
            let worst = found.iter().zip(expected).map(|(a, b)| a.abs_diff(b)).max().unwrap();
            assert!(worst <= 24, "{inks:?}: {found:?} instead of {expected:?}");
        }
    }

    #[test]
    fn more_ink_is_never_lighter() {
        for ink in 0..4 {
            let light = |dot: u8| {
                let mut inks = [30; 4];
                inks[ink] = dot;
                color(inks).iter().map(|level| u32::from(*level)).sum::<u32>()
            };
            let levels: Vec<u32> = (0..=u8::MAX).map(light).collect();
            assert!(levels.is_sorted_by(|a, b| a + 2 >= *b), "ink {ink}: {levels:?}");
        }
    }

    #[test]
    fn a_buffer_of_inks_shrinks_to_one_of_colors() {
        let mut data = [[0, 0, 0, 0], [0, 0, 0, 255]].concat().repeat(5000);
        Inks::new(None).convert(&mut data);
        let expected = [color([0; 4]), color([0, 0, 0, 255])].concat().repeat(5000);
        assert_eq!(data, expected);
    }
}
