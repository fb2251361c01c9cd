//! What is behind the picture.

use std::fmt;

use super::format::Format;
use crate::MediaType;

/// A color of sRGB: red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Color(pub [u8; 3]);

impl Color {
    /// White.
    pub const WHITE: Self = Self([255; 3]);
    /// What a client may write, in words.
    pub const ACCEPTS: &'static str =
        "the name of a color in CSS, or three or six hexadecimal digits, such as teal, f80 or %23ff8800";
    /// The same as a regular expression.
    pub const PATTERN: &'static str =
        "^([A-Za-z]+|#?([0-9A-Fa-f]{3}|[0-9A-Fa-f]{4}|[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8}))$";

    /// Reads the name of a color, or its digits, which may have a `#` before them. Opacity may
    /// be said by a fourth digit or pair of digits, but only all of it.
    pub fn parse(text: &str) -> Option<Self> {
        match Background::parse(text)? {
            Background::Color(color) => Some(color),
            Background::Transparent => None,
        }
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([red, green, blue]) = self;
        write!(f, "{red:02x}{green:02x}{blue:02x}")
    }
}

/// What a client wants behind the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Background {
    /// Nothing where the format can say that, white where it cannot.
    #[default]
    Transparent,
    /// A color.
    Color(Color),
}

impl Background {
    /// What a client may write, in words.
    pub const ACCEPTS: &'static str = "transparent, the name of a color in CSS, or three or six hexadecimal digits, such as teal, f80 or %23ff8800";
    /// The same as a regular expression.
    pub const PATTERN: &'static str = Color::PATTERN;

    /// Reads what [`Color::parse`] does, and what is clear.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').unwrap_or(text);
        let is_hexadecimal =
            matches!(digits.len(), 3 | 4 | 6 | 8) && digits.bytes().all(|b| b.is_ascii_hexdigit());
        let is_word = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphabetic());
        // The parser takes other notations too, of which nothing else is wanted here.
        let color = match (is_hexadecimal, is_word) {
            (true, _) => csscolorparser::parse(&format!("#{digits}")).ok()?,
            (false, true) => csscolorparser::parse(text).ok()?,
            (false, false) => return None,
        };
        match color.to_rgba8() {
            [_, _, _, 0] => Some(Self::Transparent),
            [red, green, blue, u8::MAX] => Some(Self::Color(Color([red, green, blue]))),
            _ => None,
        }
    }

    /// The color that shows in a result, unless none does or it is the one that shows
    /// anyway: a format with alpha shows it only in a box, and one without also through
    /// what is transparent in the original.
    pub(super) fn visible(self, format: Format, original: MediaType, in_box: bool) -> Option<Color> {
        let Self::Color(color) = self else {
            return None;
        };
        let shows = if format.has_alpha() {
            in_box
        } else {
            color != Color::WHITE && (in_box || original != MediaType::Jpeg)
        };
        shows.then_some(color)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_digits_are_taken_and_nothing_else() {
        let color = |text| match Background::parse(text) {
            Some(Background::Color(color)) => color.to_string(),
            Some(Background::Transparent) => "clear".to_owned(),
            None => "-".to_owned(),
        };
        for (text, expected) in [
            ("white", "ffffff"),
            ("black", "000000"),
            ("transparent", "clear"),
            ("FF8800", "ff8800"),
            ("#ff8801", "ff8801"),
            ("f80", "ff8800"),
            ("#F80", "ff8800"),
            ("f80f", "ff8800"),
            ("ff8800ff", "ff8800"),
            ("f800", "clear"),
            ("teal", "008080"),
            ("RebeccaPurple", "663399"),
        ] {
            assert_eq!(color(text), expected);
        }
        for text in [
            "",
            "#",
            "ff",
            "ff88000",
            "##ff880",
            "+f8800",
            "gg0000",
            "reddish",
            "f808",
            "rgb(1,2,3)",
            "0xff88",
        ] {
            assert_eq!(color(text), "-", "{text:?}");
        }
    }
}
