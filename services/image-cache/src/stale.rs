//! Cache entries that a change invalidates.

use domain::{Change, Name, Owner, Place};
use storage::{AlbumRef, ImageRef};

/// What is remembered of images and must be forgotten.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stale {
    /// These images, by what they were asked for.
    Images(Vec<ImageRef>),
    /// All images: each says the name of its album, and who may see it because of that.
    All,
}

/// The entries that a change of this owner's things invalidates. It needs nothing but what
/// an event tells, so that whoever only hears of a change knows as much as who made it.
pub(crate) fn stale(owner: &Owner, change: &Change) -> Stale {
    let named = |at: &Place| {
        let album = AlbumRef { owner: owner.clone(), name: at.album.clone()? };
        Some(ImageRef::Named { album, name: Name::parse(&at.name).ok()? })
    };
    match change {
        // An album that is not there is not remembered, nor is what would be in it.
        Change::AlbumCreated { .. } | Change::KeyRevoked { .. } => Stale::Images(Vec::new()),
        Change::AlbumRenamed { .. } | Change::AlbumShared { .. } => Stale::All,
        // Each of its images has an event of its own.
        Change::AlbumDeleted { .. } => Stale::Images(Vec::new()),
        // Another image may have had the name until a moment ago, and whoever took it away
        // may not have come to forget it yet.
        Change::ImageAdded { at, .. } => Stale::Images(named(at).into_iter().collect()),
        Change::ImageMoved { image, from, to } => Stale::Images(
            [Some(ImageRef::Id(*image)), named(from), named(to)].into_iter().flatten().collect(),
        ),
        Change::ImageDeleted { image, at, .. } | Change::ImageShared { image, at } => {
            Stale::Images([Some(ImageRef::Id(*image)), named(at)].into_iter().flatten().collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    fn named(album: &str, image: &str) -> ImageRef {
        let album = AlbumRef { owner: Owner::NOBODY, name: name(album) };
        ImageRef::Named { album, name: name(image) }
    }

    #[test]
    fn a_change_invalidates_every_way_to_its_image() {
        let image = "01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12".parse().unwrap();
        let id = ImageRef::Id(image);
        let at = |album: Option<&str>, text: &str| Place { album: album.map(name), name: text.to_owned() };
        let (inside, outside) = (at(Some("a"), "x"), at(None, "x-1.jpg"));
        for (change, entries) in [
            (Change::AlbumCreated { album: name("a") }, Stale::Images(vec![])),
            (Change::AlbumRenamed { from: name("a"), to: name("b") }, Stale::All),
            (Change::AlbumDeleted { album: name("a") }, Stale::Images(vec![])),
            (Change::ImageAdded { image, at: inside.clone() }, Stale::Images(vec![named("a", "x")])),
            (Change::ImageAdded { image, at: outside.clone() }, Stale::Images(vec![])),
            (
                Change::ImageMoved { image, from: inside.clone(), to: at(Some("b"), "y") },
                Stale::Images(vec![id.clone(), named("a", "x"), named("b", "y")]),
            ),
            (
                Change::ImageMoved { image, from: outside.clone(), to: inside.clone() },
                Stale::Images(vec![id.clone(), named("a", "x")]),
            ),
            (
                Change::ImageDeleted { image, at: inside, with_album: true },
                Stale::Images(vec![id.clone(), named("a", "x")]),
            ),
            (Change::ImageShared { image, at: outside.clone() }, Stale::Images(vec![id.clone()])),
            (Change::AlbumShared { album: name("a") }, Stale::All),
            (Change::KeyRevoked { key: "abcdefgh".to_owned() }, Stale::Images(vec![])),
            (Change::ImageDeleted { image, at: outside, with_album: false }, Stale::Images(vec![id.clone()])),
        ] {
            assert_eq!(stale(&Owner::NOBODY, &change), entries, "{change:?}");
        }
    }
}
