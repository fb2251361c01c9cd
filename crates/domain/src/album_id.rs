//! The id of an album.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// The id of an album: a random UUID that stays when the album gets another name, and that
/// no other album ever has. It stands in signed links; elsewhere an album goes by its name.
///
/// Written as 32 hexadecimal digits in lower case, which is its only spelling.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlbumId(Uuid);

/// The text is not the id of an album.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the id of an album; an id has 32 hexadecimal digits in lower case")]
pub struct InvalidAlbumId;

impl AlbumId {
    /// Wraps a UUID that the caller has just made.
    pub fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl FromStr for AlbumId {
    type Err = InvalidAlbumId;

    fn from_str(text: &str) -> Result<Self, InvalidAlbumId> {
        let is_plain = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !is_plain {
            return Err(InvalidAlbumId);
        }
        Uuid::try_parse(text).map(Self).map_err(|_| InvalidAlbumId)
    }
}

impl fmt::Display for AlbumId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_simple().fmt(f)
    }
}

impl fmt::Debug for AlbumId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_spelling() {
        let text = "01926b3e5a7c4d3e8f102b4c6d8e0f12";
        assert_eq!(text.parse::<AlbumId>().unwrap().to_string(), text);
        for text in ["", "x", "01926B3E5A7C4D3E8F102B4C6D8E0F12", "01926b3e-5a7c-4d3e-8f10-2b4c6d8e0f12"] {
            assert_eq!(text.parse::<AlbumId>(), Err(InvalidAlbumId), "{text}");
        }
    }
}
