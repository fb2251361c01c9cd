//! The changes of color: gamma, brightness, contrast, saturation, hue, grayscale, in this
//! order.
//!
//! The first three treat each sample by itself and become one table of 256 values; what
//! mixes the samples of a pixel reads from that table, so there is one pass over the
//! pixels however many changes there are. As in a CSS filter list, what leaves the range
//! of a color is cut off behind each change. Alpha is kept.

mod brightness;
mod contrast;
mod gamma;
mod grayscale;
mod hue;
mod saturation;

use domain::plan::{Degrees, Factor, Plan, Tone};
use grayscale::Luminance;
use hue::Hue;
use saturation::Saturation;

use crate::Error;
use crate::job::{Frame, Held, Job, Step};
use crate::pixels::{Channels, Pixels};

pub(crate) const STEP: Step = Step { apply, peak };

fn apply(frame: Frame, job: &mut Job<'_>) -> Result<Frame, Error> {
    let tone = job.plan.tone;
    frame.try_map(|pixels| Ok(if tone == Tone::default() { pixels } else { toned(pixels, tone) }))
}

/// Within the same buffer. Gray has one channel, unless there is alpha.
fn peak(held: &mut Held, plan: &Plan) -> u64 {
    if plan.tone.grayscale && held.channels == 3 {
        held.channels = 1;
    }
    held.bytes
}

fn toned(mut pixels: Pixels, tone: Tone) -> Pixels {
    let levels = Levels::new(tone);
    if pixels.channels() == Channels::Gray {
        // Gray has no saturation or hue to change and is its own luminance.
        pixels.data_mut().iter_mut().for_each(|sample| *sample = levels.byte(*sample));
        return pixels;
    }
    let saturation = (tone.saturation != Factor::ONE).then(|| Saturation::new(tone.saturation));
    let hue = (tone.hue != Degrees::ZERO).then(|| Hue::new(tone.hue));
    let color = |rgb: [u8; 3]| {
        let exact = || rgb.map(|sample| levels.exact(sample));
        match (&saturation, &hue) {
            (None, None) => rgb.map(|sample| levels.byte(sample)),
            (Some(saturation), None) => saturation.of(exact()).map(to_byte),
            (None, Some(hue)) => hue.of(exact()).map(to_byte),
            (Some(saturation), Some(hue)) => {
                hue.of(saturation.of(exact()).map(|sample| sample.clamp(0.0, 1.0))).map(to_byte)
            }
        }
    };
    if tone.grayscale {
        let luminance = Luminance::new();
        pixels.into_gray(|rgb| luminance.of(color(rgb)))
    } else {
        pixels.map_colors(color);
        pixels
    }
}

/// What gamma, brightness and contrast make of each value of a sample.
struct Levels {
    /// 0 to 1.
    exact: [f32; 256],
    bytes: [u8; 256],
}

impl Levels {
    fn new(tone: Tone) -> Self {
        let (gamma, brightness, contrast) = (tone.gamma.get(), tone.brightness.get(), tone.contrast.get());
        let mut exact = [0.0; 256];
        for (sample, level) in (0u8..=u8::MAX).zip(&mut exact) {
            let raised = gamma::of(f64::from(sample) / 255.0, gamma);
            let lit = brightness::of(raised, brightness).clamp(0.0, 1.0);
            #[expect(clippy::cast_possible_truncation, reason = "precision enough for a byte")]
            let value = contrast::of(lit, contrast).clamp(0.0, 1.0) as f32;
            *level = value;
        }
        Self { bytes: exact.map(to_byte), exact }
    }

    fn exact(&self, sample: u8) -> f32 {
        self.exact.get(usize::from(sample)).copied().unwrap_or_default()
    }

    fn byte(&self, sample: u8) -> u8 {
        self.bytes.get(usize::from(sample)).copied().unwrap_or_default()
    }
}

/// The nearest byte to a value of 0 to 1; what lies beyond is cut off.
fn to_byte(value: f32) -> u8 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the cast saturates, which is the cut that is meant"
    )]
    let byte = (value * 255.0 + 0.5) as u8;
    byte
}
