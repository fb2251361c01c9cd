//! Which frames of an animation become the result.

use super::Source;
use super::format::Format;
use super::unplannable::Unplannable;
use crate::{MediaType, Size};

/// The most frames that are made. Animations of screens run at ten a second; a minute of
/// twenty-five has more, and is a video.
pub const MAX_FRAMES: u32 = 1000;
/// The most pixels of all frames of an original together.
pub const MAX_FRAME_PIXELS: u64 = 100_000_000;
/// The most pixels of all frames of a result together.
pub const MAX_MADE_PIXELS: u64 = 50_000_000;

/// Which frames of an original become the result; those of a still image are its one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Frames {
    /// The first, as a still image.
    #[default]
    First,
    /// This one, counted from 1, as a still image.
    Nth(u32),
    /// All, if there are several.
    All,
}

impl Frames {
    /// What a client may write for one frame, in words.
    pub(super) const ACCEPTS: &'static str = "a whole number from 1 to 1000";

    /// The frames that a client's `animate` and `frame` come to, for a result in this format
    /// and of this size, of which all frames together have at most `max_pixels`.
    ///
    /// # Errors
    ///
    /// The client insists on an animation that the format cannot be, or there are too many
    /// frames.
    pub(super) fn resolve(
        (animate, frame): (Option<bool>, Option<u32>),
        source: Source,
        (format, output): (Format, Size),
        max_pixels: u64,
    ) -> Result<Self, Unplannable> {
        if let Some(frame) = frame {
            return Ok(if frame == 1 { Self::First } else { Self::Nth(frame) });
        }
        // How many a GIF has is known when it is decoded.
        let may_move = source.frames > 1 || source.media_type == MediaType::Gif;
        if animate == Some(false) || !may_move {
            return Ok(Self::First);
        }
        if !format.can_move() {
            let is_known = source.frames > 1;
            return if animate == Some(true) && is_known {
                Err(Unplannable::CannotMove { format })
            } else {
                Ok(Self::First)
            };
        }
        let frames = source.frames;
        if frames > MAX_FRAMES {
            return Err(Unplannable::TooManyFrames { frames, max_frames: MAX_FRAMES });
        }
        // A still image has limits of its own.
        for (size, most) in [(source.size, MAX_FRAME_PIXELS), (output, max_pixels)] {
            let pixels = size.pixels().saturating_mul(frames.into());
            if frames > 1 && pixels > most {
                return Err(Unplannable::TooManyFramePixels { frames, size, max_pixels: most });
            }
        }
        Ok(Self::All)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Orientation;

    fn source(media_type: MediaType, frames: u32) -> Source {
        Source { media_type, size: Size::new(400, 300).unwrap(), orientation: Orientation::UPRIGHT, frames }
    }

    fn resolved(
        wish: (Option<bool>, Option<u32>),
        source: Source,
        format: Format,
    ) -> Result<Frames, Unplannable> {
        Frames::resolve(wish, source, (format, Size::new(200, 150).unwrap()), 50_000_000)
    }

    #[test]
    fn an_animation_is_kept_where_the_format_can_be_one() {
        let webp = source(MediaType::Webp, 12);
        for format in [Format::Webp, Format::Gif, Format::Png] {
            assert_eq!(resolved((None, None), webp, format), Ok(Frames::All), "{format}");
            assert_eq!(resolved((Some(false), None), webp, format), Ok(Frames::First), "{format}");
            assert_eq!(resolved((None, Some(3)), webp, format), Ok(Frames::Nth(3)), "{format}");
            assert_eq!(resolved((None, Some(1)), webp, format), Ok(Frames::First), "{format}");
        }
        for format in [Format::Jpeg, Format::Avif, Format::Tiff] {
            assert_eq!(resolved((None, None), webp, format), Ok(Frames::First), "{format}");
            let refused = resolved((Some(true), None), webp, format).unwrap_err();
            assert_eq!(refused, Unplannable::CannotMove { format });
        }
    }

    #[test]
    fn a_still_image_stays_one_and_a_gif_may_turn_out_to_be_none() {
        assert_eq!(resolved((Some(true), None), source(MediaType::Webp, 1), Format::Webp), Ok(Frames::First));
        assert_eq!(resolved((None, None), source(MediaType::Gif, 1), Format::Gif), Ok(Frames::All));
    }

    #[test]
    fn too_many_frames_are_refused_with_numbers() {
        let refused = resolved((None, None), source(MediaType::Webp, 1001), Format::Webp).unwrap_err();
        assert!(refused.to_string().contains("1001 frames"), "{refused}");
        // 400 × 300 × 900 is 108 million.
        let refused = resolved((None, None), source(MediaType::Webp, 900), Format::Webp).unwrap_err();
        assert!(refused.to_string().contains("900 frames of 400×300"), "{refused}");
        assert!(resolved((Some(false), None), source(MediaType::Webp, 1001), Format::Webp).is_ok());
    }
}
