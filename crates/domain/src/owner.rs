//! Who owns an image or an album.

use std::fmt;
use std::sync::Arc;

/// The longest owner, in bytes of UTF-8.
pub const MAX_OWNER_BYTES: usize = 255;

/// Who owns an image or an album: somebody, known by the subject of their credential
/// (1 to 255 bytes), or nobody, as in a store that everyone who reaches it may change.
///
/// A subject is compared byte by byte and never normalised. Clones share the text.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner(Option<Arc<str>>);

/// What is wrong with the text of an owner.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOwner {
    /// No characters at all, or more than [`MAX_OWNER_BYTES`].
    #[error("the owner has {bytes} bytes in UTF-8; 1 to {MAX_OWNER_BYTES} are taken")]
    Length {
        /// The length of the text.
        bytes: usize,
    },
    /// A character that could mislead a reader of a log or a header.
    #[error("the owner contains the control character U+{:04X}", u32::from(*character))]
    Character {
        /// The first such character.
        character: char,
    },
    /// `*`, which stands for every owner in requests.
    #[error("the owner is `*`, which stands for every owner")]
    Star,
}

impl Owner {
    /// The owner of what belongs to nobody.
    pub const NOBODY: Self = Self(None);

    /// Checks the subject of somebody.
    pub fn parse(text: &str) -> Result<Self, InvalidOwner> {
        if text.is_empty() || text.len() > MAX_OWNER_BYTES {
            return Err(InvalidOwner::Length { bytes: text.len() });
        }
        if let Some(character) = text.chars().find(|c| c.is_control()) {
            return Err(InvalidOwner::Character { character });
        }
        if text == "*" {
            return Err(InvalidOwner::Star);
        }
        Ok(Self(Some(text.into())))
    }

    /// Reads what [`as_str`](Self::as_str) gave, as it was stored: nothing is nobody.
    pub fn parse_stored(text: &str) -> Result<Self, InvalidOwner> {
        if text.is_empty() { Ok(Self::NOBODY) } else { Self::parse(text) }
    }

    /// The subject; empty for nobody.
    pub fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }

    /// Whether this is nobody.
    pub fn is_nobody(&self) -> bool {
        self.0.is_none()
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_kept_byte_for_byte() {
        for text in ["a", "auth0|5f7c", "https://id.example/|Ünï", "cafe\u{301}", &"x".repeat(255)] {
            let owner = Owner::parse(text).unwrap();
            assert_eq!(owner.as_str(), text);
            assert!(!owner.is_nobody());
            assert_eq!(Owner::parse_stored(owner.as_str()), Ok(owner));
        }
        assert_ne!(Owner::parse("cafe\u{301}"), Owner::parse("caf\u{e9}"));
    }

    #[test]
    fn what_could_mislead_is_refused() {
        assert_eq!(Owner::parse(""), Err(InvalidOwner::Length { bytes: 0 }));
        assert_eq!(Owner::parse(&"x".repeat(256)), Err(InvalidOwner::Length { bytes: 256 }));
        assert_eq!(Owner::parse("a\nb"), Err(InvalidOwner::Character { character: '\n' }));
        assert_eq!(Owner::parse("*"), Err(InvalidOwner::Star));
    }

    #[test]
    fn nobody_is_stored_as_nothing_and_is_no_subject() {
        assert_eq!(Owner::NOBODY.as_str(), "");
        assert_eq!(Owner::parse_stored(""), Ok(Owner::NOBODY));
        assert!(Owner::default().is_nobody());
    }
}
