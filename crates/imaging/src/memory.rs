//! How much memory a derivation takes, so that a service can admit work by bytes.
//!
//! Every decoder, step and encoder says beside its own code what it takes; here they are
//! only walked through, in the order in which they work.

use domain::plan::{Frames, Plan, Source};

use crate::pipeline::steps;
use crate::{animate, decode, encode};

/// Tables, windows and the code's own structures, whatever the size of the image.
const FIXED_BYTES: u64 = 1 << 20;

/// An upper bound of the memory that [`derive`](crate::derive()) needs at its peak, in bytes,
/// not counting the original: decoded pixels, what the steps need beside them, and the encoded
/// result. For a plan that trims a border, whatever size remains.
pub fn working_memory_bytes(source: &Source, plan: &Plan) -> u64 {
    let (mut peak, mut held) = decode::peak(source, plan);
    for step in steps(plan) {
        peak = peak.max((step.peak)(&mut held, plan));
    }
    peak = peak.max(encode::peak(&held, plan));
    let beside = if plan.frames == Frames::All { animate::bytes_beside(source, plan) } else { 0 };
    peak + beside + FIXED_BYTES
}
