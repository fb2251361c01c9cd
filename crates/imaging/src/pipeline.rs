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
    pub(crate) plan: &'a Plan,
    /// The ICC profile that the pixels are in; none is sRGB.
    pub(crate) profile: Option<Vec<u8>>,
}

impl Job<'_> {
    /// How the stored pixels are turned, by their own orientation and by the plan.
    pub(crate) fn orientation(&self) -> Orientation {
        self.plan.orientation(self.source)
    }
}

/// One step.
pub(crate) type Step = fn(Pixels, &mut Job<'_>) -> Result<Pixels, Error>;

/// The crop and the resize come first because they leave less to turn and to convert.
/// That is the same as the promised order, orientation first: their rectangles and sizes
/// are turned back for it. Both the profile's and sRGB's values are gamma-encoded, so
/// scaling in one or the other differs by less than rounding.
pub(crate) const STEPS: &[Step] = &[
    transform::crop::apply,
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
