//! Makes an animation of an animation: every frame takes the plan's steps, one after the
//! other, in the memory of a few.
//!
//! What the picture decides, a border to take off or a part to keep, its first frame
//! decides for all.

use domain::MediaType;
use domain::plan::{MAX_FRAME_PIXELS, MAX_FRAMES, MAX_MADE_PIXELS, Plan, Source, Unplannable};

use crate::decode::{self, Decoded, Frames};
use crate::encode::Animation;
use crate::job::{Frame, Job};
use crate::pipeline::steps;
use crate::{Error, Limits, encode, memory};

/// What all frames together may come to, whatever their number.
#[derive(Default)]
struct Budget {
    frames: u32,
    decoded: u64,
    made: u64,
}

impl Budget {
    /// Refuses one frame too many, in number or in pixels.
    fn take(&mut self, decoded: u64, made: u64) -> Result<(), Error> {
        self.frames += 1;
        self.decoded = self.decoded.saturating_add(decoded);
        self.made = self.made.saturating_add(made);
        let Self { frames, decoded, made } = *self;
        if frames > MAX_FRAMES || decoded > MAX_FRAME_PIXELS || made > MAX_MADE_PIXELS {
            return Err(Error::TooManyFrames { frames, decoded, made });
        }
        Ok(())
    }
}

/// Decodes, transforms and encodes all frames. An original of one frame becomes a still
/// image.
pub(crate) fn animate(
    original: &[u8],
    source: &Source,
    plan: &Plan,
    limits: &Limits,
    go_on: &dyn Fn() -> Result<(), Error>,
) -> Result<Vec<u8>, Error> {
    go_on()?;
    let file_bytes = file_bytes(Some(original), source, plan);
    let without_file = memory::general_bytes(Some(original), source, plan).saturating_sub(file_bytes);
    let max_file_bytes = limits.max_memory_bytes.saturating_sub(without_file);
    let mut frames = Frames::open(original, source)?;
    let mut budget = Budget::default();
    let mut time = frames.next()?.ok_or_else(|| Error::corrupt(source.media_type, "it has no frame"))?;
    let mut job = Job::new(source, plan, frames.profile());
    let mut animation: Option<Animation> = None;
    loop {
        let mut frame = Frame::new(frames.pixels().clone().without_idle_alpha(), 1);
        for step in steps(plan) {
            go_on()?;
            frame = (step.apply)(frame, &mut job)?;
        }
        let pixels = frame.pixels;
        go_on()?;
        let next = frames.next()?;
        // A still image has limits of its own.
        if animation.is_some() || next.is_some() {
            budget.take(source.size.pixels(), pixels.size().pixels())?;
        }
        let writer = match &mut animation {
            Some(writer) => writer,
            None if next.is_none() => return encode::encode(pixels, &job.plan, go_on),
            None if plan.max_bytes.is_some() => {
                return Err(Error::NotAnimated(Unplannable::BytesOfAnimation));
            }
            None => animation.insert(Animation::new(&job.plan, pixels.size(), frames.plays())?),
        };
        writer.add(pixels, shown_for(time))?;
        let bytes = 2 * writer.file_len() as u64;
        if bytes > max_file_bytes {
            let max_memory_bytes = limits.max_memory_bytes;
            return Err(Error::NeedsMemory { bytes: without_file.saturating_add(bytes), max_memory_bytes });
        }
        match next {
            Some(next) => time = next,
            None => break,
        }
    }
    match animation {
        Some(animation) => animation.finish(),
        None => Err(Error::corrupt(source.media_type, "it has no frame")),
    }
}

/// Whether it has one frame, as it looks.
fn is_still(original: &[u8], source: &Source) -> bool {
    source.frames == 1 && (source.media_type != MediaType::Gif || !decode::has_second_frame(original))
}

/// What is held beside one frame on its way: the screen, and what it was before; the picture
/// that is shown and the next one, with what tells them apart; and the file.
pub(crate) fn bytes_beside(original: Option<&[u8]>, source: &Source, plan: &Plan) -> u64 {
    let screen = source.size.pixels() * 4;
    if original.is_some_and(|original| is_still(original, source)) {
        screen
    } else {
        2 * screen + plan.output.pixels() * 8 + file_bytes(original, source, plan)
    }
}

/// What the file of an animation may take, twice since it grows by doubling: as much as the
/// original has, or a byte for each pixel of all frames if that is not known.
fn file_bytes(original: Option<&[u8]>, source: &Source, plan: &Plan) -> u64 {
    const MIN_BYTES: u64 = 1 << 20;
    const MAX_BYTES: u64 = 64 << 20;
    /// How many a GIF has is not in its header.
    const FRAMES_OF_GIF: u32 = 100;

    let frames = if source.media_type == MediaType::Gif { FRAMES_OF_GIF } else { source.frames };
    let pixels = plan.output.pixels().saturating_mul(frames.into());
    let most = (2 * pixels.min(MAX_MADE_PIXELS)).clamp(MIN_BYTES, MAX_BYTES);
    original.map_or(most, |original| (2 * original.len() as u64).clamp(MIN_BYTES, most))
}

/// What is held beside one frame that alone is wanted: the screen, and what it was before.
pub(crate) fn bytes_of_one(source: &Source) -> u64 {
    source.size.pixels() * 4
}

/// One frame of an animation, counted from 1.
pub(crate) fn nth(
    original: &[u8],
    source: &Source,
    wanted: u32,
    go_on: &dyn Fn() -> Result<(), Error>,
) -> Result<Decoded, Error> {
    let missing = |frames| Error::NoSuchFrame { frame: wanted, frames };
    if !source.media_type.can_move() {
        return Err(missing(1));
    }
    let mut frames = Frames::open(original, source)?;
    let mut budget = Budget::default();
    for number in 0..wanted {
        go_on()?;
        budget.take(source.size.pixels(), 0)?;
        if frames.next()?.is_none() {
            return Err(missing(number));
        }
    }
    let profile = frames.profile();
    Ok(Decoded { pixels: frames.pixels().clone().without_idle_alpha(), reduction: 1, profile })
}

/// Browsers take times up to a hundredth of a second for a tenth: who wrote them meant as
/// fast as possible, on machines that were slow.
fn shown_for(milliseconds: u32) -> u32 {
    if milliseconds <= 10 { 100 } else { milliseconds }
}
