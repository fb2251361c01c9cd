//! Who besides its owner may see an image or an album.

use std::fmt;
use std::str::FromStr;

/// Who besides its owner may see an image or an album, from the narrowest to the widest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Visibility {
    /// Nobody but those it is shared with.
    #[default]
    Private,
    /// Whoever has its id, but it is never listed.
    ///
    /// An id is not a secret among its siblings: two that were made in the same millisecond
    /// differ in few bits. What must stay secret is private.
    Unlisted,
    /// Everyone, and it is listed.
    Public,
}

/// The text is no visibility.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a visibility; it is private, unlisted or public")]
pub struct InvalidVisibility {
    text: String,
}

impl Visibility {
    /// All of them, from the narrowest to the widest.
    pub const ALL: [Self; 3] = [Self::Private, Self::Unlisted, Self::Public];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Unlisted => "unlisted",
            Self::Public => "public",
        }
    }
}

impl FromStr for Visibility {
    type Err = InvalidVisibility;

    fn from_str(text: &str) -> Result<Self, InvalidVisibility> {
        Self::ALL
            .into_iter()
            .find(|visibility| visibility.as_str() == text)
            .ok_or_else(|| InvalidVisibility { text: text.chars().take(64).collect() })
    }
}

impl fmt::Display for Visibility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visibility_survives_the_round_trip_through_text() {
        for visibility in Visibility::ALL {
            assert_eq!(visibility.to_string().parse(), Ok(visibility));
        }
        let error = "Public".parse::<Visibility>().unwrap_err().to_string();
        assert_eq!(error, "`Public` is not a visibility; it is private, unlisted or public");
        assert!(Visibility::Private < Visibility::Unlisted && Visibility::Unlisted < Visibility::Public);
    }
}
