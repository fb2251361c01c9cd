//! The options that say a size, before it is known of what.

use std::fmt;

use super::fit::Fit;
use super::focus::Placement;
use crate::Size;

/// The options that say a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Wish {
    pub(super) width: Option<u32>,
    pub(super) height: Option<u32>,
    pub(super) fit: Fit,
    pub(super) position: Placement,
    pub(super) enlarge: bool,
}

impl Wish {
    /// Whether any size is wished.
    pub(super) fn is_some(self) -> bool {
        self.width.is_some() || self.height.is_some()
    }

    /// The same wish for whatever part of a picture: without what would change none of them.
    pub(super) fn of_any_part(self, picture: Size) -> Self {
        let shrinks = |wished: u32, is: u32| self.enlarge || wished < is;
        let (across, down) = (
            self.width.is_some_and(|width| shrinks(width, picture.width())),
            self.height.is_some_and(|height| shrinks(height, picture.height())),
        );
        match (self.width, self.height) {
            // With one side there is no box to fit.
            (Some(_), None) | (None, Some(_)) if across || down => {
                Self { fit: Fit::default(), position: Placement::default(), ..self }
            }
            (Some(_), Some(_)) => match self.fit {
                Fit::Inside | Fit::Fill if !across && !down => Self::default(),
                Fit::Outside if !across || !down => Self::default(),
                Fit::Cover | Fit::Contain | Fit::Fill | Fit::Inside | Fit::Outside => self,
            },
            _ => Self::default(),
        }
    }

    /// The size of the result if it is the same for every picture.
    pub(super) fn exactly(self) -> Option<Size> {
        let is_box = match self.fit {
            Fit::Contain => true,
            Fit::Cover | Fit::Fill => self.enlarge,
            Fit::Inside | Fit::Outside => false,
        };
        Size::new(self.width?, self.height?).filter(|_| is_box)
    }

    /// Sides that no result from a part of this picture exceeds, if none of them has more
    /// than `max_pixels`.
    pub(super) fn most(self, picture: Size, max_pixels: u64) -> Size {
        // As long as a side can be beside one of this length.
        let beside = |side: u32| u32::try_from(max_pixels / u64::from(side)).unwrap_or(u32::MAX).max(1);
        let (width, height) = (picture.width(), picture.height());
        let (most_width, most_height) = match (self.width, self.height, self.enlarge) {
            (None, None, _) => (width, height),
            (Some(wished), None, true) => (wished, beside(wished)),
            (Some(wished), None, false) => (wished.min(width), height),
            (None, Some(wished), true) => (beside(wished), wished),
            (None, Some(wished), false) => (width, wished.min(height)),
            (Some(across), Some(down), enlarge) => match self.fit {
                Fit::Contain => (across, down),
                Fit::Outside if enlarge => (across.max(beside(down)), down.max(beside(across))),
                Fit::Outside => (width, height),
                Fit::Cover | Fit::Fill | Fit::Inside if enlarge => (across, down),
                Fit::Cover | Fit::Fill | Fit::Inside => (across.min(width), down.min(height)),
            },
        };
        Size::new(most_width, most_height).unwrap_or(picture)
    }
}

impl fmt::Display for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |side: Option<u32>| side.map_or_else(|| "auto".to_owned(), |side| side.to_string());
        write!(f, "{}x{}", side(self.width), side(self.height))?;
        if self.fit != Fit::default() {
            write!(f, ":{}", self.fit)?;
        }
        if self.position != Placement::default() {
            write!(f, ":at:{}", self.position)?;
        }
        if self.enlarge { f.write_str(":enlarge") } else { Ok(()) }
    }
}
