//! The changes of color: normalize, gamma, brightness, contrast, saturation, hue, sepia,
//! negate, grayscale, tint, threshold, in this order.
//!
//! The first four treat each sample by itself and become one table of 256 values; what
//! mixes the samples of a pixel reads from that table, so there is one pass over the
//! pixels however many changes there are. As in a CSS filter list, what leaves the range
//! of a color is cut off behind each change. Alpha is kept.

mod brightness;
mod contrast;
mod gamma;
mod grayscale;
mod hue;
mod normalize;
mod saturation;
mod sepia;
mod tint;

use domain::plan::{Degrees, Factor, Plan, Tone};
use grayscale::Luminance;
use hue::Hue;
use saturation::Saturation;
use tint::Tint;

use crate::Error;
use crate::job::{Frame, Held, Job, Step};
use crate::pixels::{Channels, Pixels};

pub(crate) const STEP: Step = Step { apply, peak };

fn apply(frame: Frame, job: &mut Job<'_>) -> Result<Frame, Error> {
    let tone = job.plan.tone;
    if tone == Tone::default() {
        return Ok(frame);
    }
    // Of an animation the first frame decides, or it would flicker.
    let range = tone.normalize.then(|| *job.range.get_or_insert_with(|| normalize::range(&frame.pixels)));
    frame.try_map(|pixels| Ok(toned(pixels, tone, range.unwrap_or_default())))
}

/// Within the same buffer, unless gray gets a color. Gray has one channel, unless there is
/// alpha.
fn peak(held: &mut Held, plan: &Plan) -> u64 {
    let tone = plan.tone;
    let mut peak = held.bytes;
    if colors_gray(tone) && held.channels == 1 {
        peak = held.replaced(held.size, held.pixels, 3, 0);
    }
    if leaves_gray(tone) && held.channels == 3 {
        held.channels = 1;
    }
    peak
}

/// Whether gray may become a color.
fn colors_gray(tone: Tone) -> bool {
    tone.sepia || tone.tint.is_some()
}

/// Whether nothing but gray is left.
fn leaves_gray(tone: Tone) -> bool {
    tone.threshold.is_some() || (tone.grayscale && tone.tint.is_none())
}

fn toned(pixels: Pixels, tone: Tone, range: [u8; 2]) -> Pixels {
    let levels = Levels::new(tone, range);
    let cut = |gray: u8| tone.threshold.map_or(gray, |least| if gray >= least { u8::MAX } else { 0 });
    if pixels.channels() == Channels::Gray && !colors_gray(tone) {
        // Gray has no saturation or hue to change and is its own luminance.
        let mut pixels = pixels;
        let gray = |sample: u8| if tone.negate { !levels.byte(sample) } else { levels.byte(sample) };
        pixels.data_mut().iter_mut().for_each(|sample| *sample = cut(gray(*sample)));
        return pixels;
    }
    let mut pixels = if pixels.channels() == Channels::Gray { pixels.widened(Channels::Rgb) } else { pixels };
    let saturation = (tone.saturation != Factor::ONE).then(|| Saturation::new(tone.saturation));
    let hue = (tone.hue != Degrees::ZERO).then(|| Hue::new(tone.hue));
    let color = |rgb: [u8; 3]| {
        let exact = || rgb.map(|sample| levels.exact(sample));
        let mixed = match (&saturation, &hue) {
            (None, None) if !tone.sepia => rgb.map(|sample| levels.byte(sample)),
            (None, None) => sepia::of(exact()).map(to_byte),
            (saturation, hue) => {
                let kept = |color: [f32; 3]| color.map(|sample| sample.clamp(0.0, 1.0));
                let saturated = saturation.as_ref().map_or_else(exact, |saturation| saturation.of(exact()));
                let turned = hue.as_ref().map_or(saturated, |hue| hue.of(kept(saturated)));
                if tone.sepia { sepia::of(kept(turned)) } else { turned }.map(to_byte)
            }
        };
        if tone.negate { mixed.map(|sample| !sample) } else { mixed }
    };
    if tone.tint.is_none() && !leaves_gray(tone) {
        pixels.map_colors(color);
        return pixels;
    }
    let luminance = Luminance::new();
    if leaves_gray(tone) {
        // A tint keeps how light everything is, and that is all that is asked then.
        return pixels.into_gray(|rgb| cut(luminance.of(color(rgb))));
    }
    let tint = tone.tint.map(Tint::new);
    pixels.map_colors(|rgb| {
        let gray = luminance.of(color(rgb));
        tint.as_ref().map_or([gray; 3], |tint| tint.of(gray))
    });
    pixels
}

/// What a stretch, gamma, brightness and contrast make of each value of a sample.
struct Levels {
    /// 0 to 1.
    exact: [f32; 256],
    bytes: [u8; 256],
}

impl Levels {
    fn new(tone: Tone, range: [u8; 2]) -> Self {
        let (gamma, brightness, contrast) = (tone.gamma.get(), tone.brightness.get(), tone.contrast.get());
        let mut exact = [0.0; 256];
        for (sample, level) in (0u8..=u8::MAX).zip(&mut exact) {
            let raised = gamma::of(normalize::stretched(sample, range), gamma);
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
