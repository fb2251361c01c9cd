//! What the steps between decoding and encoding work on, and what a step is.

use domain::plan::{Crop, Plan, Source};
use domain::{Orientation, Size};

use crate::Error;
use crate::pixels::Pixels;

/// What is decided once for an image, whatever the number of its frames.
pub(crate) struct Job<'a> {
    pub(crate) source: &'a Source,
    /// Another one than at first once a border is off, since only then it is known of what
    /// size the picture is.
    pub(crate) plan: Plan,
    /// The ICC profile that decoded pixels are in; none is sRGB.
    pub(crate) profile: Option<Vec<u8>>,
    /// What is left once the border is off, as the first frame has it.
    pub(crate) rest: Option<Crop>,
    /// The levels of the first frame that become black and white.
    pub(crate) range: Option<[u8; 2]>,
    /// The part of the picture that the first frame chose to keep.
    pub(crate) part: Option<Crop>,
}

impl<'a> Job<'a> {
    /// For an image that has been looked at only so far.
    pub(crate) fn new(source: &'a Source, plan: &Plan, profile: Option<Vec<u8>>) -> Self {
        Self { source, plan: *plan, profile, rest: None, range: None, part: None }
    }
}

/// One frame on its way: its pixels, and what is still to be done to them.
pub(crate) struct Frame {
    pub(crate) pixels: Pixels,
    /// Pixels of a row, and rows, of the picture that are one in what the decoder gave,
    /// until the blur has made up for it.
    pub(crate) reduction: u32,
    is_upright: bool,
    is_srgb: bool,
}

impl Frame {
    /// Pixels as they are stored, of which the decoder made one of so many each way.
    pub(crate) fn new(pixels: Pixels, reduction: u32) -> Self {
        Self { pixels, reduction, is_upright: false, is_srgb: false }
    }

    /// The same frame with other pixels.
    pub(crate) fn with(self, pixels: Pixels) -> Self {
        Self { pixels, ..self }
    }

    /// The same frame with what becomes of its pixels.
    pub(crate) fn try_map(self, change: impl FnOnce(Pixels) -> Result<Pixels, Error>) -> Result<Self, Error> {
        Ok(Self { pixels: change(self.pixels)?, ..self })
    }

    /// A part of the picture, within the same buffer.
    pub(crate) fn cropped(self, part: Crop) -> Result<Self, Error> {
        let outside = || Error::Panicked { reason: "a part outside its image".to_owned() };
        self.try_map(|pixels| pixels.cropped(part).ok_or_else(outside))
    }

    /// How the pixels are still to be moved, by their own orientation and by the plan.
    pub(crate) fn orientation(&self, job: &Job<'_>) -> Orientation {
        if self.is_upright { Orientation::UPRIGHT } else { job.plan.orientation(job.source) }
    }

    /// The same for whoever moves them now, after which nothing is left to be moved.
    pub(crate) fn take_orientation(&mut self, job: &Job<'_>) -> Orientation {
        let orientation = self.orientation(job);
        self.is_upright = true;
        orientation
    }

    /// The profile that the pixels are in, for whoever converts them now, after which they
    /// are in sRGB.
    pub(crate) fn take_profile<'job>(&mut self, job: &'job Job<'_>) -> Option<&'job [u8]> {
        let is_srgb = std::mem::replace(&mut self.is_srgb, true);
        job.profile.as_deref().filter(|_| !is_srgb)
    }
}

/// One step. What the plan does not ask of it gives back what it got.
pub(crate) struct Step {
    pub(crate) apply: fn(Frame, &mut Job<'_>) -> Result<Frame, Error>,
    /// The bytes that a frame and all that the step needs beside it take at their peak, at
    /// most. Afterwards [`Held`] says what is left.
    pub(crate) peak: fn(&mut Held, &Plan) -> u64,
}

/// What a frame is between two steps, at most. Where the plan takes a border off, the steps
/// behind that expect the worst that may be left.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held {
    /// The size of the picture, as its pixels are stored at this point.
    pub(crate) size: Size,
    /// Its pixels: fewer than its sides say where a limit holds for their product.
    pub(crate) pixels: u64,
    pub(crate) channels: u64,
    /// Its buffer, which may have been made for a larger picture.
    pub(crate) bytes: u64,
    /// Whether they may have a color profile.
    pub(crate) has_profile: bool,
    /// How the pixels are still to be moved.
    pub(crate) orientation: Orientation,
    /// As in [`Frame`].
    pub(crate) reduction: u32,
}

impl Held {
    /// For a step that needs nothing beside the frame.
    pub(crate) fn in_place(&mut self, _: &Plan) -> u64 {
        self.bytes
    }

    /// The peak of making another picture out of this one, which takes its place, with so
    /// many bytes beside both.
    pub(crate) fn replaced(&mut self, size: Size, pixels: u64, channels: u64, beside: u64) -> u64 {
        let peak = self.bytes + pixels * channels + beside;
        *self = Self { size, pixels, channels, bytes: pixels * channels, ..*self };
        peak
    }
}
