//! How much memory a derivation takes, so that a service can admit work by bytes.

use domain::plan::{Format, Plan, Source};
use domain::{MediaType, Size};

use crate::transform::focus;

/// Tables, windows and the code's own structures, whatever the size of the image.
const FIXED_BYTES: u64 = 1 << 20;

/// An upper estimate of the bytes that [`derive`](crate::derive()) holds at its peak
/// besides the original: decoded pixels, what the steps need beside them, and the
/// encoded result.
pub fn working_memory_bytes(source: &Source, plan: &Plan) -> u64 {
    let mut channels = most_channels(source.media_type);
    let original = source.size.pixels() * channels;
    let orientation = plan.orientation(source);
    let mut peak = decoding_bytes(source);
    let mut held = original;
    let mut picture = orientation.apply_to(source.size);
    if let Some(angle) = plan.angle {
        if orientation.swaps_sides() {
            peak = peak.max(held * 2);
        }
        picture = angle.canvas(picture);
        channels = 4;
        let turned = picture.pixels() * channels;
        peak = peak.max(held + turned);
        held = turned;
    }
    let picture = plan.crop.map_or(picture, |crop| crop.size);
    if let Some(resize) = plan.resize {
        let content = resize.content.pixels() * channels;
        // The scaler keeps a premultiplied copy, and the image scaled in one direction only.
        let premultiplied = if channels == 4 { picture.pixels() * channels } else { 0 };
        let between = u64::from(picture.width()) * u64::from(resize.content.height())
            + u64::from(resize.content.width()) * u64::from(picture.height());
        peak = peak.max(held + premultiplied + between * channels + content);
        if resize.focus.is_some() {
            // A small copy, and the image scaled in one direction only.
            let sides = u64::from(picture.width()) + u64::from(picture.height());
            let small = u64::from(focus::SMALL_SIDE) * (sides + 2 * u64::from(focus::SMALL_SIDE));
            peak = peak.max(held + premultiplied + small * channels);
        }
        // A crop leaves its buffer as large as it was, until a scaled image takes its place.
        if resize.content != picture {
            held = content;
        }
    }
    if orientation.swaps_sides() && plan.angle.is_none() {
        peak = peak.max(held * 2);
    }
    if let Some(resize) = plan.resize.filter(|resize| resize.canvas != resize.content) {
        (peak, held) = on_canvas(peak, held, resize.content, resize.canvas);
    }
    if let Some(padding) = plan.padding {
        let picture = plan.resize.map_or(picture, |resize| resize.canvas);
        (peak, held) = on_canvas(peak, held, picture, padding.around(picture));
    }
    if plan.blur.is_some() {
        peak = peak.max(held + blur_bytes(plan.output, 4));
    }
    if plan.sharpen.is_some() {
        // The blur is made on a copy.
        peak = peak.max(held + plan.output.pixels() * 4 + blur_bytes(plan.output, 4));
    }
    peak = peak.max(held + encoding_bytes(plan));
    peak + FIXED_BYTES
}

/// The peak and what is held after content was widened to four channels and laid on a
/// canvas.
fn on_canvas(peak: u64, held: u64, content: Size, canvas: Size) -> (u64, u64) {
    let (content, canvas) = (content.pixels() * 4, canvas.pixels() * 4);
    (peak.max(held + content).max(held.max(content) + canvas), canvas)
}

/// The bytes that decoding holds at its peak, the decoded pixels included.
pub(crate) fn decoding_bytes(source: &Source) -> u64 {
    let bytes_per_pixel = match source.media_type {
        // Pixels, and all coefficients if it is progressive.
        MediaType::Jpeg => 9,
        // Gray with alpha, before and after it is widened.
        MediaType::Png => 6,
        // A frame beside its canvas.
        MediaType::Gif => 8,
        // A canvas or a copy beside what libwebp holds.
        MediaType::Webp => 12,
        // Four channels of 32 bits, then of 8; the decoder may hold a strip as large
        // as the image.
        MediaType::Tiff => 36,
        MediaType::Bmp | MediaType::Ico | MediaType::Avif => 8,
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
        | MediaType::Tiff
        | MediaType::Bmp
        | MediaType::Ico => 4,
    }
}

/// A blur works in place; what it adds is an image of half the sides with its margins,
/// and the scaler's image between two passes.
fn blur_bytes(output: Size, channels: u64) -> u64 {
    let (width, height) = (u64::from(output.width()), u64::from(output.height()));
    let (small_width, small_height) = (width / 2 + 64, height / 2 + 64);
    (small_width * small_height * 2 + small_width * height) * channels
}

/// What the encoders hold and write, at the worst.
fn encoding_bytes(plan: &Plan) -> u64 {
    let bytes_per_pixel = match plan.format {
        // The result, which grows by doubling, and its copy.
        Format::Jpeg => 6,
        // Filtered rows, the compressed stream and the file.
        Format::Png => 16,
        // Its own planes, the lossless alpha, the result.
        Format::Webp => 16,
    };
    plan.output.pixels() * bytes_per_pixel
}
