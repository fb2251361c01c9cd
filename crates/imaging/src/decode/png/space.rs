//! Which color space a PNG says its samples are in.

use moxcms::{Chromaticity, ColorPrimaries, ColorProfile, ToneReprCurve, XyY};
use png::{ColorType, Info, SourceChromaticities};

use crate::code_points::CodePoints;
use crate::tone_map::ToneMap;

/// How far from sRGB's a gamma may be to be its own in other words: a twentieth, as libpng
/// has it.
const GAMMA_TOLERANCE: f32 = 0.05;
/// How far chromaticities may be from sRGB's.
const CHROMATICITY_TOLERANCE: f32 = 0.01;
/// The exponent that stands closest to sRGB's curve.
const USUAL_GAMMA: f32 = 1.0 / 2.2;

/// The code points of a PNG, unless they are of something that no PNG can be in.
fn code_points(info: &Info<'_>) -> Option<CodePoints> {
    let points = info.coding_independent_code_points?;
    let (primaries, transfer) = (points.color_primaries, points.transfer_function);
    (points.matrix_coefficients == 0).then_some(CodePoints { primaries, transfer })
}

/// The way to a usual screen, if the picture was made for a bright one.
pub(super) fn tone_map(info: &Info<'_>) -> Option<ToneMap> {
    // In steps of a ten thousandth of a candela a square metre.
    let brightest = info.content_light_level.map(|level| level.max_content_light_level / 10_000);
    code_points(info)?.tone_map(brightest.and_then(|level| u16::try_from(level).ok()))
}

/// The profile that the chunks of a PNG come to, by the order of its third edition: code
/// points, then a profile, then sRGB, then gamma and chromaticities. None is sRGB.
pub(super) fn profile(info: &Info<'_>) -> Option<Vec<u8>> {
    if let Some(points) = code_points(info) {
        return points.profile();
    }
    if let Some(profile) = &info.icc_profile {
        return Some(profile.to_vec());
    }
    if info.srgb.is_some() {
        return None;
    }
    let gamma = info.gama_chunk?.into_value();
    if !(0.1..=10.0).contains(&gamma) {
        return None;
    }
    let is_gray = matches!(info.color_type, ColorType::Grayscale | ColorType::GrayscaleAlpha);
    let is_usual = (gamma / USUAL_GAMMA - 1.0).abs() <= GAMMA_TOLERANCE;
    let chromaticities = info.chrm_chunk.filter(|found| !is_gray && !is_of_srgb(found));
    match (is_usual, chromaticities) {
        (true, None) => None,
        _ if is_gray => ColorProfile::new_gray_with_gamma(1.0 / gamma).encode().ok(),
        (_, chromaticities) => of_gamma(1.0 / gamma, chromaticities)?.encode().ok(),
    }
}

/// The coordinates of white, red, green and blue.
fn points(of: &SourceChromaticities) -> [(f32, f32); 4] {
    [of.white, of.red, of.green, of.blue].map(|(x, y)| (x.into_value(), y.into_value()))
}

fn is_of_srgb(found: &SourceChromaticities) -> bool {
    const SRGB: [(f32, f32); 4] = [(0.3127, 0.3290), (0.64, 0.33), (0.30, 0.60), (0.15, 0.06)];
    points(found).iter().zip(SRGB).all(|(found, srgb)| {
        (found.0 - srgb.0).abs() <= CHROMATICITY_TOLERANCE
            && (found.1 - srgb.1).abs() <= CHROMATICITY_TOLERANCE
    })
}

/// A profile of this exponent, and of these primaries or sRGB's.
fn of_gamma(exponent: f32, chromaticities: Option<SourceChromaticities>) -> Option<ColorProfile> {
    let mut profile = ColorProfile::new_srgb();
    if let Some(found) = chromaticities {
        let [white, red, green, blue] = points(&found);
        // A white without any light has no color.
        if white.1 < 0.01 || [red, green, blue].iter().any(|(_, y)| *y <= 0.0) {
            return None;
        }
        let point = |(x, y)| Chromaticity::new(x, y);
        let primaries = ColorPrimaries { red: point(red), green: point(green), blue: point(blue) };
        let white = XyY { x: white.0.into(), y: white.1.into(), yb: 1.0 };
        profile.update_rgb_colorimetry(white, primaries);
    }
    profile.cicp = None;
    let curve = ToneReprCurve::Parametric(vec![exponent]);
    profile.red_trc = Some(curve.clone());
    profile.green_trc = Some(curve.clone());
    profile.blue_trc = Some(curve);
    Some(profile)
}
