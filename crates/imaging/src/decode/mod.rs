//! Decodes an original to pixels, one file per format.
//!
//! Every decoder checks the size that it finds against the source before it asks for
//! pixels, and has its own limits set: a limit on one object says nothing of the next.

mod bmp;
mod gif;
mod heif;
mod ico;
mod jpeg;
mod jpeg_segments;
mod jxl;
mod png;
pub(crate) mod reduction;
mod screen;
mod tiff;
mod webp;

pub(crate) use gif::has_second_frame;
pub(crate) use jpeg_segments::Segments;

use domain::plan::{Plan, Source};
use domain::{MediaType, Size};

use crate::Error;
use crate::job::Held;
use crate::pixels::{Channels, Pixels, reduced_size};

/// A decoded image.
pub(crate) struct Decoded {
    pub(crate) pixels: Pixels,
    /// Pixels of a row, and rows, of the original that became one; 1 unless it is a JPEG.
    /// The last ones of the image are then only in part within the picture.
    pub(crate) reduction: u32,
    /// The ICC profile, if it has one.
    pub(crate) profile: Option<Vec<u8>>,
}

/// Decodes an original, at a fraction of its size if the format can; of animations the
/// first frame.
pub(crate) fn decode(
    original: &[u8],
    source: &Source,
    reduction: u32,
    go_on: &dyn Fn() -> Result<(), Error>,
) -> Result<Decoded, Error> {
    let decoded = match source.media_type {
        MediaType::Jpeg => jpeg::decode(original, source, reduction),
        MediaType::Png => png::decode(original, source),
        MediaType::Gif => gif::decode(original, source),
        MediaType::Webp => webp::decode(original, source),
        MediaType::Tiff => tiff::decode(original, source),
        MediaType::Bmp => bmp::decode(original, source),
        MediaType::Ico => ico::decode(original, source),
        MediaType::Avif | MediaType::Heic => heif::decode(original, source, go_on),
        MediaType::Jxl => jxl::decode(original, source, go_on),
    }?;
    Ok(Decoded { pixels: decoded.pixels.without_idle_alpha(), ..decoded })
}

/// The frames of an original, as they are shown one after the other.
pub(crate) struct Frames<'a> {
    animation: Animation<'a>,
    /// Whether a frame was shown already.
    is_under_way: bool,
}

enum Animation<'a> {
    Gif(Box<gif::Frames<'a>>),
    Png(Box<png::Frames<'a>>),
    Webp(Box<webp::Frames<'a>>),
}

impl<'a> Frames<'a> {
    /// The frames of an original of a kind that can have several.
    pub(crate) fn open(original: &'a [u8], source: &'a Source) -> Result<Self, Error> {
        let animation = match source.media_type {
            MediaType::Gif => Animation::Gif(Box::new(gif::Frames::new(original, source)?)),
            MediaType::Png => Animation::Png(Box::new(png::Frames::new(original, source)?)),
            MediaType::Webp => Animation::Webp(Box::new(webp::Frames::new(original, source)?)),
            MediaType::Jpeg
            | MediaType::Avif
            | MediaType::Heic
            | MediaType::Jxl
            | MediaType::Tiff
            | MediaType::Bmp
            | MediaType::Ico => return Err(Error::unsupported(source.media_type, "it has one frame")),
        };
        Ok(Self { animation, is_under_way: false })
    }

    /// Shows the next frame; for how many milliseconds. None if there is none: what is
    /// damaged behind the first frame ends the animation.
    pub(crate) fn next(&mut self) -> Result<Option<u32>, Error> {
        let shown = match &mut self.animation {
            Animation::Gif(frames) => frames.next(),
            Animation::Png(frames) => frames.next(),
            Animation::Webp(frames) => frames.next(),
        };
        if self.is_under_way {
            return Ok(shown.unwrap_or_default());
        }
        self.is_under_way = true;
        shown
    }

    /// What is shown, of four channels.
    pub(crate) fn pixels(&mut self) -> &Pixels {
        match &mut self.animation {
            Animation::Gif(frames) => frames.pixels(),
            Animation::Png(frames) => frames.pixels(),
            Animation::Webp(frames) => frames.pixels(),
        }
    }

    /// How often it is played; 0 is for ever.
    pub(crate) fn plays(&self) -> u32 {
        match &self.animation {
            Animation::Gif(frames) => frames.plays(),
            Animation::Png(frames) => frames.plays(),
            Animation::Webp(frames) => frames.plays(),
        }
    }

    /// The ICC profile, if it has one.
    pub(crate) fn profile(&self) -> Option<Vec<u8>> {
        match &self.animation {
            Animation::Gif(_) => None,
            Animation::Png(frames) => frames.profile().map(<[u8]>::to_vec),
            Animation::Webp(frames) => frames.profile().map(<[u8]>::to_vec),
        }
    }
}

/// What decoding takes, and what it leaves.
#[derive(Debug, Clone, Copy)]
struct Needs {
    /// The bytes of its peak, those of the pixels included.
    peak: u64,
    /// The channels of the pixels.
    channels: u64,
    /// The bytes of a pixel in the buffer that they are in.
    pixel_bytes: u64,
    /// Whether they may have a color profile.
    has_profile: bool,
}

impl Needs {
    /// Of pixels of so many channels, in a buffer of their own, and of so many bytes beside.
    fn of(size: Size, channels: u64, beside: u64) -> Self {
        Self { peak: size.pixels() * channels + beside, channels, pixel_bytes: channels, has_profile: true }
    }
}

/// The bytes that decoding takes at its peak, at most, and what it leaves: of these bytes, or
/// of the worst that there can be.
pub(crate) fn peak(original: Option<&[u8]>, source: &Source, plan: &Plan) -> (u64, Held) {
    let (size, reduction) = (source.size, reduction::of(plan, source));
    let Needs { peak, channels, pixel_bytes, has_profile } = match source.media_type {
        MediaType::Jpeg => jpeg::needs(original, size, reduction),
        MediaType::Png => png::needs(original, source),
        MediaType::Gif => gif::needs(original, size),
        MediaType::Webp => webp::needs(original, size),
        MediaType::Tiff => tiff::needs(original, size),
        MediaType::Bmp => bmp::needs(original, source),
        MediaType::Ico => ico::needs(size),
        MediaType::Avif | MediaType::Heic => heif::needs(original, size),
        MediaType::Jxl => jxl::needs(original, source),
    };
    let size = reduced_size(size, reduction);
    let (pixels, orientation) = (size.pixels(), plan.orientation(source));
    (peak, Held { size, pixels, channels, bytes: pixels * pixel_bytes, has_profile, orientation, reduction })
}

/// Whether so much of what is needed is there that a picture can be shown for it: all but
/// a hundredth. What is missing stays as the canvas was.
fn is_nearly_whole(there: u64, needed: u64) -> bool {
    u128::from(there) * 100 >= u128::from(needed) * 99
}

/// Refuses a decoder that found another size than the source has.
fn check_size(source: &Source, width: u64, height: u64) -> Result<(), Error> {
    let found = match (u32::try_from(width), u32::try_from(height)) {
        (Ok(width), Ok(height)) => Size::new(width, height),
        _ => None,
    };
    match found {
        Some(size) if size == source.size => Ok(()),
        Some(size) => Err(Error::Mismatch { expected: *source, found: Source { size, ..*source } }),
        None => Err(Error::corrupt(source.media_type, format!("a size of {width}×{height} pixels"))),
    }
}

/// Pixels of the source's size over these bytes.
fn pixels(source: &Source, channels: Channels, data: Vec<u8>) -> Result<Pixels, Error> {
    Pixels::new(source.size, channels, data)
        .ok_or_else(|| Error::corrupt(source.media_type, "it decodes to another number of bytes"))
}
