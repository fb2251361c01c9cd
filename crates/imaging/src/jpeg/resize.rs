//! Resizes a JPEG from the lowest coefficients of its blocks, as many as the result needs.

use super::frame::Frame;
use super::shrink::{self, MAX_CELLS, Outcome, Request, Strip};
use super::tone::{byte, sample};
use super::vector::vectorized;
use crate::decode::Segments;
use crate::job::Held;
use crate::pixels::{Channels, Pixels};
use crate::transform::resize::lanczos::Axis;
use crate::transform::{focus, resize};
use domain::plan::{Crop, Focus, Frames, Plan, Resize, Source, Tone};
use domain::{MediaType, Orientation, Size};

/// How many times as long the sides of the original must at least be: below, all pixels give
/// a result that can be seen to be better, for little more work.
const MIN_RATIO: f64 = 3.0;
/// Cells of a side of the result's pixels, at least, over eight: of so many, photos keep a
/// SSIMULACRA2 of 89 to 96 before they are encoded.
const CELLS_OF_PIXEL: f64 = 14.4;
/// The same of a result that is blurred then, of a standard deviation and of a pixel: what is
/// finer the blur removes, and light is made of no more than the pixels are.
const CELLS_OF_SIGMA: f64 = 16.0;
const BLURRED_CELLS_OF_PIXEL: f64 = 5.0;
/// An original of up to so many pixels is so soon read that it gets a cell more.
const SMALL_PIXELS: u64 = 4_000_000;
/// Less than so many cells of a part's side are too few to leave out those that have
/// something from beyond it.
const MIN_PART: f64 = 48.0;
/// The most bytes of coefficients that are held of a progressive picture, if fewer cells
/// can do with less.
const PROGRESSIVE_BYTES: usize = 10 << 20;
/// The most cells of a side of a block that are tried for line art, which is better served by
/// all pixels then; and of a progressive picture, of which the bits that refine coefficients
/// are not read, which more cells would show.
const MAX_PLAIN_CELLS: usize = 5;
const MAX_PROGRESSIVE_CELLS: usize = 4;

/// A picture that has been resized.
pub(crate) struct Resized {
    /// Its pixels, not turned yet, and in its own colors.
    pub(crate) pixels: Pixels,
    /// Its color profile.
    pub(crate) profile: Option<Vec<u8>>,
}

/// Does the plan's crop and resize in at most so many bytes. None if there is nothing to
/// gain, or if the original is not plain, or not whole, or needs more: the general way
/// decides what becomes of it.
pub(crate) fn resized(
    original: &[u8],
    source: &Source,
    plan: &Plan,
    max_bytes: u64,
    proceed: &dyn Fn() -> bool,
) -> Option<Resized> {
    let task = Task::of(original, source, plan)?;
    let mut cells = task.cells;
    while cells <= task.most_cells && task.needs(cells).0 <= max_bytes {
        let request = task.request(cells);
        let mut rows = Rows { pixels: Pixels::zeroed(request.size, task.channels()), next: 0 };
        match shrink::shrink(&task.frame, &request, proceed, &mut |strip| rows.take(strip)) {
            Outcome::Made => {
                let pixels = task.whole.part(rows.pixels, task.orientation)?;
                return Some(Resized { pixels, profile: task.profile });
            }
            Outcome::NeedsMoreCells => cells *= 2,
            Outcome::Unreadable => return None,
        }
    }
    None
}

/// The bytes that [`resized`] takes at its peak as far as can be told from the header, and
/// what it leaves; none if that is not the way to go.
pub(crate) fn needs(original: &[u8], source: &Source, plan: &Plan) -> Option<(u64, Held)> {
    let task = Task::of(original, source, plan)?;
    (task.cells <= task.most_cells).then(|| task.needs(task.cells))
}

/// A crop and resize of an original that is plain.
struct Task<'a> {
    frame: Frame<'a>,
    profile: Option<Vec<u8>>,
    picture: Size,
    /// The part of it that is wanted, as it is stored.
    part: Crop,
    orientation: Orientation,
    wish: Resize,
    whole: Whole,
    /// Cells of a side of a block to begin with, and at most.
    cells: usize,
    most_cells: usize,
}

impl<'a> Task<'a> {
    fn of(original: &'a [u8], source: &Source, plan: &Plan) -> Option<Self> {
        let wish = plan.resize?;
        if source.media_type != MediaType::Jpeg
            || plan.angle.is_some()
            || plan.trim.is_some()
            || plan.frames != Frames::First
        {
            return None;
        }
        let segments = Segments::of(original)?;
        let frame = Frame::of(&segments).filter(|frame| frame.size == source.size)?;
        let orientation = plan.orientation(source);
        let picture = orientation.apply_to(source.size);
        let part = plan.crop.unwrap_or(Crop { left: 0, top: 0, size: picture });
        let most_cells = if frame.is_progressive { MAX_PROGRESSIVE_CELLS } else { MAX_PLAIN_CELLS };
        let mut task = Self {
            frame,
            profile: segments.profile(),
            picture: source.size,
            part: part.turned(orientation.inverse(), picture),
            orientation,
            wish,
            whole: Whole::of(&wish, part.size)?,
            cells: 0,
            most_cells,
        };
        task.cells = task.first_cells(plan)?;
        Some(task)
    }

    /// Cells to begin with; none if the general way does it as well.
    fn first_cells(&self, plan: &Plan) -> Option<usize> {
        let mut cells = cells_for(&self.request(MAX_CELLS), plan)?;
        if self.picture.pixels() <= SMALL_PIXELS {
            cells = (cells + 1).min(MAX_CELLS);
        }
        while plan.crop.is_some() && cells < MAX_CELLS && !self.request(cells).has_enough_cells() {
            cells += 1;
        }
        while self.frame.is_progressive
            && (2..=self.most_cells).contains(&cells)
            && shrink::progressive_bytes(&self.frame, cells) > PROGRESSIVE_BYTES
        {
            cells -= 1;
        }
        Some(cells)
    }

    fn request(&self, cells: usize) -> Request {
        let (across, down) = in_cells(self.picture, self.part, cells);
        let (across, down) = match self.whole.focus {
            Some(_) => self.whole.of_axes(self.orientation, across, down),
            None => resize::cut_to_ratio(&self.wish, self.orientation, across, down),
        };
        Request { cells, across, down, size: self.orientation.apply_to(self.whole.size) }
    }

    fn channels(&self) -> Channels {
        if self.frame.components.len() == 1 { Channels::Gray } else { Channels::Rgb }
    }

    /// The bytes that so many cells take at their peak, and what is left.
    fn needs(&self, cells: usize) -> (u64, Held) {
        let request = self.request(cells);
        let channels = self.channels().count() as u64;
        let bytes = request.size.pixels() * channels;
        let peak = bytes + shrink::needs(&self.frame, &request);
        let size = self.orientation.inverse().apply_to(self.whole.kept);
        let held = Held {
            size,
            pixels: size.pixels(),
            channels,
            bytes,
            has_profile: self.profile.is_some(),
            orientation: self.orientation,
            reduction: 1,
        };
        (peak, held)
    }
}

/// A rectangle of the picture, in cells of which a side of a block has so many.
fn in_cells(picture: Size, part: Crop, cells: usize) -> (Axis, Axis) {
    let share = cells as f64 / MAX_CELLS as f64;
    let axis = |start: u32, len: u32, side: u32| {
        let end = start + len;
        let (start, len) = (f64::from(start) * share, f64::from(len) * share);
        // A cell on the rectangle's edge has something from beyond it and is left out. On the
        // picture's edge it has the picture, mirrored, and stays.
        let to = if end == side { start + len } else { (start + len).floor() };
        Axis { start, len, from: start.ceil(), to }
    };
    (
        axis(part.left, part.size.width(), picture.width()),
        axis(part.top, part.size.height(), picture.height()),
    )
}

impl Request {
    /// Whether a part of the picture does not consist of its edges.
    fn has_enough_cells(&self) -> bool {
        [self.across, self.down].iter().all(|axis| axis.to - axis.from >= MIN_PART)
    }
}

/// Cells of a side of a block that a result needs; none if the general way does it as well.
fn cells_for(request: &Request, plan: &Plan) -> Option<usize> {
    let ratio = |axis: Axis, side: u32| axis.len / f64::from(side);
    let ratio = ratio(request.across, request.size.width()).min(ratio(request.down, request.size.height()));
    let mut cells = CELLS_OF_PIXEL / ratio;
    // Colors are not changed pixel by pixel as they are in the mean.
    if let Some(sigma) = plan.blur.filter(|_| plan.tone == Tone::default() && plan.padding.is_none()) {
        let of_sigma = CELLS_OF_SIGMA / (sigma.pixels() * ratio);
        cells = cells.min(of_sigma.max(BLURRED_CELLS_OF_PIXEL / ratio));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 8")]
    let cells = cells.ceil().clamp(1.0, MAX_CELLS as f64) as usize;
    (ratio >= MIN_RATIO).then_some(cells)
}

/// What is made of a part of the picture: its result; or, if what it shows is to be chosen,
/// all of it, large enough to choose.
struct Whole {
    /// The size that is made, upright.
    size: Size,
    /// The part of that which is kept in the end.
    kept: Size,
    /// The share of each side that comes out as whole pixels.
    share: (f64, f64),
    focus: Option<Focus>,
}

impl Whole {
    /// None if the result is larger than the part.
    fn of(wish: &Resize, part: Size) -> Option<Self> {
        let content = wish.content;
        let Some(focus) = wish.focus.filter(|_| wish.crop_to_ratio) else {
            return Some(Self { size: content, kept: content, share: (1.0, 1.0), focus: None });
        };
        let scale = |side: u32, of: u32| f64::from(side) / f64::from(of);
        let scale = scale(content.width(), part.width()).max(scale(content.height(), part.height()));
        if scale > 1.0 {
            return None;
        }
        let longest = f64::from(part.width().max(part.height())) * scale;
        // A result that is too small to choose by is made a whole number of times as large.
        let times = (f64::from(focus::SMALL_SIDE) / longest).ceil().min((1.0 / scale).floor()).max(1.0);
        let scale = scale * times;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most the part's side"
        )]
        let side = |of: u32, kept: u32| ((f64::from(of) * scale + 1e-6) as u32).max(kept).max(1);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most the part's side"
        )]
        let times = times as u32;
        let kept = Size::new(content.width() * times, content.height() * times)?;
        let size = Size::new(side(part.width(), kept.width()), side(part.height(), kept.height()))?;
        let share = |side: u32, of: u32| (f64::from(side) / (f64::from(of) * scale)).min(1.0);
        let share = (share(size.width(), part.width()), share(size.height(), part.height()));
        Some(Self { size, kept, share, focus: Some(focus) })
    }

    /// The axes of the picture as it is stored, without what does not come out whole.
    fn of_axes(&self, orientation: Orientation, mut across: Axis, mut down: Axis) -> (Axis, Axis) {
        let (of_width, of_height) =
            if orientation.swaps_sides() { (self.share.1, self.share.0) } else { self.share };
        across.len *= of_width;
        down.len *= of_height;
        (across, down)
    }

    /// The part of what was made that is kept.
    fn part(&self, pixels: Pixels, orientation: Orientation) -> Option<Pixels> {
        let Some(focus) = self.focus else {
            return Some(pixels);
        };
        let stored = pixels.size();
        let part = focus::found(&pixels, orientation, self.kept, focus).ok()?;
        pixels.cropped(part.turned(orientation.inverse(), orientation.apply_to(stored)))
    }
}

/// Pixels while their rows come.
struct Rows {
    pixels: Pixels,
    /// The next row.
    next: usize,
}

impl Rows {
    fn take(&mut self, strip: &Strip<'_>) {
        let stride = self.pixels.stride();
        let count = strip.channels.len();
        let rows = self.pixels.data_mut().chunks_exact_mut(stride).skip(self.next).take(strip.rows);
        let mut rows: Vec<&mut [u8]> = rows.collect();
        vectorized(
            #[inline(always)]
            || {
                for (channel, columns) in strip.channels.iter().enumerate() {
                    for (x, light) in columns.iter().enumerate() {
                        let samples = light.map(sample);
                        for (row, sample) in rows.iter_mut().zip(samples) {
                            if let Some(place) = row.get_mut(x * count + channel) {
                                *place = byte(sample);
                            }
                        }
                    }
                }
            },
        );
        self.next += strip.rows;
    }
}
