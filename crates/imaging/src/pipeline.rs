//! The fixed order of the steps between decoding and encoding.
//!
//! A new transform is one file under `transform/` and one row here. A step that the plan
//! does not ask for gives back what it got.

use domain::Orientation;
use domain::plan::{Plan, Source};

use crate::pixels::Pixels;
use crate::{Error, color, transform};

/// What the steps know besides the pixels.
pub(crate) struct Job<'a> {
    pub(crate) source: &'a Source,
    pub(crate) plan: Plan,
    /// The ICC profile that the pixels are in; none is sRGB.
    pub(crate) profile: Option<Vec<u8>>,
    is_upright: bool,
    /// Pixels of a row, and rows, of the picture that are one in what the decoder gave,
    /// until the resize or the blur has made up for it.
    pub(crate) reduction: u32,
}

impl<'a> Job<'a> {
    /// For the pixels of this image as they are stored.
    pub(crate) fn new(source: &'a Source, plan: &Plan, profile: Option<Vec<u8>>, reduction: u32) -> Self {
        Self { source, plan: *plan, profile, is_upright: false, reduction }
    }

    /// How the pixels are still to be moved, by their own orientation and by the plan.
    pub(crate) fn orientation(&self) -> Orientation {
        if self.is_upright { Orientation::UPRIGHT } else { self.plan.orientation(self.source) }
    }

    /// The same for whoever moves them now, after which nothing is left to be moved.
    pub(crate) fn take_orientation(&mut self) -> Orientation {
        let orientation = self.orientation();
        self.is_upright = true;
        orientation
    }
}

/// One step.
pub(crate) type Step = fn(Pixels, &mut Job<'_>) -> Result<Pixels, Error>;

/// The steps of a plan. What is cut and scaled comes first where it can, because that
/// leaves less to turn and to convert.
pub(crate) fn steps(plan: &Plan) -> impl Iterator<Item = &'static Step> {
    let upright_first: &[Step] =
        if plan.angle.is_some() || plan.trim.is_some() { UPRIGHT_FIRST } else { &[] };
    upright_first.iter().chain(STEPS)
}

/// What turns a picture by an angle must find it upright, and leaves corners that are no
/// colors of its profile; what takes its border off looks at its top left corner.
const UPRIGHT_FIRST: &[Step] =
    &[transform::orient::apply, color::apply, transform::rotate::apply, transform::trim::apply];

/// The crop and the resize come first because they leave less to turn and to convert.
/// That is the same as the promised order, orientation first: their rectangles and sizes
/// are turned back for it. Scaling takes the samples for sRGB's whatever the profile: those
/// of photos are encoded like it, or nearly (Display P3, Adobe RGB), and among colors of
/// one encoding scaling and converting may change places, since both are sums of light.
/// Only a profile of linear samples, which no camera writes, would be served better by
/// converting first, which costs four to sixteen times as much.
const STEPS: &[Step] = &[
    transform::crop::apply,
    transform::focus::apply,
    transform::resize::apply,
    transform::orient::apply,
    color::apply,
    transform::tone::apply,
    transform::canvas::apply,
    transform::padding::apply,
    transform::blur::apply,
    transform::sharpen::apply,
    transform::pixelate::apply,
];
