//! Puts a color behind all that is transparent.

use domain::plan::Plan;

use crate::Error;
use crate::job::{Frame, Held, Job, Step};

pub(crate) const STEP: Step = Step { apply, peak };

fn apply(frame: Frame, job: &mut Job<'_>) -> Result<Frame, Error> {
    match job.plan.flatten {
        Some(color) => frame.try_map(|pixels| Ok(pixels.flattened(color))),
        None => Ok(frame),
    }
}

/// Within the same buffer.
fn peak(held: &mut Held, plan: &Plan) -> u64 {
    if plan.flatten.is_some() {
        held.channels = held.channels.min(3);
    }
    held.bytes
}
