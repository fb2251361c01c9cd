//! What can go wrong, as outcomes that a caller can act on, and the limits.

use std::io;

use domain::MediaType;
use domain::plan::{Format, Source, Unplannable};

/// What one derivation may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most pixels that an original may have.
    pub max_pixels: u64,
}

/// Why a header could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The bytes are none of the media types that are taken.
    #[error("not an image that is taken here{}", looks_like.map(|it| format!("; it looks like {it}")).unwrap_or_default())]
    NotAnImage {
        /// What the bytes are instead, where that can be told, such as `SVG` or `an empty file`.
        looks_like: Option<&'static str>,
    },
    /// The bytes begin as an image but its header makes no sense.
    #[error("corrupt {media_type}: {reason}")]
    Corrupt {
        /// What the bytes begin as.
        media_type: MediaType,
        /// What is wrong, in lower case.
        reason: String,
    },
    /// The reader failed.
    #[error("read the header of an image")]
    Io(#[from] io::Error),
}

/// Why no derived image was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A sound image, but of a kind that is not processed.
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
    /// The bytes are another image than the plan was made for.
    #[error("expected a {} of {}×{} pixels, found a {} of {}×{}",
        expected.media_type, expected.size.width(), expected.size.height(),
        found.media_type, found.size.width(), found.size.height())]
    Mismatch {
        /// What the caller said.
        expected: Source,
        /// What the bytes say.
        found: Source,
    },
    /// The plan cannot be carried out for what is left once the border is off.
    #[error("without its border: {0}")]
    Impossible(#[from] Unplannable),
    /// The caller's `proceed` answered no.
    #[error("the work was stopped")]
    Stopped,
    /// The result could not be written.
    #[error("encode {format}: {reason}")]
    Encode {
        /// The format of the result.
        format: Format,
        /// What went wrong, in lower case.
        reason: String,
    },
    /// The result has more bytes than the plan allows, whatever its quality.
    #[error("the result has {smallest} bytes at the least; `max_bytes` is {max_bytes}{}", advice(*format))]
    TooManyBytes {
        /// The format of the result.
        format: Format,
        /// The smallest size that was reached, in bytes.
        smallest: u64,
        /// What the plan allows.
        max_bytes: u32,
    },
    /// A decoder, transform or encoder broke on these bytes; only this work is lost.
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
