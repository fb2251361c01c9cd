//! Names that clients choose: of files, of albums, and of images in them.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

/// The longest name that is taken, in bytes of UTF-8 after normalisation.
pub const MAX_NAME_BYTES: usize = 255;

/// A name that a client chose: Unicode NFC, 1 to 255 bytes, without control or
/// bidirectional-override characters, `/` or `\`, and neither `.` nor `..`.
///
/// A name never becomes part of a path on disk.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

/// What is wrong with a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// No characters at all.
    #[error("the name is empty; it needs 1 to {MAX_NAME_BYTES} bytes")]
    Empty,
    /// Longer than [`MAX_NAME_BYTES`].
    #[error("the name has {bytes} bytes in UTF-8; at most {MAX_NAME_BYTES} are taken")]
    TooLong {
        /// The length after normalisation.
        bytes: usize,
    },
    /// A character that could mislead a reader, a header, a log or a path.
    #[error("the name contains the character U+{:04X}; control characters, bidirectional overrides, `/` and `\\` are not taken", u32::from(*character))]
    Character {
        /// The first such character.
        character: char,
    },
    /// `.` or `..`.
    #[error("the name is `.` or `..`, which name folders")]
    Dots,
}

impl Name {
    /// Normalises and checks a name.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        // Normalisation can only be asked of text of a sane length.
        if text.len() > 4 * MAX_NAME_BYTES {
            return Err(InvalidName::TooLong { bytes: text.len() });
        }
        let name: String = text.nfc().collect();
        if name.is_empty() {
            return Err(InvalidName::Empty);
        }
        if name.len() > MAX_NAME_BYTES {
            return Err(InvalidName::TooLong { bytes: name.len() });
        }
        if let Some(character) = name.chars().find(|c| is_refused(*c)) {
            return Err(InvalidName::Character { character });
        }
        if name == "." || name == ".." {
            return Err(InvalidName::Dots);
        }
        Ok(Self(name))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name without its last extension: `a.tar` of `a.tar.gz`, `.b` of `.b`.
    pub fn stem(&self) -> &str {
        match self.0.rsplit_once('.') {
            Some((stem, _)) if !stem.is_empty() => stem,
            Some(_) | None => &self.0,
        }
    }
}

/// Control characters, the separators of paths, line and paragraph separators,
/// and the marks that reorder text (Unicode Technical Report 36, section 3.1).
fn is_refused(c: char) -> bool {
    c.is_control()
        || matches!(c, '/' | '\\' | '\u{2028}' | '\u{2029}' | '\u{061C}' | '\u{200E}' | '\u{200F}')
        || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_stem_is_the_name_without_its_last_extension() {
        for (name, stem) in [("a.jpg", "a"), ("a.tar.gz", "a.tar"), (".b", ".b"), ("c", "c"), ("d.", "d")] {
            assert_eq!(Name::parse(name).unwrap().stem(), stem);
        }
    }

    #[test]
    fn composed_and_decomposed_spellings_are_one_name() {
        assert_eq!(Name::parse("cafe\u{301}"), Name::parse("caf\u{e9}"));
    }

    #[test]
    fn misleading_names_are_refused() {
        for (text, error) in [
            ("", InvalidName::Empty),
            (".", InvalidName::Dots),
            ("..", InvalidName::Dots),
            ("../a", InvalidName::Character { character: '/' }),
            ("a\\b", InvalidName::Character { character: '\\' }),
            ("a\0", InvalidName::Character { character: '\0' }),
            ("a\r\nb", InvalidName::Character { character: '\r' }),
            ("gpj.\u{202E}exe", InvalidName::Character { character: '\u{202E}' }),
        ] {
            assert_eq!(Name::parse(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn the_longest_name_is_counted_in_bytes() {
        assert!(Name::parse(&"é".repeat(127)).is_ok());
        assert_eq!(Name::parse(&"é".repeat(128)), Err(InvalidName::TooLong { bytes: 256 }));
    }

    proptest! {
        #[test]
        fn a_name_that_was_taken_is_taken_again_unchanged(text in "\\PC{0,80}") {
            if let Ok(name) = Name::parse(&text) {
                prop_assert_eq!(Name::parse(name.as_str()), Ok(name));
            }
        }
    }
}
