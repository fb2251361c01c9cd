//! The fixed order of the steps between decoding and encoding.
//!
//! A new transform is one file under `transform/` and one row here.

use domain::plan::Plan;

use crate::job::Step;
use crate::{color, transform};

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
    &[transform::orient::STEP, color::STEP, transform::rotate::STEP, transform::trim::STEP];

/// The crop and the resize come first because they leave less to turn and to convert.
/// That is the same as the promised order, orientation first: their rectangles and sizes
/// are turned back for it. Scaling takes the samples for sRGB's whatever the profile: those
/// of photos are encoded like it, or nearly (Display P3, Adobe RGB), and among colors of
/// one encoding scaling and converting may change places, since both are sums of light.
/// Only a profile of linear samples, which no camera writes, would be served better by
/// converting first, which costs four to sixteen times as much.
const STEPS: &[Step] = &[
    transform::crop::STEP,
    transform::focus::STEP,
    transform::resize::STEP,
    transform::orient::STEP,
    color::STEP,
    transform::tone::STEP,
    transform::canvas::STEP,
    transform::padding::STEP,
    transform::flatten::STEP,
    transform::blur::STEP,
    transform::sharpen::STEP,
    transform::pixelate::STEP,
    transform::radius::STEP,
];
