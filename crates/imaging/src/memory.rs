//! How much memory a derivation takes, so that a service can admit work by bytes.

use domain::plan::{Format, Plan, Resize, Source, Trim};
use domain::{MediaType, Size};

use crate::decode::reduction;
use crate::pixels::reduced_size;
use crate::transform::focus;

/// Tables, windows and the code's own structures, whatever the size of the image.
const FIXED_BYTES: u64 = 1 << 20;

/// An upper estimate of the bytes that [`derive`](crate::derive()) holds at its peak
/// besides the original: decoded pixels, what the steps need beside them, and the
/// encoded result. Of a plan that takes a border off, for the worst that may be left.
pub fn working_memory_bytes(source: &Source, plan: &Plan) -> u64 {
    let mut channels = most_channels(source.media_type);
    let orientation = plan.orientation(source);
    let reduction = reduction::of(plan, source);
    let mut peak = decoding_bytes(source, reduction);
    let mut held = reduced_size(source.size, reduction).pixels() * channels;
    let mut picture = orientation.apply_to(source.size);
    let is_upright_first = plan.angle.is_some() || plan.trim.is_some();
    if is_upright_first && orientation.swaps_sides() {
        peak = peak.max(held * 2);
    }
    if let Some(angle) = plan.angle {
        picture = angle.canvas(picture);
        channels = 4;
        let turned = picture.pixels() * channels;
        peak = peak.max(held + turned);
        held = turned;
    }
    let picture = plan.crop.map_or(picture, |crop| crop.size);
    let scaling = Scaling::of(plan);
    if let Some(scaling) = &scaling {
        let content = scaling.content_pixels * channels;
        // Sides that may have been swapped: the larger of both ways.
        let scaler = scaling_bytes(picture, scaling.content)
            .max(scaling_bytes(picture.transposed(), scaling.content.transposed()));
        peak = peak.max(held + content + scaler);
        if scaling.has_focus {
            // A premultiplied copy, a small one, and the image scaled in one direction only.
            let premultiplied = if channels == 4 { picture.pixels() * channels } else { 0 };
            let sides = u64::from(picture.width()) + u64::from(picture.height());
            let small = u64::from(focus::SMALL_SIDE) * (sides + 2 * u64::from(focus::SMALL_SIDE));
            peak = peak.max(held + premultiplied + small * channels);
        }
        // A crop leaves its buffer as large as it was, until a scaled image takes its place.
        if plan.trim.is_some() {
            held = held.max(content);
        } else if scaling.content != picture {
            held = content;
        }
    }
    if orientation.swaps_sides() && !is_upright_first {
        peak = peak.max(held * 2);
    }
    let mut pixels = scaling.as_ref().map_or(picture.pixels(), |scaling| scaling.content_pixels);
    if let Some(canvas) = scaling.and_then(|scaling| scaling.canvas_pixels) {
        (peak, held) = on_canvas(peak, held, pixels, canvas);
        pixels = canvas;
    }
    let output = result_pixels(plan);
    if plan.padding.is_some() {
        (peak, held) = on_canvas(peak, held, pixels, output);
    }
    if plan.blur.is_some() {
        peak = peak.max(held + blur_bytes(plan.output, output, 4));
        if reduction > 1 && plan.resize.is_none() {
            // The whole size is given back beside what was decoded.
            let whole = output * channels;
            peak = peak.max(held + whole + blur_bytes(plan.output, output, channels));
            held = whole;
        }
    }
    if plan.sharpen.is_some() {
        // The blur is made on a copy.
        peak = peak.max(held + output * 4 + blur_bytes(plan.output, output, 4));
    }
    peak = peak.max(held + encoding_bytes(plan));
    peak + FIXED_BYTES
}

/// The pixels of the result, at most.
fn result_pixels(plan: &Plan) -> u64 {
    plan.output.pixels().min(plan.trim.map_or(u64::MAX, |trim| trim.max_pixels()))
}

/// What a plan scales to, at most.
struct Scaling {
    content: Size,
    content_pixels: u64,
    /// The canvas that the content stands on, if that is larger.
    canvas_pixels: Option<u64>,
    has_focus: bool,
}

impl Scaling {
    fn of(plan: &Plan) -> Option<Self> {
        if let Some(trim) = plan.trim.filter(Trim::may_scale) {
            let content = trim.most();
            let content_pixels = content.pixels().min(trim.max_pixels());
            return Some(Self {
                content,
                content_pixels,
                canvas_pixels: trim.may_be_in_box().then_some(content_pixels),
                has_focus: trim.may_focus(),
            });
        }
        plan.resize.map(|Resize { content, canvas, focus, .. }| Self {
            content,
            content_pixels: content.pixels(),
            canvas_pixels: (canvas != content).then(|| canvas.pixels()),
            has_focus: focus.is_some(),
        })
    }
}

/// The peak and what is held after content was widened to four channels and laid on a
/// canvas, both in pixels.
fn on_canvas(peak: u64, held: u64, content: u64, canvas: u64) -> (u64, u64) {
    let (content, canvas) = (content * 4, canvas * 4);
    (peak.max(held + content).max(held.max(content) + canvas), canvas)
}

/// The bytes that decoding holds at its peak, the decoded pixels included.
pub(crate) fn decoding_bytes(source: &Source, reduction: u32) -> u64 {
    let bytes_per_pixel = match source.media_type {
        // All coefficients if it is progressive, and pixels.
        MediaType::Jpeg => {
            return source.size.pixels() * 6 + reduced_size(source.size, reduction).pixels() * 3;
        }
        MediaType::Png => 4,
        // A frame beside its canvas.
        MediaType::Gif => 9,
        // A canvas or a copy beside what libwebp holds.
        MediaType::Webp => 12,
        // A JPEG inside may be one strip as large as the image.
        MediaType::Tiff => 8,
        MediaType::Bmp | MediaType::Ico => 4,
        // Planes as they are decoded and as samples of 16 bits, those of the alpha, and pixels;
        // there may be twice as many of them as are shown.
        MediaType::Avif | MediaType::Heic => 24,
        // What the decoder holds, samples of 16 bits, and pixels.
        MediaType::Jxl => 24,
    };
    source.size.pixels() * bytes_per_pixel
}

fn most_channels(media_type: MediaType) -> u64 {
    match media_type {
        MediaType::Jpeg => 3,
        MediaType::Png
        | MediaType::Gif
        | MediaType::Webp
        | MediaType::Avif
        | MediaType::Heic
        | MediaType::Jxl
        | MediaType::Tiff
        | MediaType::Bmp
        | MediaType::Ico => 4,
    }
}

/// A resize keeps some rows of its source in linear light, after averaging as far as it
/// does that, and the weights of every row and column of its result.
fn scaling_bytes(picture: Size, content: Size) -> u64 {
    /// Four channels of 32 bits, in as many rows as weigh in those of a batch, and in those.
    const COLUMN_BYTES: u64 = 16 * (56 + 8);
    /// As many weights of 32 bits, and where they begin.
    const WEIGHTS_BYTES: u64 = 4 * 28 + 48;

    let columns = u64::from(picture.width()).min(u64::from(content.width()) * 4 + 32);
    let weighed = u64::from(content.width()) + u64::from(content.height());
    columns * COLUMN_BYTES + weighed * WEIGHTS_BYTES
}

/// A blur works in place; what it adds is an image of half the sides with its margins of 64
/// pixels, twice, and the scaler's image between two passes, which has half the width.
fn blur_bytes(sides: Size, pixels: u64, channels: u64) -> u64 {
    let margins = 64 * (u64::from(sides.width()) + 2 * u64::from(sides.height()) + 2 * 64);
    (pixels + margins) * channels
}

/// What the encoders hold and write, at the worst.
fn encoding_bytes(plan: &Plan) -> u64 {
    let bytes_per_pixel = match plan.format {
        // The result, which grows by doubling, and its copy; in several scans also all
        // coefficients, of two bytes.
        Format::Jpeg if plan.progressive => 9,
        Format::Jpeg => 6,
        // Filtered rows, the compressed stream and the file.
        Format::Png => 16,
        // Its own planes, the lossless alpha, the result.
        Format::Webp => 16,
        // Three or four planes, as they are and as they come out, and what is kept of each
        // block; 20 to 28 were measured.
        Format::Avif => 40,
    };
    let encoding = result_pixels(plan) * bytes_per_pixel;
    // While a better one is looked for, the best that fits is kept.
    encoding + plan.max_bytes.map_or(0, |bytes| u64::from(bytes).min(encoding))
}
