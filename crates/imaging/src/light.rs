//! Linear light: what a gamma-encoded sample stands for, and back.
//!
//! Light adds up, samples do not: the mean of black and white is a gray of 188, not 128.

use std::sync::LazyLock;

/// Steps of linear light from dark to bright. So many that a step is a twentieth of a
/// level where the levels are closest, in the dark.
const STEPS: u16 = u16::MAX;

/// Made once: its 256 powers take as long as a small image.
static BYTES: LazyLock<Bytes> = LazyLock::new(Bytes::new);

/// Linear light of a gamma-encoded sample, both 0 to 1: IEC 61966-2-1.
pub(crate) fn linear(sample: f64) -> f64 {
    if sample <= 0.04045 { sample / 12.92 } else { ((sample + 0.055) / 1.055).powf(2.4) }
}

/// The inverse.
pub(crate) fn encode(light: f64) -> f64 {
    if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 }
}

/// The light of every byte, in steps.
pub(crate) fn of_bytes() -> [f32; 256] {
    let mut steps = [0.0; 256];
    for (byte, place) in (0u8..=u8::MAX).zip(&mut steps) {
        *place = step(f64::from(byte));
    }
    steps
}

/// The step of a level of 0 to 255, which need not be whole. Rounded, so that no last bit
/// of a platform's power function decides on a byte of a result.
fn step(level: f64) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "16 bits of 24")]
    let step = (linear(level / 255.0) * f64::from(STEPS)).round() as f32;
    step
}

/// From linear light back to bytes.
pub(crate) struct Bytes {
    /// The byte that is nearest to each step.
    of_steps: Vec<u8>,
}

impl Bytes {
    /// The one table of the process.
    pub(crate) fn table() -> &'static Self {
        &BYTES
    }

    fn new() -> Self {
        let mut of_steps = Vec::with_capacity(usize::from(STEPS) + 1);
        for byte in 0..u8::MAX {
            // From halfway between two levels on, the upper one is nearer.
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a step is 16 bits")]
            let end = step(f64::from(byte) + 0.5) as usize;
            of_steps.resize(end, byte);
        }
        of_steps.resize(usize::from(STEPS) + 1, u8::MAX);
        Self { of_steps }
    }

    /// The byte of so many steps; what lies beyond the range is cut off.
    pub(crate) fn of(&self, steps: f32) -> u8 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
        let step = (steps + 0.5) as u16;
        self.of_steps.get(usize::from(step)).copied().unwrap_or(u8::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_comes_back_as_itself() {
        let bytes = Bytes::table();
        for (byte, steps) in (0u8..=u8::MAX).zip(of_bytes()) {
            assert_eq!(bytes.of(steps), byte);
        }
        assert_eq!((bytes.of(-9.0), bytes.of(1e9)), (0, 255));
    }

    #[test]
    fn half_the_light_of_white_is_188() {
        let [black, .., white] = of_bytes();
        assert_eq!(Bytes::table().of((black + white) / 2.0), 188);
    }

    #[test]
    fn every_step_becomes_the_nearest_byte() {
        let bytes = Bytes::table();
        for step in (0..=STEPS).step_by(7) {
            let exact = encode(f64::from(step) / f64::from(STEPS)) * 255.0;
            let byte = f64::from(bytes.of(f32::from(step)));
            assert!((byte - exact).abs() <= 0.55, "{step}: {byte} for {exact}");
        }
    }
}
