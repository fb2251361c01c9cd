//! The change of size in numbers.

use std::fmt;

use super::fit::Fit;
use super::focus::Focus;
use super::position::{Anchor, Position};
use super::wish::Wish;
use crate::Size;

/// A change of size in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Resize {
    /// Whether the picture is cut to the ratio of `content` before it is scaled;
    /// otherwise the whole of it is scaled to `content`.
    pub crop_to_ratio: bool,
    /// The size that the picture is scaled to.
    pub content: Size,
    /// The size of the result. Where it is larger than `content`, the rest is background.
    pub canvas: Size,
    /// Which part a crop keeps, and where the content stands on the canvas; the middle
    /// along a side that leaves no choice.
    pub position: Position,
    /// What a crop looks for to keep it, instead of a part that is named.
    pub focus: Option<Focus>,
}

impl Resize {
    /// Resolves the wish for a size against an upright picture; none if nothing changes.
    pub(super) fn resolve(wish: Wish, picture: Size) -> Option<Self> {
        let Wish { width, height, fit, position, enlarge } = wish;
        let (position, focus) = position.parts();
        // The largest scale, and the longest sides, that are allowed.
        let most = if enlarge { f64::INFINITY } else { 1.0 };
        let bounded = |wished: u32, is: u32| if enlarge { wished } else { wished.min(is) };
        let scaled =
            |scale: f64| size(f64::from(picture.width()) * scale, f64::from(picture.height()) * scale);
        let whole = |size| Self { crop_to_ratio: false, content: size, canvas: size, position, focus };
        let ratio = |wished: u32, is: u32| f64::from(wished) / f64::from(is);
        let resize = match (width, height) {
            (None, None) => return None,
            (Some(width), None) => {
                let width = bounded(width, picture.width());
                let exact = scaled(ratio(width, picture.width()));
                whole(Size::new(width, exact.height())?)
            }
            (None, Some(height)) => {
                let height = bounded(height, picture.height());
                let exact = scaled(ratio(height, picture.height()));
                whole(Size::new(exact.width(), height)?)
            }
            (Some(width), Some(height)) => {
                let across = ratio(width, picture.width());
                let down = ratio(height, picture.height());
                match fit {
                    Fit::Fill => {
                        whole(Size::new(bounded(width, picture.width()), bounded(height, picture.height()))?)
                    }
                    Fit::Inside => whole(scaled(across.min(down).min(most))),
                    Fit::Outside => whole(scaled(across.max(down).min(most))),
                    Fit::Contain => Self {
                        crop_to_ratio: false,
                        content: scaled(across.min(down).min(most)),
                        canvas: Size::new(width, height)?,
                        position,
                        focus,
                    },
                    Fit::Cover => {
                        // A box larger than the picture shrinks, keeping its ratio, until
                        // the picture covers it at its own scale.
                        let shrink = if enlarge { 1.0 } else { across.max(down).max(1.0) };
                        let content = size(f64::from(width) / shrink, f64::from(height) / shrink);
                        Self { crop_to_ratio: true, content, canvas: content, position, focus }
                    }
                }
            }
        };
        let unchanged = resize.content == picture && resize.canvas == picture;
        (!unchanged).then_some(resize.without_idle_crop(picture).without_idle_position(picture))
    }

    /// A crop that cuts nothing off is the same as none, and must read the same.
    fn without_idle_crop(self, picture: Size) -> Self {
        let cross = |a: Size, b: Size| u64::from(a.width()) * u64::from(b.height());
        let same_ratio = cross(self.content, picture) == cross(picture, self.content);
        Self { crop_to_ratio: self.crop_to_ratio && !same_ratio, ..self }
    }

    /// A position along a side where nothing is cut off and nothing is free is the same
    /// as the middle, and must read the same.
    fn without_idle_position(self, picture: Size) -> Self {
        let cross = |a: Size, b: Size| u64::from(a.width()) * u64::from(b.height());
        // Only one side is cut: the one that is longer than the content's ratio has it.
        let wider = cross(picture, self.content) > cross(self.content, picture);
        let across = (self.crop_to_ratio && wider) || self.canvas.width() > self.content.width();
        let down = (self.crop_to_ratio && !wider) || self.canvas.height() > self.content.height();
        let kept = |free: bool, anchor: Anchor| if free { anchor } else { Anchor::Middle };
        let position =
            Position { across: kept(across, self.position.across), down: kept(down, self.position.down) };
        let focus = self.focus.filter(|_| self.kept(picture) != picture);
        Self { position, focus, ..self }
    }

    /// The smallest size of whole pixels that holds what is kept of a picture.
    pub fn kept(&self, picture: Size) -> Size {
        let part = |side: u32, by: u32, of: u32| {
            let length = (u64::from(side) * u64::from(by)).div_ceil(u64::from(of));
            u32::try_from(length).unwrap_or(u32::MAX)
        };
        let width = part(picture.height(), self.content.width(), self.content.height());
        let height = part(picture.width(), self.content.height(), self.content.width());
        let kept = Size::new(width.min(picture.width()), height.min(picture.height()));
        kept.filter(|_| self.crop_to_ratio).unwrap_or(picture)
    }
}

/// The nearest size of whole pixels, at least one each way.
fn size(width: f64, height: f64) -> Size {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturates, and stays within u32"
    )]
    let side = |length: f64| (length.round() as u32).max(1);
    #[expect(clippy::expect_used, reason = "both sides were just made at least 1")]
    Size::new(side(width), side(height)).expect("sides of at least 1")
}

impl fmt::Display for Resize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let crop = if self.crop_to_ratio { "crop:" } else { "" };
        write!(f, "{crop}{}x{}", self.content.width(), self.content.height())?;
        if self.canvas != self.content {
            write!(f, ":on:{}x{}", self.canvas.width(), self.canvas.height())?;
        }
        if self.position != Position::default() {
            write!(f, ":at:{}", self.position)?;
        }
        if let Some(focus) = self.focus {
            write!(f, ":at:{focus}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wish(width: u32, height: u32, fit: Fit) -> Wish {
        let optional = |side| (side > 0).then_some(side);
        Wish { width: optional(width), height: optional(height), fit, ..Wish::default() }
    }

    fn resolved(wish: Wish, picture: (u32, u32)) -> String {
        let picture = Size::new(picture.0, picture.1).unwrap();
        Resize::resolve(wish, picture).map_or_else(|| "-".to_owned(), |resize| resize.to_string())
    }

    fn text(width: u32, height: u32, fit: Fit, picture: (u32, u32)) -> String {
        resolved(wish(width, height, fit), picture)
    }

    #[test]
    fn each_fit_means_what_css_and_sharp_mean() {
        let photo = (4000, 3000);
        assert_eq!(text(800, 800, Fit::Cover, photo), "crop:800x800");
        assert_eq!(text(800, 600, Fit::Cover, photo), "800x600", "same ratio, nothing to cut");
        assert_eq!(text(800, 800, Fit::Contain, photo), "800x600:on:800x800");
        assert_eq!(text(800, 800, Fit::Fill, photo), "800x800");
        assert_eq!(text(800, 800, Fit::Inside, photo), "800x600");
        assert_eq!(text(800, 800, Fit::Outside, photo), "1067x800");
        assert_eq!(text(800, 0, Fit::Cover, photo), "800x600");
        assert_eq!(text(0, 300, Fit::Cover, photo), "400x300");
    }

    #[test]
    fn a_picture_is_not_made_larger_unasked() {
        let icon = (40, 30);
        assert_eq!(text(800, 0, Fit::Cover, icon), "-");
        assert_eq!(text(800, 800, Fit::Cover, icon), "crop:30x30");
        assert_eq!(text(800, 800, Fit::Contain, icon), "40x30:on:800x800");
        assert_eq!(text(800, 800, Fit::Fill, icon), "-");
        assert_eq!(text(800, 20, Fit::Fill, icon), "40x20");
        assert_eq!(text(800, 800, Fit::Inside, icon), "-");
        assert_eq!(text(800, 800, Fit::Outside, icon), "-");
    }

    #[test]
    fn a_picture_grows_to_the_wish_when_that_is_asked_for() {
        let larger = |width, height, fit| {
            let wish = Wish { enlarge: true, ..wish(width, height, fit) };
            resolved(wish, (40, 30))
        };
        assert_eq!(larger(81, 0, Fit::Cover), "81x61");
        assert_eq!(larger(0, 60, Fit::Cover), "80x60");
        assert_eq!(larger(800, 800, Fit::Cover), "crop:800x800");
        assert_eq!(larger(800, 800, Fit::Contain), "800x600:on:800x800");
        assert_eq!(larger(800, 800, Fit::Fill), "800x800");
        assert_eq!(larger(800, 20, Fit::Fill), "800x20");
        assert_eq!(larger(800, 800, Fit::Inside), "800x600");
        assert_eq!(larger(800, 800, Fit::Outside), "1067x800");
        assert_eq!(larger(40, 30, Fit::Cover), "-");
        assert_eq!(larger(20, 20, Fit::Cover), text(20, 20, Fit::Cover, (40, 30)), "smaller stays");
    }

    #[test]
    fn a_side_never_vanishes() {
        assert_eq!(text(1, 0, Fit::Cover, (10_000, 10)), "1x1");
    }

    proptest! {
        #[test]
        fn the_content_is_never_larger_than_the_picture_or_the_canvas(
            width in 0u32..3000, height in 0u32..3000, w in 1u32..3000, h in 1u32..3000, fit in 0usize..5,
        ) {
            let fit = [Fit::Cover, Fit::Contain, Fit::Fill, Fit::Inside, Fit::Outside][fit];
            let picture = Size::new(w, h).unwrap();
            if let Some(resize) = Resize::resolve(wish(width, height, fit), picture) {
                let (content, canvas) = (resize.content, resize.canvas);
                prop_assert!(content.width() <= w && content.height() <= h);
                prop_assert!(content.width() <= canvas.width() && content.height() <= canvas.height());
            }
        }
    }
}
