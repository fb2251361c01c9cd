//! How much memory a derivation takes, so that a service can admit work by bytes.
//!
//! Every decoder, step and encoder says beside its own code what it takes; here they are
//! only walked through, in the order in which they work. `tests/memory` compares.

use domain::MediaType;
use domain::plan::{Frames, Plan, Source};

use crate::job::Held;
use crate::pipeline::steps;
use crate::pixels::Pixels;
use crate::{animate, decode, encode, jpeg};

/// Tables, windows and the code's own structures, whatever the size of the image.
const FIXED_BYTES: u64 = 640 << 10;

/// An upper bound of the memory that [`derive`](crate::derive()) needs at its peak, in bytes,
/// not counting the original: decoded pixels, what the steps need beside them, and the encoded
/// result. For a plan that trims a border, whatever size remains.
///
/// With the bytes of the original it is what these take, as far as their header tells: see
/// [`Limits::max_memory_bytes`](crate::Limits). Without them it is what the worst of all
/// originals of this kind and size can take.
pub fn working_memory_bytes(original: Option<&[u8]>, source: &Source, plan: &Plan) -> u64 {
    let light = original.filter(|_| source.media_type == MediaType::Jpeg);
    if let Some(peak) = light.and_then(|original| jpeg::blur_needs(original, source, plan)) {
        return peak + FIXED_BYTES;
    }
    match light.and_then(|original| jpeg::resize_needs(original, source, plan)) {
        Some(decoded) => all_steps(decoded, &plan.framed()) + FIXED_BYTES,
        None => general_bytes(original, source, plan),
    }
}

/// The same if all pixels are made, however little the result needs.
pub(crate) fn general_bytes(original: Option<&[u8]>, source: &Source, plan: &Plan) -> u64 {
    let peak = all_steps(decode::peak(original, source, plan), plan);
    let beside = match plan.frames {
        Frames::First => 0,
        Frames::Nth(_) => animate::bytes_of_one(source),
        Frames::All => animate::bytes_beside(original, source, plan),
    };
    peak + beside + FIXED_BYTES
}

/// What is needed for what follows on decoding, if that gave more channels than the header
/// had promised; else nothing.
pub(crate) fn remaining_bytes(original: &[u8], pixels: &Pixels, source: &Source, plan: &Plan) -> u64 {
    let (_, promised) = decode::peak(Some(original), source, plan);
    let channels = pixels.channels().count() as u64;
    if channels <= promised.channels {
        return 0;
    }
    let held = Held { channels, bytes: promised.pixels * promised.channels.max(channels), ..promised };
    all_steps((0, held), plan) + FIXED_BYTES
}

/// The peak of decoding, and of all that follows on what it leaves.
fn all_steps((decoding, mut held): (u64, Held), plan: &Plan) -> u64 {
    let transforming = steps(plan).map(|step| (step.peak)(&mut held, plan)).max().unwrap_or(0);
    decoding.max(transforming).max(encode::peak(&held, plan))
}
