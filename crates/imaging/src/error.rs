//! Limits, and errors by what a caller can do about them.

use std::io;

use domain::MediaType;
use domain::plan::{Format, MAX_FRAME_PIXELS, MAX_FRAMES, MAX_MADE_PIXELS, Source, Unplannable};

/// Limits on a single derivation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The maximum number of pixels of an original.
    pub max_pixels: u64,
    /// The memory that a derivation may take, in bytes, if it turns out to need more than its
    /// estimate. That happens to a JPEG of which less than all pixels should do, but which is
    /// damaged, or shows line art.
    pub max_memory_bytes: u64,
}

impl Limits {
    /// A limit on pixels alone.
    pub const fn of_pixels(max_pixels: u64) -> Self {
        Self { max_pixels, max_memory_bytes: u64::MAX }
    }
}

/// Why a header could not be read: the bytes are not a supported image, are damaged, or could
/// not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The bytes are none of the supported image formats.
    #[error("not a supported image{}", looks_like.map(|it| format!("; it looks like {it}")).unwrap_or_default())]
    NotAnImage {
        /// What the bytes appear to be instead, such as `SVG` or `an empty file`, if recognised.
        looks_like: Option<&'static str>,
    },
    /// The bytes start like an image, but the header is invalid.
    #[error("corrupt {media_type}: {reason}")]
    Corrupt {
        /// The format that the bytes start like.
        media_type: MediaType,
        /// What is wrong, in lower case.
        reason: String,
    },
    /// The reader failed.
    #[error("read the header of an image")]
    Io(#[from] io::Error),
}

/// Why no derived image was made, by what a caller can do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A valid image of a kind that cannot be processed.
    #[error("cannot process this {media_type}: {reason}")]
    Unsupported {
        /// The kind of image.
        media_type: MediaType,
        /// What is not supported, in lower case.
        reason: String,
    },
    /// The image is damaged.
    #[error("corrupt {media_type}: {reason}")]
    Corrupt {
        /// The kind of image.
        media_type: MediaType,
        /// What is wrong, in lower case.
        reason: String,
    },
    /// More pixels than [`Limits::max_pixels`].
    #[error("the image has {pixels} pixels; at most {max_pixels} are processed")]
    TooManyPixels {
        /// Width × height of the original.
        pixels: u64,
        /// The limit.
        max_pixels: u64,
    },
    /// It needs more than [`Limits::max_memory_bytes`], which could not be told before.
    #[error("the image needs {bytes} bytes of memory to be made; {max_memory_bytes} are free")]
    NeedsMemory {
        /// What is needed at most.
        bytes: u64,
        /// The limit.
        max_memory_bytes: u64,
    },
    /// The bytes are not the image that the plan was made for.
    #[error("expected a {} of {}×{} pixels, found a {} of {}×{}",
        expected.media_type, expected.size.width(), expected.size.height(),
        found.media_type, found.size.width(), found.size.height())]
    Mismatch {
        /// What the caller expected.
        expected: Source,
        /// What the bytes are.
        found: Source,
    },
    /// The plan is impossible for what remains after trimming the border.
    #[error("without its border: {0}")]
    Impossible(#[from] Unplannable),
    /// The plan cannot be carried out for an animation.
    #[error(transparent)]
    NotAnimated(Unplannable),
    /// The original has not so many frames.
    #[error("the image has {frames} frames; there is no frame {frame}")]
    NoSuchFrame {
        /// The frame that is wanted, counted from 1.
        frame: u32,
        /// How many there are.
        frames: u32,
    },
    /// More frames, or more pixels in all of them together, than are processed.
    #[error(
        "too many frames: {frames}, of {decoded} pixels together, make {made} pixels; at most {MAX_FRAMES}, {MAX_FRAME_PIXELS} and {MAX_MADE_PIXELS} are processed; add `animate=false` for the first"
    )]
    TooManyFrames {
        /// Frames until it was too much.
        frames: u32,
        /// Their pixels.
        decoded: u64,
        /// Pixels of the frames made of them.
        made: u64,
    },
    /// The caller's `proceed` returned `false`.
    #[error("the work was stopped")]
    Stopped,
    /// The result could not be encoded.
    #[error("encode {format}: {reason}")]
    Encode {
        /// The format of the result.
        format: Format,
        /// What went wrong, in lower case.
        reason: String,
    },
    /// The result is larger than the plan allows, even at the lowest quality.
    #[error("the result has at least {smallest} bytes; `max_bytes` is {max_bytes}{}", advice(*format))]
    TooManyBytes {
        /// The format of the result.
        format: Format,
        /// The smallest size reached, in bytes.
        smallest: u64,
        /// What the plan allows.
        max_bytes: u32,
    },
    /// A decoder, transform or encoder panicked on these bytes; only this derivation is lost.
    #[error("image code panicked: {reason}")]
    Panicked {
        /// The panic's message.
        reason: String,
    },
}

/// What would make a smaller result.
fn advice(format: Format) -> &'static str {
    if format.default_quality().is_some() {
        "; ask for fewer pixels"
    } else {
        "; it is lossless, so ask for fewer pixels, or for a format with a quality"
    }
}

impl Error {
    /// A damaged image of this kind.
    pub(crate) fn corrupt(media_type: MediaType, reason: impl Into<String>) -> Self {
        Self::Corrupt { media_type, reason: reason.into() }
    }

    /// A sound image of this kind that is not processed.
    pub(crate) fn unsupported(media_type: MediaType, reason: impl Into<String>) -> Self {
        Self::Unsupported { media_type, reason: reason.into() }
    }
}
