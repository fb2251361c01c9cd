//! Makes one derived image. Third-party code meets hostile bytes only below this module.

use std::any::Any;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::MediaType;
use domain::plan::{Frames, Plan, Source};

use crate::decode::Decoded;
use crate::job::{Frame, Job};
use crate::jpeg::Resized;
use crate::pipeline::steps;
use crate::pixels::Pixels;
use crate::{Error, Limits, ProbeError, animate, decode, encode, jpeg, memory, probe};

/// Whether originals of this type can be decoded.
pub fn can_process(media_type: MediaType) -> bool {
    match media_type {
        MediaType::Jpeg
        | MediaType::Png
        | MediaType::Gif
        | MediaType::Webp
        | MediaType::Tiff
        | MediaType::Bmp
        | MediaType::Ico
        | MediaType::Avif
        | MediaType::Jxl => true,
        // HEVC is patented, so whoever builds the program decides.
        MediaType::Heic => cfg!(feature = "heic"),
    }
}

/// Decodes the original, applies the plan and encodes the result.
///
/// `proceed` is called between steps; the first `false` stops the work. A step on a large
/// image takes a few hundred milliseconds. Only the first frame of an animation is used.
///
/// No memory is allocated for pixels before their number has been checked against `limits`
/// and `source`. A panic in a decoder becomes [`Error::Panicked`].
pub fn derive(
    original: &[u8],
    source: &Source,
    plan: &Plan,
    limits: &Limits,
    proceed: &dyn Fn() -> bool,
) -> Result<Vec<u8>, Error> {
    guarded(|| {
        let go_on = || if proceed() { Ok(()) } else { Err(Error::Stopped) };
        check(original, source, limits)?;
        go_on()?;
        if source.media_type == MediaType::Jpeg
            && let Some(blurred) = jpeg::blur(original, source, plan, proceed)
        {
            return Ok(blurred);
        }
        if plan.frames == Frames::All {
            return animate::animate(original, source, plan, limits, &go_on);
        }
        let (pixels, plan) = transformed(original, source, plan, limits, &go_on)?;
        encode::encode(pixels, &plan, &go_on)
    })
}

/// Runs work on hostile bytes; a panic in it is an error.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    // Nothing that a panic may leave half done outlives the closure.
    let result = catch_unwind(AssertUnwindSafe(work));
    result.unwrap_or_else(|panic| Err(Error::Panicked { reason: message(&*panic) }))
}

/// The pixels that a plan makes of an original, before they are encoded.
pub(crate) fn pixels_of(
    original: &[u8],
    source: &Source,
    plan: &Plan,
    limits: &Limits,
    go_on: &dyn Fn() -> Result<(), Error>,
) -> Result<Pixels, Error> {
    check(original, source, limits)?;
    let (pixels, _) = transformed(original, source, plan, limits, go_on)?;
    Ok(pixels)
}

/// Decodes the original and takes the plan's steps. The plan is another one afterwards if a
/// border was taken off.
fn transformed(
    original: &[u8],
    source: &Source,
    plan: &Plan,
    limits: &Limits,
    go_on: &dyn Fn() -> Result<(), Error>,
) -> Result<(Pixels, Plan), Error> {
    go_on()?;
    let max_memory_bytes = limits.max_memory_bytes;
    let resized = jpeg::resized(original, source, plan, max_memory_bytes, &|| go_on().is_ok());
    if resized.is_none() {
        go_on()?;
        let bytes = memory::general_bytes(Some(original), source, plan);
        if bytes > max_memory_bytes {
            return Err(Error::NeedsMemory { bytes, max_memory_bytes });
        }
    }
    let (decoded, plan) = match (resized, plan.frames) {
        (Some(Resized { pixels, profile }), _) => (Decoded { pixels, profile, reduction: 1 }, plan.framed()),
        (None, Frames::Nth(wanted)) => (animate::nth(original, source, wanted, go_on)?, *plan),
        (None, Frames::First | Frames::All) => {
            (decode::decode(original, source, decode::reduction::of(plan, source), go_on)?, *plan)
        }
    };
    let bytes = memory::remaining_bytes(original, &decoded.pixels, source, &plan);
    if bytes > max_memory_bytes {
        return Err(Error::NeedsMemory { bytes, max_memory_bytes });
    }
    let mut job = Job::new(source, &plan, decoded.profile);
    let mut frame = Frame::new(decoded.pixels, decoded.reduction);
    for step in steps(&plan) {
        go_on()?;
        frame = (step.apply)(frame, &mut job)?;
    }
    Ok((frame.pixels, job.plan))
}

/// What is not processed, or larger than allowed, is refused before any pixel is made.
fn check(original: &[u8], source: &Source, limits: &Limits) -> Result<(), Error> {
    let media_type = source.media_type;
    if !can_process(media_type) {
        return Err(Error::unsupported(media_type, "this format is stored but not processed"));
    }
    let pixels = source.size.pixels();
    if pixels > limits.max_pixels {
        return Err(Error::TooManyPixels { pixels, max_pixels: limits.max_pixels });
    }
    check_source(original, source)
}

/// The bytes must be the image that the plan was made for: its numbers would be wrong
/// for any other.
fn check_source(original: &[u8], source: &Source) -> Result<(), Error> {
    match probe(Cursor::new(original)) {
        Ok(found) if is_same(&found, source) => Ok(()),
        Ok(found) => Err(Error::Mismatch { expected: *source, found }),
        Err(ProbeError::Corrupt { media_type, reason }) => Err(Error::Corrupt { media_type, reason }),
        Err(error @ (ProbeError::NotAnImage { .. } | ProbeError::Io(_))) => {
            Err(Error::corrupt(source.media_type, error.to_string()))
        }
    }
}

/// Whether a plan for one fits the other. How an AVIF is turned was once not known.
fn is_same(found: &Source, source: &Source) -> bool {
    let is_turned_alike = found.orientation == source.orientation || source.media_type != MediaType::Avif;
    (found.media_type, found.size) == (source.media_type, source.size) && is_turned_alike
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_with_its_message() {
        let panic = catch_unwind(|| panic!("index {} out of range", 7)).unwrap_err();
        assert_eq!(message(&*panic), "index 7 out of range");
    }
}
