//! Albums and the images in them.

use domain::{Change, ImageId, Owner, Visibility};
use storage::{ImageRef, ImageUpdate, Listed, NamePage, Storage, StorageError};

use super::{add, album, always, name, named, rename, sentences, stored};

fn to_album(album: Option<&str>) -> ImageUpdate {
    ImageUpdate { name: None, album: Some(album.map(name)), ..ImageUpdate::default() }
}

pub(crate) async fn an_image_goes_into_between_and_out_of_albums_and_keeps_its_bytes(storage: Storage) {
    storage.create_album(album("a"), Visibility::Private).await.unwrap();
    storage.create_album(album("b"), Visibility::Private).await.unwrap();
    let image = stored(&storage, b"bytes").await;

    let id = ImageRef::Id(image.id);
    let inside = storage.update_image(id.clone(), to_album(Some("a")), always()).await.unwrap().value;
    assert_eq!((inside.album.clone(), inside.name()), (Some(name("a")), "a.jpg".to_owned()));
    assert!(inside.placed >= image.placed);
    let both =
        ImageUpdate { name: Some(name("c.jpg")), album: Some(Some(name("b"))), ..ImageUpdate::default() };
    storage.update_image(named("a", "a.jpg"), both, always()).await.unwrap();
    let found = storage.image(&named("b", "c.jpg")).await.unwrap().unwrap();
    assert_eq!(found.id, image.id);
    assert_eq!(storage.read(&found).await.unwrap(), "bytes");
    let out = storage.update_image(id, to_album(None), always()).await.unwrap().value;
    assert_eq!(out.name(), format!("c-{}.jpg", image.id));

    assert_eq!(
        sentences(&storage).await,
        [
            "a album created".to_owned(),
            "b album created".to_owned(),
            format!("a-{}.jpg image added", image.id),
            format!("a-{}.jpg image deleted", image.id),
            "a.jpg image added to album a".to_owned(),
            "a.jpg image deleted from album a".to_owned(),
            "c.jpg image added to album b".to_owned(),
            "c.jpg image deleted from album b".to_owned(),
            format!("c-{}.jpg image added", image.id),
        ]
    );
}

pub(crate) async fn a_name_that_is_taken_leaves_everything_as_it_was(storage: Storage) {
    storage.create_album(album("a"), Visibility::Private).await.unwrap();
    storage.create_album(album("b"), Visibility::Private).await.unwrap();
    let image = add(&storage, b"one", "x", Some("a")).await.unwrap();
    add(&storage, b"two", "y", Some("a")).await.unwrap();
    let told = sentences(&storage).await;

    let refused = storage.create_album(album("a"), Visibility::Private).await.unwrap_err();
    assert_eq!(refused.to_string(), "there is an album `a` already");
    let refused = storage.update_album(album("a"), rename("b")).await.unwrap_err();
    assert_eq!(refused.to_string(), "there is an album `b` already");
    let refused = add(&storage, b"three", "x", Some("a")).await.unwrap_err();
    assert_eq!(refused.to_string(), "the album `a` has an image `x` already");
    let rename = ImageUpdate { name: Some(name("y")), album: None, ..ImageUpdate::default() };
    let refused = storage.update_image(named("a", "x"), rename, always()).await.unwrap_err();
    assert!(matches!(refused, StorageError::NameTaken { .. }), "{refused}");

    assert_eq!(storage.image(&named("a", "x")).await.unwrap().unwrap().id, image.id);
    assert_eq!(sentences(&storage).await, told, "what did not happen is not told");
}

pub(crate) async fn a_missing_album_and_a_missing_image_are_told_apart(storage: Storage) {
    storage.create_album(album("a"), Visibility::Private).await.unwrap();
    assert!(storage.image(&named("a", "x")).await.unwrap().is_none());
    for refused in [
        storage.delete(named("a", "x"), always()).await.map(drop),
        storage.update_image(named("a", "x"), to_album(None), always()).await.map(drop),
    ] {
        assert!(matches!(refused, Err(StorageError::NoImage(_))), "{refused:?}");
    }
    for refused in [
        storage.image(&named("z", "x")).await.map(drop),
        storage.delete(named("z", "x"), always()).await.map(drop),
        storage.album_images(&album("z"), false, 10, None).await.map(drop),
        storage.update_album(album("z"), rename("y")).await.map(drop),
        storage.delete_album(album("z")).await.map(drop),
        add(&storage, b"bytes", "x", Some("z")).await.map(drop),
    ] {
        assert!(matches!(refused, Err(StorageError::NoAlbum(_))), "{refused:?}");
    }
}

pub(crate) async fn deleting_an_album_deletes_its_images_and_not_the_bytes_of_others(storage: Storage) {
    storage.create_album(album("a"), Visibility::Private).await.unwrap();
    let alone = add(&storage, b"alone", "x", Some("a")).await.unwrap();
    let shared = add(&storage, b"shared", "y", Some("a")).await.unwrap();
    let outside = stored(&storage, b"shared").await;

    let deleted = storage.delete_album(album("a")).await.unwrap();
    let sentences_of_all: Vec<String> = deleted.changes.iter().flat_map(Change::sentences).collect();
    assert_eq!(sentences_of_all, ["a album deleted"]);
    let images: Vec<ImageId> = deleted.changes.iter().filter_map(deleted_image).collect();
    assert_eq!(images, [alone.id, shared.id]);
    assert!(storage.image(&ImageRef::Id(alone.id)).await.unwrap().is_none());
    testkit::wait::until("the blob is gone", async || storage.read(&alone).await.is_err().then_some(()))
        .await;
    assert_eq!(storage.read(&outside).await.unwrap(), "shared");
    assert_eq!(sentences(&storage).await.last().unwrap(), "a album deleted");

    storage.create_album(album("a"), Visibility::Private).await.unwrap();
    let page = storage.album_images(&album("a"), false, 10, None).await.unwrap();
    assert_eq!(page, NamePage { names: vec![], more: false }, "a new album of that name is empty");
}

fn deleted_image(change: &Change) -> Option<ImageId> {
    if let Change::ImageDeleted { image, with_album: true, .. } = change { Some(*image) } else { None }
}

pub(crate) async fn names_come_in_pages_in_the_order_of_their_bytes(storage: Storage) {
    storage.create_album(album("a"), Visibility::Private).await.unwrap();
    for image in ["é", "b", "a", "Z", "10"] {
        add(&storage, b"bytes", image, Some("a")).await.unwrap();
    }
    let first = storage.album_images(&album("a"), false, 3, None).await.unwrap();
    assert_eq!(first, NamePage { names: vec![name("10"), name("Z"), name("a")], more: true });
    let second = storage.album_images(&album("a"), false, 3, first.names.last()).await.unwrap();
    assert_eq!(second, NamePage { names: vec![name("b"), name("é")], more: false });
    let albums = storage.albums(&Listed::Of(Owner::NOBODY), 3, None).await.unwrap();
    assert_eq!(albums, NamePage { names: vec![name("a")], more: false });
}

pub(crate) async fn two_who_race_for_one_name_are_one_success_and_one_conflict(storage: Storage) {
    storage.create_album(album("a"), Visibility::Private).await.unwrap();
    for round in 0..20 {
        let image = format!("x{round}");
        let (one, two) =
            tokio::join!(add(&storage, b"one", &image, Some("a")), add(&storage, b"two", &image, Some("a")));
        let refused = if one.is_ok() { two } else { one };
        assert!(matches!(refused, Err(StorageError::NameTaken { .. })), "{refused:?}");
        let other = format!("b{round}");
        let (one, two) = tokio::join!(
            storage.create_album(album(&other), Visibility::Private),
            storage.update_album(album("a"), rename(&other))
        );
        assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
        if two.is_ok() {
            storage.update_album(album(&other), rename("a")).await.unwrap();
        }
    }
}

pub(crate) async fn what_changes_nothing_is_told_to_its_caller_alone(storage: Storage) {
    storage.create_album(album("a"), Visibility::Private).await.unwrap();
    add(&storage, b"bytes", "x", Some("a")).await.unwrap();
    let told = sentences(&storage).await;
    let renamed = storage.update_album(album("a"), rename("a")).await.unwrap();
    assert_eq!(renamed.changes[0].sentences(), ["a album modified to a"]);
    let stays = ImageUpdate { name: Some(name("x")), album: None, ..ImageUpdate::default() };
    let moved = storage.update_image(named("a", "x"), stays, always()).await.unwrap();
    assert_eq!(moved.changes[0].sentences(), ["x image modified to x"]);
    assert_eq!(sentences(&storage).await, told);
}
