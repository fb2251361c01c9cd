//! The store as it ought to be: albums and images in memory.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Change, ContentHash, ImageId, Name, Place};

use super::operation::{Answer, Ask, FILES, Info, Operation, Target, name};

/// An image, and the uploads whose bytes it may have: one if its upload was acknowledged,
/// else all that were in doubt and would have put it there.
#[derive(Debug, Clone)]
pub(super) struct Image {
    pub(super) album: Option<Name>,
    pub(super) file: Name,
    pub(super) contents: Vec<ContentHash>,
}

impl Image {
    /// Outside of albums the name has the id in it. All images here are PNG.
    pub(super) fn place(&self, id: ImageId) -> Place {
        let name = match &self.album {
            Some(_) => self.file.as_str().to_owned(),
            None => format!("{}-{id}.png", self.file.stem()),
        };
        Place { album: self.album.clone(), name }
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct State {
    pub(super) albums: BTreeMap<Name, BTreeMap<Name, ImageId>>,
    pub(super) images: BTreeMap<ImageId, Image>,
    /// All ids that there ever were.
    seen: BTreeSet<ImageId>,
}

impl State {
    /// Takes one transaction into account, if it is possible here. `contents` says what an
    /// image that arrives may consist of.
    pub(super) fn apply(
        &mut self,
        transaction: &[Change],
        contents: impl Fn(ImageId, &Place) -> Vec<ContentHash>,
    ) -> Result<(), String> {
        for change in transaction {
            self.change(change, &contents)
                .map_err(|reason| format!("impossible event: {reason}: {change:?}"))?;
        }
        Ok(())
    }

    fn change(
        &mut self,
        change: &Change,
        contents: impl Fn(ImageId, &Place) -> Vec<ContentHash>,
    ) -> Result<(), &'static str> {
        match change {
            Change::AlbumCreated { album } => {
                let before = self.albums.insert(album.clone(), BTreeMap::new());
                before.is_none().then_some(()).ok_or("there is such an album")
            }
            Change::AlbumRenamed { from, to } => {
                let images = self.albums.remove(from).ok_or("there is no such album")?;
                for id in images.values() {
                    self.images.get_mut(id).ok_or("an image is lost")?.album = Some(to.clone());
                }
                let before = self.albums.insert(to.clone(), images);
                before.is_none().then_some(()).ok_or("the new name is taken")
            }
            Change::AlbumDeleted { album } => {
                let images = self.albums.remove(album).ok_or("there is no such album")?;
                images.is_empty().then_some(()).ok_or("the album has images that were not deleted")
            }
            Change::ImageAdded { image, at } => {
                self.seen.insert(*image).then_some(()).ok_or("the id was used before")?;
                self.arrive(*image, at, contents(*image, at))
            }
            Change::ImageMoved { image, from, to } => {
                let contents = self.leave(*image, from)?;
                (from != to).then_some(()).ok_or("it moves to where it is")?;
                self.arrive(*image, to, contents)
            }
            Change::ImageDeleted { image, at, .. } => self.leave(*image, at).map(drop),
            Change::ImageShared { .. } | Change::AlbumShared { .. } | Change::KeyRevoked { .. } => {
                Err("nobody asked for it")
            }
        }
    }

    fn arrive(&mut self, id: ImageId, at: &Place, contents: Vec<ContentHash>) -> Result<(), &'static str> {
        let file = match &at.album {
            Some(_) => name(&at.name),
            None => FILES
                .map(name)
                .into_iter()
                .find(|file| at.name == format!("{}-{id}.png", file.stem()))
                .ok_or("nobody gave it that name")?,
        };
        if let Some(album) = &at.album {
            let album = self.albums.get_mut(album).ok_or("there is no such album")?;
            let before = album.insert(file.clone(), id);
            before.is_none().then_some(()).ok_or("the name is taken")?;
        }
        self.images.insert(id, Image { album: at.album.clone(), file, contents });
        Ok(())
    }

    fn leave(&mut self, id: ImageId, at: &Place) -> Result<Vec<ContentHash>, &'static str> {
        let image = self.images.remove(&id).ok_or("there is no such image")?;
        (image.place(id) == *at).then_some(()).ok_or("the image is not there")?;
        if let Some(album) = &image.album {
            self.albums.get_mut(album).ok_or("there is no such album")?.remove(&image.file);
        }
        Ok(image.contents)
    }

    /// The image that is meant, if there is one.
    fn find(&self, which: &Target) -> Option<(ImageId, &Image)> {
        let id = match which {
            Target::Id(id) => *id,
            Target::Named(album, name) => *self.albums.get(album)?.get(name)?,
        };
        Some((id, self.images.get(&id)?))
    }

    fn is(&self, info: &Info) -> bool {
        self.images
            .get(&info.id)
            .is_some_and(|image| image.place(info.id) == info.at && image.contents.contains(&info.hash))
    }

    /// Whether this transaction, which comes next, can be what the operation did.
    pub(super) fn explains(&self, operation: &Operation, transaction: &[Change]) -> bool {
        let Some(change) = transaction.last() else { return false };
        if !operation.is_in_doubt() && operation.told() != Some(&change.sentences().join(", ")) {
            return false;
        }
        let id = if let Answer::Added { id, .. } = &operation.answer { Some(*id) } else { None };
        match (&operation.ask, change) {
            (Ask::CreateAlbum(name), Change::AlbumCreated { album }) => name == album,
            (Ask::RenameAlbum { from, to }, Change::AlbumRenamed { from: old, to: new }) => {
                (from, to) == (old, new)
            }
            (Ask::DeleteAlbum(name), Change::AlbumDeleted { album }) => name == album,
            (Ask::Upload { .. }, Change::ImageAdded { image, at }) => {
                id.is_none_or(|id| id == *image) && puts_at(operation, *image, at)
            }
            (Ask::Move { which, file, album }, Change::ImageMoved { image, from, to }) => {
                let moved = self.images.get(image).map(|before| moved(before, file, album));
                which.means(*image, from) && moved.is_some_and(|moved| moved.place(*image) == *to)
            }
            (Ask::Delete(which), Change::ImageDeleted { image, at, with_album: false }) => {
                which.means(*image, at)
            }
            _ => false,
        }
    }

    /// Whether this is what the operation, which changed nothing, is to be told now.
    pub(super) fn allows(&self, operation: &Operation) -> bool {
        let has = |album: &Name| self.albums.contains_key(album);
        let names =
            |names: &mut dyn Iterator<Item = &Name>| names.map(|name| name.as_str().to_owned()).collect();
        let expected = match &operation.ask {
            Ask::CreateAlbum(name) if has(name) => Answer::Taken,
            Ask::RenameAlbum { from, .. } if !has(from) => Answer::Missing,
            Ask::RenameAlbum { from, to } if from == to => {
                Answer::Told(format!("{from} album modified to {to}"))
            }
            Ask::RenameAlbum { to, .. } if has(to) => Answer::Taken,
            Ask::DeleteAlbum(name) if !has(name) => Answer::Missing,
            Ask::Upload { album: Some(album), file, .. } => match self.albums.get(album) {
                None => Answer::Missing,
                Some(images) if images.contains_key(file) => Answer::Taken,
                Some(_) => return false,
            },
            Ask::Move { which, file, album } => match self.find(which) {
                None => Answer::Missing,
                Some((id, image)) => {
                    let to = moved(image, file, album);
                    let there = to.album.as_ref().map(|album| self.albums.get(album));
                    match there {
                        Some(None) => Answer::Missing,
                        _ if to.place(id) == image.place(id) => {
                            Answer::Told(format!("{} image modified to {0}", to.place(id).name))
                        }
                        Some(Some(images)) if images.contains_key(&to.file) => Answer::Taken,
                        _ => return false,
                    }
                }
            },
            Ask::Delete(which) if self.find(which).is_none() => Answer::Missing,
            Ask::Bytes(which) => match (self.find(which), &operation.answer) {
                (Some((_, image)), Answer::Bytes(hash)) => return image.contents.contains(hash),
                (found, _) => return found.is_none() && operation.answer == Answer::Missing,
            },
            Ask::Info(which) => match (self.find(which), &operation.answer) {
                (Some((id, _)), Answer::Infos(infos)) => {
                    return infos.iter().all(|info| info.id == id && self.is(info));
                }
                (found, _) => return found.is_none() && operation.answer == Answer::Missing,
            },
            Ask::Albums => Answer::Names(names(&mut self.albums.keys())),
            Ask::Images(album) => match self.albums.get(album) {
                Some(images) => Answer::Names(names(&mut images.keys())),
                None => Answer::Missing,
            },
            Ask::Newest(count) => {
                let Answer::Infos(infos) = &operation.answer else { return false };
                let ids = self.images.keys().rev().take(*count);
                return infos.iter().map(|info| &info.id).eq(ids) && infos.iter().all(|info| self.is(info));
            }
            Ask::CreateAlbum(_)
            | Ask::RenameAlbum { .. }
            | Ask::DeleteAlbum(_)
            | Ask::Upload { .. }
            | Ask::Delete(_) => return false,
        };
        expected == operation.answer
    }
}

/// Whether the upload would put an image of this id there.
pub(super) fn puts_at(upload: &Operation, id: ImageId, at: &Place) -> bool {
    let Ask::Upload { album, file, .. } = &upload.ask else { return false };
    Image { album: album.clone(), file: file.clone(), contents: Vec::new() }.place(id) == *at
}

fn moved(image: &Image, file: &Option<Name>, album: &Option<Option<Name>>) -> Image {
    Image {
        album: album.clone().unwrap_or_else(|| image.album.clone()),
        file: file.clone().unwrap_or_else(|| image.file.clone()),
        contents: Vec::new(),
    }
}
