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

/// A rectangle as a client says it, before it is known of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CropWish {
    /// In whole pixels.
    Pixels(Crop),
    /// As parts of the picture.
    Parts(Parts),
}

/// A rectangle in parts of a picture, of [`WHOLE`](Self::WHOLE) each way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Parts {
    left: u32,
    top: u32,
    width: u32,
    height: u32,
}

impl Parts {
    /// All of a side.
    const WHOLE: u32 = 100_000;

    /// Reads four decimal numbers from 0 to 1 with commas between.
    fn parse(text: &str) -> Option<Self> {
        let part = |number: &str| {
            let plain = number.len() <= 20 && number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
            let value: f64 = plain.then(|| number.parse().ok())??;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 100,000")]
            (0.0..=1.0).contains(&value).then(|| (value * f64::from(Self::WHOLE)).round() as u32)
        };
        let mut numbers = text.split(',').map(part);
        let mut next = || numbers.next().flatten();
        let (left, top, width, height) = (next()?, next()?, next()?, next()?);
        let is_some = width > 0 && height > 0 && left < Self::WHOLE && top < Self::WHOLE;
        (is_some && numbers.next().is_none()).then_some(Self { left, top, width, height })
    }

    /// The rectangle in a picture of this size, to the nearest pixels; at least one.
    fn of(self, picture: Size) -> Crop {
        let of = |part: u32, side: u32| {
            let exact = u64::from(part) * u64::from(side);
            u32::try_from((exact + u64::from(Self::WHOLE / 2)) / u64::from(Self::WHOLE)).unwrap_or(side)
        };
        let start = |part, side: u32| of(part, side).min(side - 1);
        let (left, top) = (start(self.left, picture.width()), start(self.top, picture.height()));
        let (width, height) = (of(self.width, picture.width()), of(self.height, picture.height()));
        let size = Size::new(width.max(1), height.max(1)).unwrap_or(picture);
        Crop { left, top, size }
    }
}

impl CropWish {
    /// What a client may write, in words.
    pub const ACCEPTS: &'static str = "x,y,width,height in whole pixels of at most 9 digits, such as 10,20,300,200, or in parts of the \
         picture with a decimal point, such as 0.1,0.1,0.8,0.8";
    /// The same as a regular expression.
    pub const PATTERN: &'static str = "^([0-9]{1,9}(,[0-9]{1,9}){3}|[0-9.]{1,20}(,[0-9.]{1,20}){3})$";

    /// Reads four numbers with commas between.
    pub fn parse(text: &str) -> Option<Self> {
        if text.contains('.') {
            Parts::parse(text).map(Self::Parts)
        } else {
            Crop::parse(text).map(Self::Pixels)
        }
    }

    /// The rectangle in a picture of this size.
    pub(super) fn of(self, picture: Size) -> Crop {
        match self {
            Self::Pixels(crop) => crop,
            Self::Parts(parts) => parts.of(picture),
        }
    }
}

impl fmt::Display for CropWish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pixels(crop) => crop.fmt(f),
            Self::Parts(Parts { left, top, width, height }) => {
                let [left, top, width, height] =
                    [left, top, width, height].map(|part| f64::from(*part) / f64::from(Parts::WHOLE));
                write!(f, "parts:{left},{top},{width},{height}")
            }
        }
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
    fn parts_of_a_picture_come_to_pixels() {
        let picture = Size::new(101, 50).unwrap();
        let of = |text| CropWish::parse(text).map(|wish| wish.of(picture).to_string());
        assert_eq!(of("0.1,0.1,0.8,0.8").as_deref(), Some("10,5,81,40"));
        assert_eq!(of("0.0,0,1,1").as_deref(), Some("0,0,101,50"));
        assert_eq!(of("0.999,0.999,0.001,.001").as_deref(), Some("100,49,1,1"));
        assert_eq!(of("0,0,1,1").as_deref(), Some("0,0,1,1"), "without a point they are pixels");
        for text in [
            "1.0,0,1,1",
            "0.5,0,0,1",
            "0.1,0.1,1.1,1",
            "0.1,0.1,0.5",
            "-0.1,0,1,1",
            "0.1,0,1,1e0",
            "..,0,1,1",
        ] {
            assert_eq!(CropWish::parse(text), None, "{text}");
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
