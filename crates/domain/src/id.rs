//! The id of an image.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// The id of an image: a UUID, version 7 where we made it, so that ids sort by age.
///
/// Written in lower case with hyphens, 36 characters; parsing accepts either case
/// and no other spelling, so one image has one URL.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageId(Uuid);

/// The text is not an image id.
#[derive(Debug, Clone, thiserror::Error)]
#[error("`{text}` is not an image id; an id looks like 01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12")]
pub struct InvalidId {
    text: String,
}

impl ImageId {
    /// Wraps a UUID that the caller has just made.
    pub fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// The 16 bytes of the id.
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl FromStr for ImageId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = || InvalidId { text: text.chars().take(64).collect() };
        // `Uuid` also reads the braced, URN and unhyphenated forms.
        if text.len() != 36 {
            return Err(invalid());
        }
        Uuid::try_parse(text).map(Self).map_err(|_| invalid())
    }
}

impl fmt::Display for ImageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

impl fmt::Debug for ImageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_the_round_trip_through_text() {
        let text = "01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12";
        assert_eq!(text.parse::<ImageId>().unwrap().to_string(), text);
    }

    #[test]
    fn an_id_in_upper_case_is_the_same_id() {
        let upper: ImageId = "01926B3E-5A7C-7D3E-8F10-2B4C6D8E0F12".parse().unwrap();
        assert_eq!(upper.to_string(), "01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12");
    }

    #[test]
    fn other_spellings_are_refused_and_named() {
        for text in [
            "",
            "x",
            "01926b3e5a7c7d3e8f102b4c6d8e0f12",
            "{01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12}",
            "urn:uuid:01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12",
            "01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f1g",
            "../../etc/passwd",
        ] {
            let error = text.parse::<ImageId>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{text}` is not an image id")), "{error}");
        }
    }
}
