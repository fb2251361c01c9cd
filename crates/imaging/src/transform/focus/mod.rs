//! Keeps of a picture that is cut to another ratio the part that has most of what the plan
//! looks for. Only one side is cut, so the part slides along that side alone; it is looked
//! for on a small copy, in sRGB or whatever the profile says, which makes no difference.

mod attention;
mod entropy;

use domain::plan::{Color, Crop, Focus, Plan};
use domain::{Orientation, Size};

use super::orient::oriented;
use super::resize::lanczos::{Axis, scaled, scaling_bytes};
use crate::Error;
use crate::job::{Frame, Held, Job, Step};
use crate::pixels::{Channels, Pixels};

/// The longest side of the small copy.
pub(crate) const SMALL_SIDE: u32 = 256;

pub(crate) const STEP: Step = Step { apply, peak };

/// The part is of whole pixels, which hold all that the resize then takes.
fn apply(frame: Frame, job: &mut Job<'_>) -> Result<Frame, Error> {
    let Some((resize, focus)) = job.plan.resize.and_then(|resize| Some((resize, resize.focus?))) else {
        return Ok(frame);
    };
    let orientation = frame.orientation(job);
    let picture = orientation.apply_to(frame.pixels.size());
    let part = match job.part {
        Some(part) => part,
        None => found(&frame.pixels, orientation, resize.kept(picture), focus)?,
    };
    job.part = Some(part);
    frame.cropped(part.turned(orientation.inverse(), picture))
}

/// The part of this size, of the upright picture, that has most of what is looked for. The
/// pixels are not turned yet.
pub(crate) fn found(
    pixels: &Pixels,
    orientation: Orientation,
    kept: Size,
    focus: Focus,
) -> Result<Crop, Error> {
    let picture = orientation.apply_to(pixels.size());
    let across = kept.width() < picture.width();
    let (kept_length, length) =
        if across { (kept.width(), picture.width()) } else { (kept.height(), picture.height()) };
    let small = small_copy(pixels, orientation, across)?;
    let window = Window::of(kept_length, length, small.size().width());
    let place = match focus {
        Focus::Entropy => entropy::best(&small, window),
        Focus::Attention => attention::best(&small, window),
    };
    let start = window.start(place, length.saturating_sub(kept_length));
    let (left, top) = if across { (start, 0) } else { (0, start) };
    Ok(Crop { left, top, size: kept })
}

/// A small copy, upright and in three channels, beside the pixels. These keep their buffer.
fn peak(held: &mut Held, plan: &Plan) -> u64 {
    let focus = plan.resize.filter(|resize| resize.focus.is_some());
    if focus.is_none() && !plan.trim.is_some_and(|trim| trim.may_focus()) {
        return held.bytes;
    }
    let small = Size::new(SMALL_SIDE, SMALL_SIDE).unwrap_or(held.size);
    // As it is scaled, and in three channels before and after it is turned.
    let copies = small.pixels() * (held.channels + 2 * 3);
    let peak = held.bytes + copies + scaling_bytes(held.size, small, held.channels);
    if let Some(resize) = focus {
        let kept = resize.kept(held.orientation.apply_to(held.size));
        held.size = held.orientation.inverse().apply_to(kept);
        held.pixels = kept.pixels();
    }
    peak
}

/// The picture in three channels, small, on white, and turned so that the side that is cut
/// lies across.
fn small_copy(pixels: &Pixels, orientation: Orientation, across: bool) -> Result<Pixels, Error> {
    let size = pixels.size();
    let (width, height) = (f64::from(size.width()), f64::from(size.height()));
    let scale_by = (f64::from(SMALL_SIDE) / width.max(height)).min(1.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most the longest side")]
    let side = |length: f64| ((length * scale_by).round() as u32).max(1);
    let small_size = Size::new(side(width), side(height)).unwrap_or(size);
    let small = scaled(pixels, Axis::whole(size.width()), Axis::whole(size.height()), small_size);
    let small = small.flattened(Color::WHITE).widened(Channels::Rgb);
    let transposed = Orientation::QUARTER_TURN.then(Orientation::MIRRORED);
    let turn = if across { orientation } else { orientation.then(transposed) };
    oriented::<3>(small, turn.exif())
        .ok_or_else(|| Error::Panicked { reason: "a turned copy of another size".to_owned() })
}

/// The columns of the small copy that a part has, and the places that it can have.
#[derive(Clone, Copy)]
struct Window {
    length: usize,
    places: usize,
}

impl Window {
    /// For a part of a side, of which the small copy has so many columns.
    fn of(kept: u32, side: u32, columns: u32) -> Self {
        let length = (u64::from(kept) * u64::from(columns) + u64::from(side) / 2) / u64::from(side);
        let length = usize::try_from(length).unwrap_or(1).clamp(1, columns as usize);
        Self { length, places: columns as usize - length + 1 }
    }

    /// The place with the highest score; of several the one nearest to the middle.
    fn best<S: Ord>(self, scores: impl Iterator<Item = S>) -> usize {
        let from_middle = |place: usize| (place * 2).abs_diff(self.places - 1);
        let places = scores.take(self.places).enumerate();
        let best = places.max_by(|(a, score_a), (b, score_b)| {
            score_a.cmp(score_b).then_with(|| from_middle(*b).cmp(&from_middle(*a)))
        });
        best.map_or(0, |(place, _)| place)
    }

    /// The first pixel of the part at this place, where it has so many pixels to slide.
    fn start(self, place: usize, free: u32) -> u32 {
        let last = self.places as u64 - 1;
        let start = (u64::from(free) * place as u64 * 2 + last).checked_div(last * 2);
        start.and_then(|start| u32::try_from(start).ok()).unwrap_or(free / 2)
    }
}
