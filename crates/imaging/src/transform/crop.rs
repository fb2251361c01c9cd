//! Cuts out a rectangle of whole pixels, within the same buffer.

use domain::plan::Plan;

use crate::Error;
use crate::job::{Frame, Held, Job, Step};

pub(crate) const STEP: Step = Step { apply, peak };

/// The pixels may not be turned yet, so the rectangle is turned back.
fn apply(frame: Frame, job: &mut Job<'_>) -> Result<Frame, Error> {
    let Some(crop) = job.plan.crop else {
        return Ok(frame);
    };
    let orientation = frame.orientation(job);
    let stored = crop.turned(orientation.inverse(), orientation.apply_to(frame.pixels.size()));
    frame.cropped(stored)
}

/// The buffer stays; what follows works on less of it.
fn peak(held: &mut Held, plan: &Plan) -> u64 {
    if let Some(crop) = plan.crop {
        held.size = held.orientation.inverse().apply_to(crop.size);
        held.pixels = crop.size.pixels();
    }
    held.bytes
}
