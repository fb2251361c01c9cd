//! Room around the picture.

use std::fmt;

use super::dpr::Dpr;
use super::numbers::digits;
use super::side;
use crate::Size;

/// Pixels of the result that are added on each side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Padding {
    /// Rows above.
    pub top: u32,
    /// Columns on the right.
    pub right: u32,
    /// Rows below.
    pub bottom: u32,
    /// Columns on the left.
    pub left: u32,
}

impl Padding {
    /// What a client may write, in words.
    pub const ACCEPTS: &'static str = "whole numbers from 0 to 30000: one for all sides, two for top and bottom, then left and right, \
         or four for top, right, bottom and left, such as 10,20";
    /// The same as a regular expression.
    pub const PATTERN: &'static str = "^[0-9]{1,5}(,[0-9]{1,5}|(,[0-9]{1,5}){3})?$";

    /// Reads one, two or four numbers with commas between, in the order of CSS.
    pub fn parse(text: &str) -> Option<Self> {
        let side = |number| digits(number, 5).filter(|side| *side <= side::MAX);
        let mut numbers = text.split(',').map(side);
        let top = numbers.next()??;
        let padding = match (numbers.next(), numbers.next(), numbers.next()) {
            (None, None, None) => Self { top, right: top, bottom: top, left: top },
            (Some(right), None, None) => Self { top, right: right?, bottom: top, left: right? },
            (Some(right), Some(bottom), Some(left)) => {
                Self { top, right: right?, bottom: bottom?, left: left? }
            }
            _ => return None,
        };
        numbers.next().is_none().then_some(padding)
    }

    /// So many times as much on every side.
    pub(super) fn times(self, dpr: Dpr) -> Self {
        let Self { top, right, bottom, left } = self;
        let [top, right, bottom, left] = [top, right, bottom, left].map(|side| dpr.times(side));
        Self { top, right, bottom, left }
    }

    /// The largest of the four.
    pub(super) fn longest(self) -> u32 {
        self.top.max(self.right).max(self.bottom).max(self.left)
    }

    /// The size of a picture with the padding around it.
    pub fn around(self, picture: Size) -> Size {
        let width = picture.width().saturating_add(self.left).saturating_add(self.right);
        let height = picture.height().saturating_add(self.top).saturating_add(self.bottom);
        Size::new(width, height).unwrap_or(picture)
    }
}

impl fmt::Display for Padding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{},{},{}", self.top, self.right, self.bottom, self.left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_two_and_four_numbers_are_taken_and_nothing_else() {
        for (text, written) in [
            ("7", "7,7,7,7"),
            ("0", "0,0,0,0"),
            ("1,2", "1,2,1,2"),
            ("1,2,3,4", "1,2,3,4"),
            ("00030,30000", "30,30000,30,30000"),
        ] {
            assert_eq!(Padding::parse(text).unwrap().to_string(), written);
        }
        for text in [
            "",
            "-1",
            "1,2,3",
            "1,2,3,4,5",
            "1,",
            ",1",
            "1.5",
            "30001",
            "1 2",
            "1px",
            "000001",
            "1,2,3,30001",
        ] {
            assert_eq!(Padding::parse(text), None, "{text:?}");
        }
    }
}
