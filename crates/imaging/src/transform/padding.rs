//! Adds room around the picture, which the background fills.

use domain::plan::Plan;

use super::canvas::{on_canvas, on_canvas_peak};
use crate::Error;
use crate::job::{Frame, Held, Job, Step};

pub(crate) const STEP: Step = Step { apply, peak };

fn apply(frame: Frame, job: &mut Job<'_>) -> Result<Frame, Error> {
    let Some(padding) = job.plan.padding else {
        return Ok(frame);
    };
    let place = (padding.left as usize, padding.top as usize);
    let size = padding.around(frame.pixels.size());
    frame.try_map(|pixels| Ok(on_canvas(pixels, size, place, &job.plan)))
}

fn peak(held: &mut Held, plan: &Plan) -> u64 {
    let Some(padding) = plan.padding else {
        return held.bytes;
    };
    let size = padding.around(held.size);
    let limit = plan.trim.map_or(u64::MAX, |trim| trim.max_pixels());
    on_canvas_peak(held, plan, size, size.pixels().min(limit))
}
