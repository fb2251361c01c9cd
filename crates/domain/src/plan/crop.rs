//! A rectangle of whole pixels that is cut out of the picture.

use std::fmt;

use super::numbers::digits;
use crate::{Orientation, Size};

/// A rectangle of whole pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Crop {
    /// Pixels on its left.
    pub left: u32,
    /// Rows above it.
    pub top: u32,
    /// Its own size.
    pub size: Size,
}

impl Crop {
    /// What a client may write, in words.
    pub const ACCEPTS: &'static str =
        "x,y,width,height in whole pixels of at most 9 digits, such as 10,20,300,200";
    /// The same as a regular expression.
    pub const PATTERN: &'static str = "^[0-9]{1,9},[0-9]{1,9},[0-9]{1,9},[0-9]{1,9}$";

    /// Reads four numbers with commas between; the last two are at least 1.
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split(',').map(|number| digits(number, 9));
        let mut next = || numbers.next().flatten();
        let (left, top) = (next()?, next()?);
        let size = Size::new(next()?, next()?)?;
        numbers.next().is_none().then_some(Self { left, top, size })
    }

    /// What of the rectangle lies within a picture of this size, if anything does.
    pub(super) fn within(self, picture: Size) -> Option<Self> {
        let width = picture.width().checked_sub(self.left)?.min(self.size.width());
        let height = picture.height().checked_sub(self.top)?.min(self.size.height());
        Some(Self { size: Size::new(width, height)?, ..self })
    }

    /// Where the rectangle, which lies within a picture of this size, is in the picture
    /// once that is turned.
    pub fn turned(self, orientation: Orientation, picture: Size) -> Self {
        let right = picture.width().saturating_sub(self.left).saturating_sub(self.size.width());
        let bottom = picture.height().saturating_sub(self.top).saturating_sub(self.size.height());
        let (left, top) = match orientation.exif() {
            2 => (right, self.top),
            3 => (right, bottom),
            4 => (self.left, bottom),
            5 => (self.top, self.left),
            6 => (bottom, self.left),
            7 => (bottom, right),
            8 => (self.top, right),
            _ => (self.left, self.top),
        };
        Self { left, top, size: orientation.apply_to(self.size) }
    }
}

impl fmt::Display for Crop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{},{},{}", self.left, self.top, self.size.width(), self.size.height())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crop(text: &str) -> Crop {
        Crop::parse(text).unwrap()
    }

    #[test]
    fn four_numbers_are_taken_and_nothing_else() {
        assert_eq!(crop("0,0,1,1").to_string(), "0,0,1,1");
        assert_eq!(crop("010,2,003,999999999").to_string(), "10,2,3,999999999");
        for text in [
            "",
            "1,2,3",
            "1,2,3,4,5",
            "1,2,3,",
            ",1,2,3",
            "1,2,0,4",
            "1,2,3,0",
            "-1,2,3,4",
            "1.5,2,3,4",
            "1, 2,3,4",
            "1,2,3,1000000000",
            "+1,2,3,4",
            "1;2;3;4",
        ] {
            assert_eq!(Crop::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn what_stands_over_is_cut_off() {
        let picture = Size::new(100, 50).unwrap();
        let within = |text| crop(text).within(picture).map(|crop| crop.to_string());
        assert_eq!(within("10,20,30,10").as_deref(), Some("10,20,30,10"));
        assert_eq!(within("90,40,30,30").as_deref(), Some("90,40,10,10"));
        assert_eq!(within("99,49,1,1").as_deref(), Some("99,49,1,1"));
        assert_eq!(within("100,0,1,1"), None);
        assert_eq!(within("0,50,1,1"), None);
        assert_eq!(within("999999999,999999999,999999999,999999999"), None);
    }

    #[test]
    fn turning_the_picture_turns_the_rectangle() {
        let picture = Size::new(100, 50).unwrap();
        let rectangle = crop("10,20,31,7");
        for (exif, expected) in [
            (1, "10,20,31,7"),
            (2, "59,20,31,7"),
            (3, "59,23,31,7"),
            (4, "10,23,31,7"),
            (5, "20,10,7,31"),
            (6, "23,10,7,31"),
            (7, "23,59,7,31"),
            (8, "20,59,7,31"),
        ] {
            let orientation = Orientation::from_exif(exif).unwrap();
            let turned = rectangle.turned(orientation, picture);
            assert_eq!(turned.to_string(), expected, "{exif}");
            let back = turned.turned(orientation.inverse(), orientation.apply_to(picture));
            assert_eq!(back, rectangle, "{exif}");
        }
    }
}
