//! Color spaces as code points of ITU-T H.273: AVIF, HEIC and PNG name theirs so.

use moxcms::{CicpColorPrimaries, CicpProfile, ColorProfile, MatrixCoefficients, TransferCharacteristics};

use crate::tone_map::{Curve, ToneMap};

const BT709: u8 = 1;
const UNSPECIFIED: u8 = 2;
const SRGB: u8 = 13;
const PQ: u8 = 16;
const HLG: u8 = 18;

/// Primaries and transfer characteristics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CodePoints {
    pub(crate) primaries: u8,
    pub(crate) transfer: u8,
}

impl CodePoints {
    /// The profile of the color space; none if it is sRGB, or has no profile. The curves of
    /// television are taken for sRGB's, as browsers do: pictures are made on screens that
    /// have it.
    pub(crate) fn profile(self) -> Option<Vec<u8>> {
        let transfer = match self.transfer {
            BT709 | UNSPECIFIED | 6 | 11 | 12 | 14 | 15 => SRGB,
            PQ | HLG => return None,
            other => other,
        };
        if transfer == SRGB && matches!(self.primaries, BT709 | UNSPECIFIED) {
            return None;
        }
        let transfer_characteristics = TransferCharacteristics::try_from(transfer).ok()?;
        let mut profile = self.of_primaries()?;
        let code = CicpProfile { transfer_characteristics, ..profile.cicp? };
        if transfer != SRGB && !is_updated(&mut profile, code) {
            return None;
        }
        profile.encode().ok()
    }

    /// The way from the light of a bright screen to that of a usual one, if the color space
    /// is one for such. `brightest` is the light of the brightest pixel in candela a square
    /// metre, if that is known.
    pub(crate) fn tone_map(self, brightest: Option<u16>) -> Option<ToneMap> {
        let curve = match self.transfer {
            PQ => Curve::Pq,
            HLG => Curve::Hlg,
            _ => return None,
        };
        let primaries = self.of_primaries().unwrap_or_else(ColorProfile::new_srgb);
        Some(ToneMap::new(curve, primaries.transform_matrix(&ColorProfile::new_srgb()).v, brightest))
    }

    /// The profile of these primaries, with the curve of sRGB.
    fn of_primaries(self) -> Option<ColorProfile> {
        let primaries = if self.primaries == UNSPECIFIED { BT709 } else { self.primaries };
        let code = CicpProfile {
            color_primaries: CicpColorPrimaries::try_from(primaries).ok()?,
            transfer_characteristics: TransferCharacteristics::Srgb,
            matrix_coefficients: MatrixCoefficients::Identity,
            full_range: true,
        };
        let mut profile = ColorProfile::new_srgb();
        is_updated(&mut profile, code).then_some(profile)
    }
}

/// Gives a profile another space, if there is a profile of that. What the call itself
/// answers is always no.
fn is_updated(profile: &mut ColorProfile, code: CicpProfile) -> bool {
    profile.cicp = None;
    profile.update_rgb_colorimetry_from_cicp(code);
    profile.cicp.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn srgb_has_no_profile_in_any_of_its_spellings() {
        for transfer in [1, 2, 6, 13, 14, 15] {
            for primaries in [1, 2] {
                assert_eq!(CodePoints { primaries, transfer }.profile(), None);
            }
        }
    }

    #[test]
    fn wider_primaries_have_one() {
        for (primaries, transfer) in [(12, 13), (9, 1), (1, 4), (1, 8)] {
            assert!(CodePoints { primaries, transfer }.profile().is_some(), "{primaries}/{transfer}");
        }
    }

    #[test]
    fn only_bright_screens_need_a_tone_map() {
        for (transfer, needs) in [(13, false), (16, true), (18, true)] {
            assert_eq!(CodePoints { primaries: 9, transfer }.tone_map(None).is_some(), needs);
        }
    }
}
