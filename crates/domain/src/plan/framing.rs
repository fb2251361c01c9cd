//! What is kept of a picture and how large it becomes: a wish that does not know the
//! picture, and what it comes to for one.

use std::fmt;

use super::crop::{Crop, CropWish};
use super::resize::Resize;
use super::unplannable::Unplannable;
use super::wish::Wish;
use crate::Size;

/// The options about the rectangle that is kept and its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Framing {
    pub(super) crop: Option<CropWish>,
    pub(super) wish: Wish,
}

/// A framing in numbers.
pub(super) struct Framed {
    pub(super) crop: Option<Crop>,
    pub(super) resize: Option<Resize>,
    /// What comes out of both.
    pub(super) picture: Size,
}

impl Framing {
    /// Resolves the wish against a turned picture.
    pub(super) fn resolve(self, picture: Size) -> Result<Framed, Unplannable> {
        let crop = self.crop_of(picture)?;
        let picture = crop.map_or(picture, |crop| crop.size);
        let resize = Resize::resolve(self.wish, picture);
        Ok(Framed { crop, resize, picture: resize.map_or(picture, |resize| resize.canvas) })
    }

    /// A rectangle that is all of the picture is the same as none, and must read the same.
    fn crop_of(self, picture: Size) -> Result<Option<Crop>, Unplannable> {
        let Some(crop) = self.crop else {
            return Ok(None);
        };
        let crop = crop.of(picture);
        let within = crop.within(picture).ok_or(Unplannable::CropOutside { crop, picture })?;
        Ok(Some(within).filter(|crop| crop.size != picture))
    }

    /// The same wish for whatever part of a picture, and what comes out of it at most: sides
    /// that none is longer than, for results of at most `max_pixels`.
    pub(super) fn of_any_part(self, picture: Size, max_pixels: u64) -> Result<(Self, Size), Unplannable> {
        let of_all = self.crop_of(picture)?;
        let crop = match self.crop {
            // Parts of what is left, which is no more than parts of all.
            parts @ Some(CropWish::Parts(_)) => parts,
            Some(CropWish::Pixels(_)) | None => of_all.map(CropWish::Pixels),
        };
        let picture = of_all.map_or(picture, |crop| crop.size);
        let wish = self.wish.of_any_part(picture);
        Ok((Self { crop, wish }, wish.most(picture, max_pixels)))
    }
}

impl fmt::Display for Framing {
    /// Every part with a semicolon behind it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(crop) = self.crop {
            write!(f, "crop={crop};")?;
        }
        if self.wish.is_some() { write!(f, "size={};", self.wish) } else { Ok(()) }
    }
}
