//! What can change in the store, in the words that others are told of it.

use std::fmt;
use std::str::FromStr;
use std::time::SystemTime;

use uuid::Uuid;

use crate::{ImageId, Name, Owner};

/// The id of an event: a UUID, version 7 where we made it. Whoever receives an event
/// twice knows it by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EventId(Uuid);

/// The text is not an event id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an event id; an id looks like 01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12")]
pub struct InvalidEventId {
    text: String,
}

impl EventId {
    /// Stands before the first event that there is.
    pub const BEGINNING: Self = Self(Uuid::nil());

    /// Wraps a UUID that the caller has just made.
    pub fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl FromStr for EventId {
    type Err = InvalidEventId;

    fn from_str(text: &str) -> Result<Self, InvalidEventId> {
        let invalid = || InvalidEventId { text: text.chars().take(64).collect() };
        // `Uuid` also reads the braced, URN and unhyphenated forms.
        if text.len() != 36 {
            return Err(invalid());
        }
        Uuid::try_parse(text).map(Self).map_err(|_| invalid())
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

/// A change that has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// When it happened, to the millisecond.
    pub time: SystemTime,
    /// Whose things changed.
    pub owner: Owner,
    /// What happened.
    pub change: Change,
}

/// Where an image is and what it is called there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its album, if it is in one.
    pub album: Option<Name>,
    /// Its name: in an album the one that its client chose, else `<stem>-<id>.<extension>`.
    pub name: String,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// An album was created.
    AlbumCreated {
        /// Its name.
        album: Name,
    },
    /// An album got another name.
    AlbumRenamed {
        /// The name it had.
        from: Name,
        /// The name it has.
        to: Name,
    },
    /// An album was deleted; an `ImageDeleted` for each of its images came just before.
    AlbumDeleted {
        /// The name it had.
        album: Name,
    },
    /// An image was uploaded.
    ImageAdded {
        /// The image.
        image: ImageId,
        /// Where it is.
        at: Place,
    },
    /// An image got another name, or another album, or both.
    ImageMoved {
        /// The image.
        image: ImageId,
        /// Where it was.
        from: Place,
        /// Where it is.
        to: Place,
    },
    /// An image was deleted.
    ImageDeleted {
        /// The image.
        image: ImageId,
        /// Where it was.
        at: Place,
        /// Whether it went because its album did.
        with_album: bool,
    },
    /// Who may see an image has changed, or the links to it were revoked.
    ImageShared {
        /// The image.
        image: ImageId,
        /// Where it is.
        at: Place,
    },
    /// Who may see an album has changed, or the links to it were revoked.
    AlbumShared {
        /// Its name.
        album: Name,
    },
    /// An API key was revoked.
    KeyRevoked {
        /// Its id, which is no secret.
        key: String,
    },
}

impl Change {
    /// The change in the sentences of the album store (docs/compatibility.md).
    ///
    /// Nearly always there is one. An image that moves leaves one place and arrives at
    /// another, which are two; an image that goes with its album is told by the album's. Who
    /// may see what is told in events alone: that store had no words for it.
    pub fn sentences(&self) -> Vec<String> {
        match self {
            Self::AlbumCreated { album } => vec![format!("{album} album created")],
            Self::AlbumRenamed { from, to } => vec![format!("{from} album modified to {to}")],
            Self::AlbumDeleted { album } => vec![format!("{album} album deleted")],
            Self::ImageAdded { at, .. } => vec![at.arrival()],
            Self::ImageMoved { from, to, .. } if from.album == to.album => {
                vec![format!("{} image modified to {}", from.name, to.name)]
            }
            Self::ImageMoved { from, to, .. } => vec![from.departure(), to.arrival()],
            Self::ImageDeleted { with_album: true, .. } => Vec::new(),
            Self::ImageDeleted { at, .. } => vec![at.departure()],
            Self::ImageShared { .. } | Self::AlbumShared { .. } | Self::KeyRevoked { .. } => Vec::new(),
        }
    }
}

impl Place {
    fn arrival(&self) -> String {
        match &self.album {
            Some(album) => format!("{} image added to album {album}", self.name),
            None => format!("{} image added", self.name),
        }
    }

    fn departure(&self) -> String {
        match &self.album {
            Some(album) => format!("{} image deleted from album {album}", self.name),
            None => format!("{} image deleted", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    fn place(album: Option<&str>, image: &str) -> Place {
        Place { album: album.map(name), name: image.to_owned() }
    }

    #[test]
    fn every_change_is_told_in_the_sentences_of_the_album_store() {
        let image = ImageId::from_uuid(Uuid::nil());
        let moved = |from, to| Change::ImageMoved { image, from, to };
        for (change, sentences) in [
            (Change::AlbumCreated { album: name("a") }, vec!["a album created"]),
            (Change::AlbumRenamed { from: name("a"), to: name("b") }, vec!["a album modified to b"]),
            (Change::AlbumDeleted { album: name("a") }, vec!["a album deleted"]),
            (Change::ImageAdded { image, at: place(Some("a"), "x") }, vec!["x image added to album a"]),
            (Change::ImageAdded { image, at: place(None, "x-1.jpg") }, vec!["x-1.jpg image added"]),
            (moved(place(Some("a"), "x"), place(Some("a"), "y")), vec!["x image modified to y"]),
            (
                moved(place(None, "x-1.jpg"), place(None, "y-1.jpg")),
                vec!["x-1.jpg image modified to y-1.jpg"],
            ),
            (
                moved(place(Some("a"), "x"), place(Some("b"), "x")),
                vec!["x image deleted from album a", "x image added to album b"],
            ),
            (
                moved(place(None, "x-1.jpg"), place(Some("b"), "x")),
                vec!["x-1.jpg image deleted", "x image added to album b"],
            ),
            (
                Change::ImageDeleted { image, at: place(Some("a"), "x"), with_album: false },
                vec!["x image deleted from album a"],
            ),
            (
                Change::ImageDeleted { image, at: place(None, "x-1.jpg"), with_album: false },
                vec!["x-1.jpg image deleted"],
            ),
            (Change::ImageDeleted { image, at: place(Some("a"), "x"), with_album: true }, vec![]),
        ] {
            assert_eq!(change.sentences(), sentences, "{change:?}");
        }
    }

    #[test]
    fn an_event_id_survives_the_round_trip_through_text() {
        let text = "01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12";
        assert_eq!(text.parse::<EventId>().unwrap().to_string(), text);
        assert_eq!(EventId::BEGINNING.to_string().parse(), Ok(EventId::BEGINNING));
        for text in ["", "17", "{01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12}"] {
            assert!(text.parse::<EventId>().is_err(), "{text}");
        }
    }
}
