//! What a client asks of the store, what it was told, and how it chooses.

use api::paths::segment;
use domain::{ContentHash, ImageId, Name, Place};
use serde_json::json;
use sha2::{Digest, Sha256};
use testkit::images;
use testkit::multipart::{self, Part};

/// Few names, so that clients get in each other's way. No two stems are the same: of an
/// image outside of albums only the stem is told.
const ALBUMS: [&str; 4] = ["a", "b c", "été", "%41"];
pub(super) const FILES: [&str; 6] = ["x.png", "y", "日本.png", "p q.jpg", "50%.png", ".f"];

/// Which image is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    Id(ImageId),
    Named(Name, Name),
}

/// How an upload is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// The body of a PUT.
    Raw,
    /// Multipart, to the path of the album, or of all images.
    Multipart,
    /// Multipart with a part that names the album.
    AlbumPart,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ask {
    CreateAlbum(Name),
    RenameAlbum {
        from: Name,
        to: Name,
    },
    DeleteAlbum(Name),
    Upload {
        album: Option<Name>,
        file: Name,
        hash: ContentHash,
        way: Way,
    },
    Move {
        which: Target,
        file: Option<Name>,
        album: Option<Option<Name>>,
    },
    Delete(Target),
    Bytes(Target),
    Info(Target),
    Albums,
    Images(Name),
    /// The first few of all images.
    Newest(usize),
}

/// What is known of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Info {
    pub(super) id: ImageId,
    pub(super) at: Place,
    pub(super) hash: ContentHash,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// The sentence about a change.
    Told(String),
    Added {
        id: ImageId,
        told: String,
    },
    Bytes(ContentHash),
    Infos(Vec<Info>),
    Names(Vec<String>),
    /// 404.
    Missing,
    /// 409.
    Taken,
    /// None: the process was killed.
    InDoubt,
}

/// One thing that a client did. The stamps are of one clock for all clients.
#[derive(Debug, Clone)]
pub(super) struct Operation {
    pub(super) client: usize,
    pub(super) begun: u64,
    /// Later than all else if it is in doubt.
    pub(super) ended: u64,
    pub(super) ask: Ask,
    pub(super) answer: Answer,
}

impl Operation {
    /// Whether it may be what an event tells of. A success that changed nothing is none.
    pub(super) fn is_change(&self) -> bool {
        match &self.answer {
            Answer::Added { .. } => true,
            Answer::Told(told) => told.split_once(" modified to ").is_none_or(|(from, to)| {
                from.strip_suffix(" image").or(from.strip_suffix(" album")) != Some(to)
            }),
            Answer::InDoubt => !self.ask.is_read(),
            Answer::Bytes(_) | Answer::Infos(_) | Answer::Names(_) | Answer::Missing | Answer::Taken => false,
        }
    }

    /// The sentence about its change, if it was told one.
    pub(super) fn told(&self) -> Option<&str> {
        if let Answer::Told(told) | Answer::Added { told, .. } = &self.answer { Some(told) } else { None }
    }

    pub(super) fn is_in_doubt(&self) -> bool {
        self.answer == Answer::InDoubt
    }
}

impl Ask {
    fn is_read(&self) -> bool {
        matches!(self, Self::Bytes(_) | Self::Info(_) | Self::Albums | Self::Images(_) | Self::Newest(_))
    }

    /// The request: method, path, content type and body. `image` is what is uploaded.
    pub(super) fn request(&self, image: &[u8]) -> (&'static str, String, String, Vec<u8>) {
        let album_path = |album: &Name| format!("/albums/{}", segment(album.as_str()));
        let bare = |method, path| (method, path, String::new(), Vec::new());
        let json = |method, path, body: serde_json::Value| {
            (method, path, "application/json".to_owned(), body.to_string().into_bytes())
        };
        match self {
            Self::CreateAlbum(name) => {
                json("POST", "/albums".to_owned(), json!({ "albumName": name.as_str() }))
            }
            Self::RenameAlbum { from, to } => {
                json("PATCH", album_path(from), json!({ "albumName": to.as_str() }))
            }
            Self::DeleteAlbum(name) => bare("DELETE", album_path(name)),
            Self::Upload { album: Some(album), file, way: Way::Raw, .. } => {
                let path = format!("{}/images/{}", album_path(album), segment(file.as_str()));
                ("PUT", path, "application/octet-stream".to_owned(), image.to_vec())
            }
            Self::Upload { album, file, way, .. } => {
                let disposition = format!("; name=\"file\"; filename*=UTF-8''{}", segment(file.as_str()));
                let mut parts = vec![Part { disposition: &disposition, bytes: image }];
                let path = match (album, way) {
                    (Some(album), Way::AlbumPart) => {
                        let bytes = album.as_str().as_bytes();
                        parts.push(Part { disposition: "; name=\"album\"", bytes });
                        "/images".to_owned()
                    }
                    (Some(album), _) => format!("{}/images", album_path(album)),
                    (None, _) => "/images".to_owned(),
                };
                ("POST", path, multipart::content_type(), multipart::body(&parts))
            }
            Self::Move { which, file, album } => {
                let mut body = serde_json::Map::new();
                if let Some(file) = file {
                    body.insert("imageName".to_owned(), json!(file.as_str()));
                }
                if let Some(album) = album {
                    body.insert("albumName".to_owned(), json!(album.as_ref().map(Name::as_str)));
                }
                json("PATCH", which.path(), body.into())
            }
            Self::Delete(which) => bare("DELETE", which.path()),
            Self::Bytes(which) => bare("GET", which.path()),
            Self::Info(which) => bare("GET", format!("{}/info", which.path())),
            Self::Albums => bare("GET", "/albums".to_owned()),
            Self::Images(album) => bare("GET", format!("{}/images", album_path(album))),
            Self::Newest(count) => bare("GET", format!("/images?limit={count}")),
        }
    }

    /// Something at random, with the bytes to upload. Some of it concerns `known` images.
    pub(super) fn any(random: &mut Random, known: &[ImageId]) -> (Self, Vec<u8>) {
        let choice = random.below(100);
        let (one, other, file, new) = (random.album(), random.album(), random.file(), random.file());
        // An id that no image has if there is none yet.
        let id = random.of(known).unwrap_or_else(|| ImageId::from_uuid(Default::default()));
        let by_id = Target::Id(id);
        let by_name = Target::Named(one.clone(), file.clone());
        let (size, unique) = (random.below(2_000), random.next());
        let upload = |album: Option<Name>, way, size| {
            let image = images::png_of(size, unique);
            (Self::Upload { album, file: file.clone(), hash: hash_of(&image), way }, image)
        };
        let ask = match choice {
            0..6 => Self::CreateAlbum(one),
            6..11 => Self::RenameAlbum { from: one, to: other },
            11..15 => Self::DeleteAlbum(one),
            15..27 => return upload(Some(one), Way::Raw, size),
            27..31 => return upload(Some(one), Way::Multipart, size),
            31..35 => return upload(Some(one), Way::AlbumPart, size),
            // Some large enough to be killed half-way; they are never refused half-way.
            35..41 => return upload(None, Way::Multipart, size * if unique % 4 == 0 { 200 } else { 1 }),
            41..47 => Self::Move { which: by_name, file: Some(new), album: None },
            47..50 => Self::Move { which: by_id, file: Some(new), album: None },
            50..54 => Self::Move { which: by_name, file: None, album: Some(Some(other)) },
            54..57 => Self::Move { which: by_name, file: Some(new), album: Some(Some(other)) },
            57..59 => Self::Move { which: by_name, file: None, album: Some(None) },
            59..63 => Self::Move { which: by_id, file: None, album: Some(Some(other)) },
            63..65 => Self::Move { which: by_id, file: Some(new), album: Some(None) },
            65..69 => Self::Delete(by_name),
            69..74 => Self::Delete(by_id),
            74..79 => Self::Bytes(by_name),
            79..84 => Self::Bytes(by_id),
            84..88 => Self::Info(by_name),
            88..92 => Self::Info(by_id),
            92..93 => Self::Albums,
            93..98 => Self::Images(one),
            _ => Self::Newest(8),
        };
        (ask, Vec::new())
    }
}

impl Target {
    pub(super) fn path(&self) -> String {
        match self {
            Self::Id(id) => format!("/images/{id}"),
            Self::Named(album, name) => {
                format!("/albums/{}/images/{}", segment(album.as_str()), segment(name.as_str()))
            }
        }
    }

    /// Whether this is how the image that is there can be asked for.
    pub(super) fn means(&self, id: ImageId, at: &Place) -> bool {
        match self {
            Self::Id(wanted) => *wanted == id,
            Self::Named(album, name) => at.album.as_ref() == Some(album) && at.name == name.as_str(),
        }
    }
}

pub(super) fn hash_of(bytes: &[u8]) -> ContentHash {
    ContentHash::from_bytes(Sha256::digest(bytes).into())
}

pub(super) fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

/// SplitMix64: small, and the same everywhere.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() >> 32).unwrap() % end
    }

    fn of<T: Copy>(&mut self, items: &[T]) -> Option<T> {
        // Drawn even from nothing, so that what follows does not depend on how many there are.
        let drawn = self.below(usize::MAX);
        items.get(drawn.checked_rem(items.len())?).copied()
    }

    fn album(&mut self) -> Name {
        name(ALBUMS[self.below(ALBUMS.len())])
    }

    fn file(&mut self) -> Name {
        name(FILES[self.below(FILES.len())])
    }
}
