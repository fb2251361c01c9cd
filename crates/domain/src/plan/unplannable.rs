//! Why there is no plan for an image.

use super::crop::Crop;
use super::format::Format;
use crate::Size;

/// Why an image cannot be made, though each option by itself is fine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unplannable {
    /// A picture that is turned by an angle needs more pixels than the setting allows.
    #[error("turned, the picture would have {}×{} = {} pixels; at most {max_pixels} are made", size.width(), size.height(), size.pixels())]
    TurnTooLarge {
        /// The size of the turned picture.
        size: Size,
        /// The setting.
        max_pixels: u64,
    },
    /// The rectangle to cut out has nothing of the picture.
    #[error("nothing of the picture, which has {}×{} pixels, is within `crop={crop}`", picture.width(), picture.height())]
    CropOutside {
        /// The rectangle asked for.
        crop: Crop,
        /// The size of the turned picture.
        picture: Size,
    },
    /// More pixels than the setting allows.
    #[error("the result would have {}×{} = {} pixels; at most {max_pixels} are made", size.width(), size.height(), size.pixels())]
    OutputTooLarge {
        /// The size of the result.
        size: Size,
        /// The setting.
        max_pixels: u64,
    },
    /// A side is longer than the format can say.
    #[error("the result would be {}×{} pixels; a side of a {format} has at most {max_side}", size.width(), size.height())]
    SideTooLong {
        /// The size of the result.
        size: Size,
        /// The format asked for.
        format: Format,
        /// The longest side of that format.
        max_side: u32,
    },
    /// The client insists on an animation, and the format has none.
    #[error(
        "the original is an animation, and a {format} cannot be one; ask for webp, gif or png, or leave out `animate=true`"
    )]
    CannotMove {
        /// The format of the result.
        format: Format,
    },
    /// More frames than are made.
    #[error(
        "the original has {frames} frames; at most {max_frames} are made; add `animate=false` for the first"
    )]
    TooManyFrames {
        /// Frames of the original.
        frames: u32,
        /// The most that are made.
        max_frames: u32,
    },
    /// More pixels in all frames together than are made.
    #[error("{frames} frames of {}×{} pixels are more than {max_pixels} pixels; add `animate=false` for the first", size.width(), size.height())]
    TooManyFramePixels {
        /// Frames of the original.
        frames: u32,
        /// The size of one.
        size: Size,
        /// The most pixels of all together.
        max_pixels: u64,
    },
    /// A limit on the bytes of an animation, which would be encoded again and again.
    #[error("`max_bytes` is for still images; add `animate=false` for the first frame")]
    BytesOfAnimation,
}
