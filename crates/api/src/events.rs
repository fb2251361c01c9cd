//! Events as they are published: CloudEvents 1.0 in JSON, and the topics they go to.

use std::time::SystemTime;

use domain::{Change, Event, EventId, ImageId, Name, Owner, Place};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Under the topic prefix: a sentence of plain text for each change.
pub const NOTIFIER_TOPIC: &str = "notifier";
/// Under the topic prefix: the same changes as [`CloudEvent`]s.
pub const EVENTS_TOPIC: &str = "events";
/// The topic prefix unless a setting says otherwise.
pub const TOPIC_PREFIX: &str = "imagestore";

const SPEC_VERSION: &str = "1.0";
const SOURCE: &str = "/image-cache";
const JSON: &str = "application/json";

const ALBUM_CREATED: &str = "safelight.album.created";
const ALBUM_RENAMED: &str = "safelight.album.renamed";
const ALBUM_DELETED: &str = "safelight.album.deleted";
const IMAGE_ADDED: &str = "safelight.image.added";
const IMAGE_MOVED: &str = "safelight.image.moved";
const IMAGE_DELETED: &str = "safelight.image.deleted";
const IMAGE_SHARED: &str = "safelight.image.shared";
const ALBUM_SHARED: &str = "safelight.album.shared";
const KEY_REVOKED: &str = "safelight.key.revoked";

/// One change, as CloudEvents 1.0 describes events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CloudEvent {
    /// The version of the specification.
    #[schema(example = "1.0")]
    pub specversion: String,
    /// The id, by which a receiver knows an event that comes twice.
    #[serde(with = "crate::text")]
    #[schema(value_type = String, format = Uuid)]
    pub id: EventId,
    /// Where the change happened.
    #[schema(example = "/image-cache")]
    pub source: String,
    /// What happened: `safelight.album.created`, `.renamed`, `.shared` or `.deleted`,
    /// `safelight.image.added`, `.moved`, `.shared` or `.deleted`, or `safelight.key.revoked`.
    #[serde(rename = "type")]
    #[schema(example = "safelight.image.added")]
    pub kind: String,
    /// The id of the image, the name of the album, or the id of the key, that changed.
    pub subject: String,
    /// Whose things changed, an extension attribute; absent if they are nobody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub owner: Option<String>,
    /// When it happened, RFC 3339.
    #[serde(with = "crate::text::time")]
    #[schema(value_type = String, format = DateTime)]
    pub time: SystemTime,
    /// The media type of `data`.
    #[schema(example = "application/json")]
    pub datacontenttype: String,
    /// What changed.
    pub data: EventData,
}

/// What changed. What does not concern a change is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EventData {
    /// The image.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::text::option")]
    #[schema(value_type = String, format = Uuid, required = false)]
    pub image_id: Option<ImageId>,
    /// The image's name now, or the one it had when it was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub image_name: Option<String>,
    /// The album now, or the one that was deleted or that the image was deleted from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub album_name: Option<String>,
    /// The image's name before it was moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub previous_image_name: Option<String>,
    /// The album before it was renamed, or before the image was moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub previous_album_name: Option<String>,
    /// Whether the image was deleted because its album was.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub with_album: bool,
}

impl From<&Event> for CloudEvent {
    fn from(event: &Event) -> Self {
        let album = |name: &Name| Some(name.as_str().to_owned());
        let (kind, subject, data) = match &event.change {
            Change::AlbumCreated { album: name } => (
                ALBUM_CREATED,
                name.to_string(),
                EventData { album_name: album(name), ..EventData::default() },
            ),
            Change::AlbumRenamed { from, to } => (
                ALBUM_RENAMED,
                to.to_string(),
                EventData { album_name: album(to), previous_album_name: album(from), ..EventData::default() },
            ),
            Change::AlbumDeleted { album: name } => (
                ALBUM_DELETED,
                name.to_string(),
                EventData { album_name: album(name), ..EventData::default() },
            ),
            Change::ImageAdded { image, at } => (IMAGE_ADDED, image.to_string(), image_at(*image, at)),
            Change::ImageMoved { image, from, to } => (
                IMAGE_MOVED,
                image.to_string(),
                EventData {
                    previous_image_name: Some(from.name.clone()),
                    previous_album_name: from.album.as_ref().and_then(album),
                    ..image_at(*image, to)
                },
            ),
            Change::ImageDeleted { image, at, with_album } => (
                IMAGE_DELETED,
                image.to_string(),
                EventData { with_album: *with_album, ..image_at(*image, at) },
            ),
            Change::ImageShared { image, at } => (IMAGE_SHARED, image.to_string(), image_at(*image, at)),
            Change::AlbumShared { album: name } => (
                ALBUM_SHARED,
                name.to_string(),
                EventData { album_name: album(name), ..EventData::default() },
            ),
            Change::KeyRevoked { key } => (KEY_REVOKED, key.clone(), EventData::default()),
        };
        let owner = (!event.owner.is_nobody()).then(|| event.owner.as_str().to_owned());
        Self {
            specversion: SPEC_VERSION.to_owned(),
            id: event.id,
            source: SOURCE.to_owned(),
            kind: kind.to_owned(),
            subject,
            owner,
            time: event.time,
            datacontenttype: JSON.to_owned(),
            data,
        }
    }
}

fn image_at(image: ImageId, at: &Place) -> EventData {
    EventData {
        image_id: Some(image),
        image_name: Some(at.name.clone()),
        album_name: at.album.as_ref().map(|album| album.as_str().to_owned()),
        ..EventData::default()
    }
}

impl CloudEvent {
    /// Whose things changed; none if it is not the name of an owner.
    pub fn owner(&self) -> Option<Owner> {
        Owner::parse_stored(self.owner.as_deref().unwrap_or_default()).ok()
    }

    /// The change again; none for a kind that is not known here, as a later version may
    /// send one.
    pub fn change(&self) -> Option<Change> {
        let data = &self.data;
        let name = |text: &Option<String>| Name::parse(text.as_deref()?).ok();
        let album = || name(&data.album_name);
        let at = || Some(Place { album: album(), name: data.image_name.clone()? });
        Some(match self.kind.as_str() {
            ALBUM_CREATED => Change::AlbumCreated { album: album()? },
            ALBUM_RENAMED => Change::AlbumRenamed { from: name(&data.previous_album_name)?, to: album()? },
            ALBUM_DELETED => Change::AlbumDeleted { album: album()? },
            IMAGE_ADDED => Change::ImageAdded { image: data.image_id?, at: at()? },
            IMAGE_MOVED => Change::ImageMoved {
                image: data.image_id?,
                from: Place {
                    album: name(&data.previous_album_name),
                    name: data.previous_image_name.clone()?,
                },
                to: at()?,
            },
            IMAGE_DELETED => {
                Change::ImageDeleted { image: data.image_id?, at: at()?, with_album: data.with_album }
            }
            IMAGE_SHARED => Change::ImageShared { image: data.image_id?, at: at()? },
            ALBUM_SHARED => Change::AlbumShared { album: album()? },
            KEY_REVOKED => Change::KeyRevoked { key: self.subject.clone() },
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn event(change: Change) -> Event {
        Event {
            id: EventId::BEGINNING,
            time: UNIX_EPOCH + Duration::from_millis(1_500),
            owner: Owner::NOBODY,
            change,
        }
    }

    #[test]
    fn a_change_is_written_as_a_cloud_event() {
        let image = "01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12".parse().unwrap();
        let at = Place { album: Some(Name::parse("été").unwrap()), name: "a.jpg".to_owned() };
        let written =
            serde_json::to_value(CloudEvent::from(&event(Change::ImageAdded { image, at }))).unwrap();
        let expected = serde_json::json!({
            "specversion": "1.0",
            "id": "00000000-0000-0000-0000-000000000000",
            "source": "/image-cache",
            "type": "safelight.image.added",
            "subject": "01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12",
            "time": "1970-01-01T00:00:01.500Z",
            "datacontenttype": "application/json",
            "data": {
                "imageId": "01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12", "imageName": "a.jpg", "albumName": "été",
            },
        });
        assert_eq!(written, expected);
    }

    #[test]
    fn every_change_survives_the_round_trip() {
        let name = |text| Name::parse(text).unwrap();
        let image = "01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12".parse().unwrap();
        let at = Place { album: Some(name("a")), name: "x".to_owned() };
        let out = Place { album: None, name: "x-1.jpg".to_owned() };
        for change in [
            Change::AlbumCreated { album: name("a") },
            Change::AlbumRenamed { from: name("a"), to: name("b") },
            Change::AlbumDeleted { album: name("a") },
            Change::ImageAdded { image, at: at.clone() },
            Change::ImageMoved { image, from: at.clone(), to: out },
            Change::ImageDeleted { image, at: at.clone(), with_album: true },
            Change::ImageShared { image, at },
            Change::AlbumShared { album: name("a") },
            Change::KeyRevoked { key: "abcdefgh".to_owned() },
        ] {
            let text = serde_json::to_string(&CloudEvent::from(&event(change.clone()))).unwrap();
            let read: CloudEvent = serde_json::from_str(&text).unwrap();
            assert_eq!(read.change(), Some(change));
        }
    }

    #[test]
    fn a_kind_of_a_later_version_is_no_change_that_is_known() {
        let mut later = CloudEvent::from(&event(Change::AlbumCreated { album: Name::parse("a").unwrap() }));
        later.kind = "safelight.album.painted".to_owned();
        assert_eq!(later.change(), None);
    }
}
