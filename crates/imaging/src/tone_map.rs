//! Pictures made for bright screens, on usual ones: PQ and HLG of ITU-R BT.2100.
//!
//! White as it is on a usual screen is 203 candela a square metre, by ITU-R BT.2408. What is
//! darker than three quarters of it keeps its light; what is brighter is pressed into the
//! last quarter, by a curve that begins with the same slope and ends where the brightest
//! pixel is white. The same factor for all three colors keeps their hue.

use crate::light::Bytes;

/// Candela a square metre of white on a usual screen.
const WHITE: f32 = 203.0;
/// Of the brightest pixel where nothing says it; what most pictures are made on.
const USUAL_PEAK: f32 = 1000.0;
/// From where on light is pressed, as a part of white.
const KNEE: f32 = 0.75;

/// The curve by which samples stand for light.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Curve {
    /// The perceptual quantizer, SMPTE ST 2084.
    Pq,
    /// Hybrid log-gamma.
    Hlg,
}

/// The way from samples of such a picture to sRGB.
pub(crate) struct ToneMap {
    curve: Curve,
    /// The light of each sample of 12 bits.
    light: Vec<f32>,
    /// From its primaries to those of sRGB.
    matrix: [[f32; 3]; 3],
    /// The light of the brightest pixel, white being 1.
    peak: f32,
}

impl ToneMap {
    /// `brightest` in candela a square metre.
    pub(crate) fn new(curve: Curve, matrix: [[f64; 3]; 3], brightest: Option<u16>) -> Self {
        let light = (0..=4095_u16).map(|sample| f32::from(sample) / 4095.0);
        let light = match curve {
            Curve::Pq => light.map(|sample| pq(sample) / WHITE).collect(),
            Curve::Hlg => light.map(hlg).collect(),
        };
        let peak = brightest.filter(|_| curve == Curve::Pq).filter(|brightest| *brightest > 0);
        let peak = peak.map_or(USUAL_PEAK, f32::from) / WHITE;
        #[expect(clippy::cast_possible_truncation, reason = "for colors of 8 bits")]
        let matrix = matrix.map(|row| row.map(|weight| weight as f32));
        Self { curve, light, matrix, peak: peak.max(1.0) }
    }

    /// The color of a pixel of samples of 16 bits.
    pub(crate) fn color(&self, samples: [u16; 3]) -> [u8; 3] {
        let light = |sample: u16| self.light.get(usize::from(sample >> 4)).copied().unwrap_or(0.0);
        let mut color = samples.map(light);
        if self.curve == Curve::Hlg {
            // The light of the scene becomes that of a screen of 1000 cd/m² by a power of its
            // luminance, 1.2 less what the color has already.
            let [red, green, blue] = color;
            let luminance = 0.2627 * red + 0.678 * green + 0.0593 * blue;
            let gain = luminance.max(1e-6).powf(0.2) * USUAL_PEAK / WHITE;
            color = color.map(|light| light * gain);
        }
        let color = self.matrix.map(|weights| {
            weights.iter().zip(color).map(|(weight, light)| weight * light).sum::<f32>().max(0.0)
        });
        let most = color.iter().copied().fold(0.0, f32::max);
        let factor = if most > KNEE { self.pressed(most) / most } else { 1.0 };
        color.map(|light| Bytes::table().of(light * factor * f32::from(u16::MAX)))
    }

    /// Light above the knee as what a usual screen can show: Reinhard's curve, extended so
    /// that the peak is 1.
    fn pressed(&self, light: f32) -> f32 {
        let room = 1.0 - KNEE;
        let (above, most) = ((light - KNEE) / room, ((self.peak - KNEE) / room).max(1.0));
        (KNEE + room * above * (1.0 + above / (most * most)) / (1.0 + above)).min(1.0)
    }
}

/// Candela a square metre of a sample of 0 to 1, SMPTE ST 2084.
fn pq(sample: f32) -> f32 {
    const M1: f32 = 2610.0 / 16384.0;
    const M2: f32 = 2523.0 / 4096.0 * 128.0;
    const C1: f32 = 3424.0 / 4096.0;
    const C2: f32 = 2413.0 / 4096.0 * 32.0;
    const C3: f32 = 2392.0 / 4096.0 * 32.0;
    let power = sample.powf(1.0 / M2);
    10_000.0 * ((power - C1).max(0.0) / (C2 - C3 * power)).powf(1.0 / M1)
}

/// The light of the scene, 0 to 1, of a sample of 0 to 1, ITU-R BT.2100.
fn hlg(sample: f32) -> f32 {
    const A: f32 = 0.178_832_77;
    const B: f32 = 0.284_668_92;
    const C: f32 = 0.559_910_7;
    if sample <= 0.5 { sample * sample / 3.0 } else { (((sample - C) / A).exp() + B) / 12.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAME: [[f64; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

    fn gray(map: &ToneMap, part: f32) -> u8 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of 1")]
        let [red, green, blue] = map.color([(part * 65_535.0) as u16; 3]);
        assert!(red == green && green == blue);
        red
    }

    #[test]
    fn pq_has_the_light_of_its_definition() {
        assert!((pq(1.0) - 10_000.0).abs() < 1.0);
        assert!((pq(0.508) - 100.0).abs() < 1.0, "{}", pq(0.508));
        assert!((pq(0.58) - 203.0).abs() < 3.0, "{}", pq(0.58));
    }

    #[test]
    fn white_of_a_usual_screen_stays_light_and_the_peak_is_white() {
        for (curve, white, half) in [(Curve::Pq, 0.581, 0.44), (Curve::Hlg, 0.75, 0.4)] {
            let map = ToneMap::new(curve, SAME, None);
            assert_eq!(gray(&map, 0.0), 0);
            assert!((225..=250).contains(&gray(&map, white)), "{curve:?}: {}", gray(&map, white));
            assert!((80..=150).contains(&gray(&map, half)), "{curve:?}: {}", gray(&map, half));
            assert_eq!(gray(&map, 1.0), 255);
            let levels: Vec<u8> = (0..=100u8).map(|part| gray(&map, f32::from(part) / 100.0)).collect();
            assert!(levels.is_sorted(), "{levels:?}");
        }
    }

    #[test]
    fn a_picture_that_says_its_peak_is_pressed_no_more_than_it_needs() {
        let dim = ToneMap::new(Curve::Pq, SAME, Some(203));
        let bright = ToneMap::new(Curve::Pq, SAME, Some(4000));
        assert!(gray(&dim, 0.58) > gray(&bright, 0.58));
    }
}
