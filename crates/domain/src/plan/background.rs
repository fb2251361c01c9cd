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
    /// Black.
    pub const BLACK: Self = Self([0; 3]);
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
    pub const ACCEPTS: &'static str =
        "white, black, transparent or a color of six hexadecimal digits, such as ff8800 or %23ff8800";
    /// The same as a regular expression.
    pub const PATTERN: &'static str = "^(white|black|transparent|#?[0-9A-Fa-f]{6})$";

    /// Reads a word or six hexadecimal digits, which may have a `#` before them.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "transparent" => Some(Self::Transparent),
            "white" => Some(Self::Color(Color::WHITE)),
            "black" => Some(Self::Color(Color::BLACK)),
            _ => {
                let digits = text.strip_prefix('#').unwrap_or(text);
                let plain = digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit());
                let number = plain.then(|| u32::from_str_radix(digits, 16).ok())??;
                let [_, red, green, blue] = number.to_be_bytes();
                Some(Self::Color(Color([red, green, blue])))
            }
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
    fn words_and_six_digits_are_taken_and_nothing_else() {
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
        ] {
            assert_eq!(color(text), expected);
        }
        for text in ["", "#", "fff", "ff88000", "##ff880", "+f8800", "gg0000", "red", "White", "0xff88"] {
            assert_eq!(color(text), "-", "{text:?}");
        }
    }
}
