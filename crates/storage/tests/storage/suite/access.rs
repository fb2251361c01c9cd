//! Who may see what, and the keys that open it.

use std::time::{Duration, SystemTime};

use access::{ApiKey, Scope, Scopes};
use bytes::Bytes;
use domain::plan::Source;
use domain::{Change, MediaType, Orientation, Owner, Size, Visibility};
use storage::{
    AlbumRef, AlbumUpdate, ImageRef, ImageUpdate, KeyRecord, Listed, NewImage, OnceOnly, Storage,
    StorageError,
};

use super::{add_for, always, name};

fn ann() -> Owner {
    Owner::parse("ann").unwrap()
}

fn anns(text: &str) -> AlbumRef {
    AlbumRef { owner: ann(), name: name(text) }
}

fn shared(visibility: Visibility) -> ImageUpdate {
    ImageUpdate { visibility: Some(visibility), ..ImageUpdate::default() }
}

/// The changes that were told, without those that every store tells of.
async fn told(storage: &Storage) -> Vec<Change> {
    let events = storage.outbox().after(0, 100).await.unwrap();
    let changes = events.into_iter().map(|recorded| recorded.event.unwrap().change);
    changes.filter(|change| change.sentences().is_empty()).collect()
}

pub(crate) async fn who_may_see_an_image_is_kept_with_it_and_told_once(storage: Storage) {
    let image = add_for(&ann(), &storage, b"bytes", "x", None).await.unwrap();
    assert_eq!((image.visibility, image.link_epoch, &image.owner), (Visibility::Private, 0, &ann()));
    let which = ImageRef::Id(image.id);
    for _ in 0..2 {
        let now = storage.update_image(which.clone(), shared(Visibility::Public), always()).await.unwrap();
        assert_eq!(now.value.visibility, Visibility::Public);
        assert!(matches!(now.changes[..], [Change::ImageShared { .. }]), "{:?}", now.changes);
    }
    let revoke = ImageUpdate { revoke_links: true, ..ImageUpdate::default() };
    storage.update_image(which.clone(), revoke, always()).await.unwrap();

    let found = storage.image(&which).await.unwrap().unwrap();
    assert_eq!((found.visibility, found.link_epoch), (Visibility::Public, 1));
    assert_eq!(told(&storage).await.len(), 2, "the second time nothing changed");
}

pub(crate) async fn who_may_see_an_album_is_known_of_its_images(storage: Storage) {
    storage.create_album(anns("a"), Visibility::Unlisted).await.unwrap();
    let image = add_for(&ann(), &storage, b"bytes", "x", Some("a")).await.unwrap();
    let id = image.album_acl.as_ref().unwrap().id;
    let bob = Owner::parse("bob \"the\" builder").unwrap();
    let to = AlbumUpdate { readers: Some(vec![bob.clone()]), revoke_links: true, ..AlbumUpdate::default() };
    storage.update_album(anns("a"), to).await.unwrap();
    let to =
        AlbumUpdate { name: Some(name("b")), visibility: Some(Visibility::Public), ..AlbumUpdate::default() };
    let changed = storage.update_album(anns("a"), to).await.unwrap();
    assert_eq!(changed.changes.last(), Some(&Change::AlbumShared { album: name("b") }));

    let album = storage.image(&ImageRef::Id(image.id)).await.unwrap().unwrap().album_acl.unwrap();
    assert_eq!((album.id, album.visibility, album.link_epoch), (id, Visibility::Public, 1));
    assert_eq!(album.readers, [bob]);
    assert_eq!(storage.album(&anns("b")).await.unwrap().unwrap().album, Some(album));
    assert_eq!(storage.album(&anns("a")).await.unwrap(), None);
    let out = ImageUpdate { album: Some(None), ..ImageUpdate::default() };
    let out = storage.update_image(ImageRef::Id(image.id), out, always()).await.unwrap().value;
    assert_eq!(out.album_acl, None, "what was shared by its album is not any more");
}

pub(crate) async fn lists_show_what_they_are_asked_for_and_no_more(storage: Storage) {
    storage.create_album(anns("hidden"), Visibility::Private).await.unwrap();
    storage.create_album(anns("shown"), Visibility::Public).await.unwrap();
    let mut images = Vec::new();
    for (file, album) in
        [("1", None), ("2", None), ("3", Some("hidden")), ("4", Some("shown")), ("5", Some("shown"))]
    {
        images.push(add_for(&ann(), &storage, b"bytes", file, album).await.unwrap());
    }
    for at in [1, 2, 3] {
        let which = ImageRef::Id(images[at].id);
        storage.update_image(which, shared(Visibility::Public), always()).await.unwrap();
    }
    add_for(&Owner::NOBODY, &storage, b"bytes", "6", None).await.unwrap();
    let album = images[3].album_acl.as_ref().unwrap().id;

    for (listed, files) in [
        (Listed::All, &["6", "5", "4", "3", "2", "1"][..]),
        (Listed::Of(ann()), &["5", "4", "3", "2", "1"]),
        (Listed::PublicOf(ann()), &["4", "2"]),
        (Listed::PublicOf(Owner::NOBODY), &[]),
        (Listed::In(album), &["5", "4"]),
    ] {
        // In pages of one, so that what is left out is left out of the paging too.
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let page = storage.images(&listed, 1, before).await.unwrap();
            seen.extend(page.images.iter().map(|image| image.file_name.as_str().to_owned()));
            let Some(next) = page.next else { break };
            before = Some(next);
        }
        assert_eq!(seen, files, "{listed:?}");
    }
    for (listed, names) in [
        (Listed::All, &["hidden", "shown"][..]),
        (Listed::Of(ann()), &["hidden", "shown"]),
        (Listed::PublicOf(ann()), &["shown"]),
        (Listed::In(album), &["shown"]),
        (Listed::Of(Owner::NOBODY), &[]),
    ] {
        let page = storage.albums(&listed, 10, None).await.unwrap();
        assert_eq!(page.names.iter().map(domain::Name::as_str).collect::<Vec<_>>(), names, "{listed:?}");
    }
    let all = storage.album_images(&anns("shown"), false, 10, None).await.unwrap().names;
    let public = storage.album_images(&anns("shown"), true, 10, None).await.unwrap().names;
    assert_eq!((all, public), (vec![name("4"), name("5")], vec![name("4")]));
}

pub(crate) async fn a_key_is_kept_until_it_is_revoked(storage: Storage) {
    let key = ApiKey::from_random(&[7; 37]);
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let record = KeyRecord {
        id: key.id.clone(),
        digest: key.digest(),
        owner: ann(),
        scopes: Scopes::NONE.with(Scope::Read).with(Scope::Share),
        album: None,
        created: now,
        expires: Some(now + Duration::from_secs(60)),
    };
    storage.add_key(record.clone()).await.unwrap();
    assert_eq!(storage.key(&key.id).await.unwrap().as_ref(), Some(&record));
    for (owner, count) in [(None, 1), (Some(ann()), 1), (Some(Owner::NOBODY), 0)] {
        assert_eq!(storage.keys(owner.as_ref(), 10, None).await.unwrap().len(), count, "{owner:?}");
    }
    assert_eq!(storage.keys(None, 10, Some(&key.id)).await.unwrap(), []);
    storage.revoke_key(record).await.unwrap();
    assert_eq!(storage.key(&key.id).await.unwrap(), None);
    assert_eq!(told(&storage).await, [Change::KeyRevoked { key: key.id.to_string() }]);
}

pub(crate) async fn a_link_for_one_upload_is_good_for_one(storage: Storage) {
    let upload = async |file: &str, link: &str| {
        let mut blob = storage.stage().await.unwrap();
        blob.write(Bytes::from_static(b"bytes")).await.unwrap();
        let source = Source {
            media_type: MediaType::Jpeg,
            size: Size::new(3, 2).unwrap(),
            orientation: Orientation::UPRIGHT,
            frames: 1,
        };
        let expires = SystemTime::now() + Duration::from_secs(60);
        let new = NewImage {
            owner: ann(),
            file_name: name(file),
            album: None,
            source,
            visibility: Visibility::Private,
            once: Some(OnceOnly { id: link.to_owned(), expires }),
        };
        storage.commit(blob.complete().await.unwrap(), new).await
    };
    upload("x", "1").await.unwrap();
    let again = upload("y", "1").await.unwrap_err();
    assert!(matches!(again, StorageError::LinkUsed), "{again}");
    upload("z", "2").await.unwrap();
    assert_eq!(storage.images(&Listed::Of(ann()), 10, None).await.unwrap().images.len(), 2);
}

pub(crate) async fn what_is_nobodys_is_adopted_whole_or_by_album(storage: Storage) {
    for album in ["a", "b"] {
        let nobodys = AlbumRef { owner: Owner::NOBODY, name: name(album) };
        storage.create_album(nobodys, Visibility::Private).await.unwrap();
        add_for(&Owner::NOBODY, &storage, b"bytes", "x", Some(album)).await.unwrap();
    }
    add_for(&Owner::NOBODY, &storage, b"bytes", "y", None).await.unwrap();
    let missing = storage.adopt(ann(), Some(name("z"))).await.unwrap_err();
    assert!(matches!(missing, StorageError::NoAlbum(_)), "{missing}");
    let adopted = storage.adopt(ann(), Some(name("a"))).await.unwrap();
    assert_eq!((adopted.images, adopted.albums), (1, 1));
    assert!(storage.image(&ImageRef::Named { album: anns("a"), name: name("x") }).await.unwrap().is_some());

    storage.create_album(anns("b"), Visibility::Private).await.unwrap();
    let refused = storage.adopt(ann(), None).await.unwrap_err();
    assert!(matches!(refused, StorageError::AdoptedTwice(_)), "{refused}");
    storage.delete_album(anns("b")).await.unwrap();
    let adopted = storage.adopt(ann(), None).await.unwrap();
    assert_eq!((adopted.images, adopted.albums), (2, 1));
    assert_eq!(storage.images(&Listed::Of(Owner::NOBODY), 10, None).await.unwrap().images, []);
}
