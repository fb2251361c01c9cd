//! Blurs a JPEG into a JPEG without ever making its pixels.
//!
//! A Gaussian removes everything finer than about its sigma. So of each block of the
//! original only the lowest coefficients are read ([`channel`]), which gives planes of Y,
//! Cb and Cr at a quarter of the size, say; those are blurred ([`smooth`]); and the
//! coefficients of the result are made from them in one step ([`synthesis`]). That takes
//! less than decoding the original alone.
//!
//! Whatever blurs on the way is taken off the Gaussian: reading a block at 1/k is a mean
//! over k × k pixels, of variance (k² − 1) / 12, and scaling up is a cubic B-spline. The
//! picture continues mirrored beyond its edges, also where an edge lies within a cell
//! ([`edge`]).
//!
//! What is not plain is left to the general way: see [`super::frame`].

mod channel;
mod edge;
mod plane;
mod smooth;
mod synthesis;

use domain::Size;
use domain::plan::{Format, Frames, Plan, Quality, Sigma, Source, Tone};

use super::coefficients::{Kept, LANES, UnitRows, Wanted};
use super::encode::encoding_bytes;
use super::frame::Frame;
use super::write::{Component, Content, Head, Sampling, Scan, steps};
use crate::color::Conversion;
use crate::decode::Segments;
use crate::pixels::Channels;
use crate::transform::blur::gaussian;
use channel::{Channel, Layout};
use plane::Plane;
use smooth::Kernel;
use synthesis::{BlockRow, Synthesis};

/// The reductions of luminance and the smallest sigma that each is for. With these a
/// result at quality 80 is within 0.3 dB of one from the exact blur, on photos; the mean
/// over a block aliases, and the Gaussian must have removed what comes of it.
const REDUCTIONS: [(usize, f64); 3] = [(8, 16.0), (4, 8.0), (2, 2.0)];
/// The smallest sigma, in cells, that is left to a plane of colors.
const MIN_COLOR_SIGMA: f64 = 1.25;
/// The largest reduction that a block can be read at.
const MAX_REDUCTION: usize = 8;
/// Cells beyond the edges that blocks at the edge reach at most.
const MIN_MARGIN: usize = 12;
/// From this sigma on, in samples of the result, of a block only the 4 × 4 lowest
/// coefficients are ever more than rounding leaves.
const SMOOTH_SIGMA: f64 = 5.0;
/// The variance, in pixels, of a component of half the resolution being scaled up by
/// weights of 3/4 and 1/4, two pixels apart, as libjpeg does.
const VARIANCE_OF_SCALING_UP: f64 = 0.75;
/// The variance of the mean of two pixels.
const VARIANCE_OF_HALVING: f64 = 0.25;

/// Blurs the original as the plan says. None if that is not all that the plan says, or if
/// the original is not plain, or not whole: the general way decides what becomes of it.
pub(crate) fn blur(
    original: &[u8],
    source: &Source,
    plan: &Plan,
    proceed: &dyn Fn() -> bool,
) -> Option<Vec<u8>> {
    let (sigma, frame, layouts) = applicable(original, source, plan)?;
    let mut planes = read(&frame, &layouts, proceed)?;
    for (plane, layout) in planes.iter_mut().zip(&layouts) {
        if !proceed() {
            return None;
        }
        smooth::convolve(plane, &Kernel::gaussian(layout.sigmas.0), &Kernel::gaussian(layout.sigmas.1));
        plane.mirror_smooth(MIN_MARGIN);
    }
    let orientation = plan.orientation(source);
    let components = planes.into_iter().zip(&layouts).map(|(plane, layout)| {
        let (across, down) = layout.pixels;
        let pixels = if orientation.swaps_sides() { (down, across) } else { (across, down) };
        (plane.turned(orientation), pixels)
    });
    let quality = plan.quality.unwrap_or(Quality::DEFAULT).get();
    encode(components.collect(), plan.output, sigma, quality, proceed)
}

/// The bytes that [`blur`] takes at its peak; none if that is not the way to go.
pub(crate) fn needs(original: &[u8], source: &Source, plan: &Plan) -> Option<u64> {
    let (sigma, frame, layouts) = applicable(original, source, plan)?;
    let units = frame.units();
    let whole = (units.0.next_multiple_of(LANES), units.1);
    let planes = layouts.iter().zip(&frame.components).map(|(layout, component)| {
        let kept = layout.kept();
        let side = |units: usize, blocks: usize, kept: usize| units * blocks * kept + 2 * layout.margin;
        let cells = side(whole.0, component.blocks.0, kept.0) * side(whole.1, component.blocks.1, kept.1);
        let blocks = component.blocks.0 * component.blocks.1;
        // A row of units: as coefficients, and as cells.
        let row = whole.0 * blocks * (kept.0 * kept.1 * 6 + 2);
        // Of a progressive picture all rows, and what is known of each block.
        let rows =
            if frame.is_progressive { whole.0 * whole.1 * blocks * (kept.0 * kept.1 * 2 + 10) } else { 0 };
        (cells * size_of::<f32>() + row + rows) as u64
    });
    let planes: u64 = planes.sum();
    // A turn makes other planes, one by one; the result is soft.
    let turned = if plan.orientation(source).swaps_sides() { planes / 2 } else { 0 };
    let quality = plan.quality.unwrap_or(Quality::DEFAULT).get();
    Some(planes + turned + encoding_bytes(plan.output, frame.components.len() == 1, quality, Some(sigma)))
}

/// The original, taken apart, and how its planes are laid out, if it is plain and all that
/// the plan asks for is a blur.
fn applicable<'a>(original: &'a [u8], source: &Source, plan: &Plan) -> Option<(f64, Frame<'a>, Vec<Layout>)> {
    let sigma = only_blurs(plan)?;
    let reduction = reduction(sigma)?;
    let segments = Segments::of(original)?;
    let frame = Frame::of(&segments).filter(|frame| frame.size == source.size && frame.is_common())?;
    let channels = if frame.components.len() == 1 { Channels::Gray } else { Channels::Rgb };
    if segments.profile().is_some_and(|profile| Conversion::to_srgb(&profile, channels).is_some()) {
        return None;
    }
    let layouts = (0..frame.components.len())
        .map(|index| Layout::new(&frame, index, reduction, sigma))
        .collect::<Option<_>>()?;
    Some((sigma, frame, layouts))
}

/// Reads a plane with filled margins for each component, whose layouts are given. None if
/// the data are damaged, or `proceed` says no.
fn read(frame: &Frame<'_>, layouts: &[Layout], proceed: &dyn Fn() -> bool) -> Option<Vec<Plane>> {
    let kept: Vec<Kept> = layouts.iter().map(Layout::kept).collect();
    // A wider blur leaves less than a hundredth of anything but the means.
    let refined = layouts.first()?.reduction.0 < 4;
    let wanted = Wanted { kept: &kept, with_energy: false, refined, exact_edges: true };
    let channel = |(index, layout)| Channel::new(frame, index, layout);
    let mut channels: Vec<Channel> = layouts.iter().enumerate().map(channel).collect::<Option<_>>()?;
    let mut units = UnitRows::new(frame, &wanted, proceed)?;
    for index in 0..frame.units().1 {
        if !proceed() {
            return None;
        }
        let row = units.next_row()?;
        for (channel, row) in channels.iter_mut().zip(&row.components) {
            channel.take(row, index);
        }
    }
    Some(channels.into_iter().map(Channel::finish).collect())
}

/// The sigma of a plan that asks for a blurred JPEG and nothing else but a turn.
fn only_blurs(plan: &Plan) -> Option<f64> {
    // Every field is named, so that a new one is thought of here.
    let Plan {
        turn: _,
        angle,
        trim,
        crop,
        resize,
        tone,
        padding,
        extend: _,
        background: _,
        flatten: _,
        blur,
        sharpen,
        pixelate,
        radius,
        format,
        quality: _,
        progressive,
        chroma,
        max_bytes,
        colors: _,
        lossless: _,
        frames,
        output: _,
    } = plan;
    let is_all = angle.is_none()
        && trim.is_none()
        && crop.is_none()
        && resize.is_none()
        && *tone == Tone::default()
        && padding.is_none()
        && sharpen.is_none()
        && pixelate.is_none()
        && radius.is_none()
        && chroma.is_none()
        && *format == Format::Jpeg
        && !progressive
        && max_bytes.is_none()
        && *frames == Frames::First;
    blur.filter(|_| is_all).map(Sigma::pixels)
}

/// The largest reduction for a sigma; none if it needs the full size.
fn reduction(sigma: f64) -> Option<usize> {
    REDUCTIONS.into_iter().find(|(_, least)| sigma >= *least).map(|(reduction, _)| reduction)
}

impl Layout {
    /// How to read a component for a blur of the whole. None if the image is too small for
    /// it, a few hundred pixels at most, or not much wider than the blur.
    fn new(frame: &Frame<'_>, index: usize, reduction: usize, sigma: f64) -> Option<Self> {
        let is_luminance = index == 0;
        // The eye sees colors at half the resolution, and JPEG stores them so.
        let of_colors =
            if sigma / (2 * reduction) as f64 >= MIN_COLOR_SIGMA { 2 * reduction } else { reduction };
        let wanted = if is_luminance { reduction } else { of_colors };
        let (finest, own) = (frame.blocks_of_unit(), frame.components.get(index)?.blocks);
        let (across, down) = (finest.0 / own.0, finest.1 / own.1);
        // As many samples as make a cell of the pixels that are wanted, or fewer.
        let samples = |ratio: usize| (wanted / ratio).min(MAX_REDUCTION);
        let reduction = (samples(across), samples(down));
        let pixels = (reduction.0 * across, reduction.1 * down);
        let left = |pixels, ratio| sigma_in_cells(sigma, pixels, ratio == 2, !is_luminance);
        let sigmas = (left(pixels.0, across), left(pixels.1, down));
        let margin = gaussian::radius(sigmas.0.max(sigmas.1)).max(MIN_MARGIN);
        let fits = |side: u32, pixels: usize| side as usize / pixels >= margin + 4;
        (fits(frame.size.width(), pixels.0) && fits(frame.size.height(), pixels.1)).then_some(Self {
            reduction,
            pixels,
            sigmas,
            margin,
        })
    }
}

/// What is left to do of a Gaussian, in cells of so many pixels, next to what else blurs.
fn sigma_in_cells(sigma: f64, pixels: usize, is_stored_halved: bool, becomes_halved: bool) -> f64 {
    let side = pixels as f64;
    // The mean of the cell's pixels has blurred already.
    let mut variance = sigma * sigma - (side * side - 1.0) / 12.0;
    // The exact blur is of what decoders make of samples at half the resolution, which
    // blurs while scaling them up. The mean over the pair was the encoder's, not ours.
    if is_stored_halved {
        variance += VARIANCE_OF_SCALING_UP + VARIANCE_OF_HALVING;
    }
    if becomes_halved {
        variance += VARIANCE_OF_HALVING;
    }
    (variance / (side * side) - synthesis::SCALING_VARIANCE).sqrt()
}

/// Encodes blurred planes, each with the pixels that its cells have across and down.
fn encode(
    planes: Vec<(Plane, (usize, usize))>,
    size: Size,
    sigma: f64,
    quality: u8,
    proceed: &dyn Fn() -> bool,
) -> Option<Vec<u8>> {
    let sampling = if planes.len() == 1 { Sampling::Gray } else { Sampling::Half };
    let unit = sampling.unit();
    let units = |side: u32| (side as usize).div_ceil(8 * unit);
    let (across, down) = (units(size.width()), units(size.height()));
    let head = Head {
        size,
        sampling,
        steps: [true, false].map(|is_luminance| steps(quality, Content::Smooth, is_luminance)),
    };
    let [of_luminance, of_colors] = head.steps;
    let mut made = Vec::with_capacity(planes.len());
    for (index, (plane, pixels)) in planes.into_iter().enumerate() {
        let is_luminance = index == 0;
        // Pixels of a sample of the result, and blocks of a unit.
        let (step, blocks, steps) = if is_luminance { (1, unit, &of_luminance) } else { (2, 1, &of_colors) };
        let frequencies = if sigma / step as f64 >= SMOOTH_SIGMA { 4 } else { 8 };
        let samples = (pixels.0 / step, pixels.1 / step);
        let synthesis = Synthesis::new(plane, samples, (across * blocks, blocks), frequencies, steps);
        made.push(Made { synthesis, component: Component::new(is_luminance), blocks });
    }
    let mut scan = Scan::new(head);
    for row in 0..down {
        if !proceed() {
            return None;
        }
        write_units(&mut made, row, across, &mut scan);
    }
    Some(scan.finish())
}

/// A component of the result while it is written.
struct Made {
    synthesis: Synthesis,
    component: Component,
    /// Its blocks in a unit, each way.
    blocks: usize,
}

/// Writes a row of units, in each the blocks of one component after the other.
fn write_units(components: &mut [Made], row: usize, units: usize, scan: &mut Scan) {
    for made in components.iter_mut() {
        made.synthesis.make(row);
    }
    for unit in 0..units {
        for made in components.iter_mut() {
            for row in made.synthesis.rows() {
                for block in unit * made.blocks..(unit + 1) * made.blocks {
                    write(row, block, &mut made.component, scan);
                }
            }
        }
    }
}

/// Writes one block of a row.
#[inline]
fn write(row: &BlockRow, block: usize, component: &mut Component, scan: &mut Scan) {
    scan.level(component, i32::from(row.level(block)));
    let mut last = 0;
    row.others(block, |place, value| {
        scan.other(component, place - last - 1, i32::from(value));
        last = place;
    });
    if last < 63 {
        scan.end(component);
    }
}

#[cfg(test)]
mod tests;
