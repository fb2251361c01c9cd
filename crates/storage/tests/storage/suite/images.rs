//! Images and their bytes.

use std::sync::Arc;

use bytes::Bytes;
use domain::Owner;
use storage::{ImageRef, ImageUpdate, Listed, Storage, StorageError};

use super::{add, always, name, sentences, stored};

pub(crate) async fn bytes_are_read_whole_and_in_ranges(storage: Storage) {
    let image = stored(&storage, b"some bytes").await;
    assert_eq!(storage.image(&ImageRef::Id(image.id)).await.unwrap(), Some(image.clone()));
    assert_eq!(storage.read(&image).await.unwrap(), Bytes::from_static(b"some bytes"));
    let mut reader = storage.stream(&image, 5..10).await.unwrap();
    assert_eq!(reader.next().await.unwrap().unwrap(), Bytes::from_static(b"bytes"));
    assert!(reader.next().await.is_none());
    let mut nothing = storage.stream(&image, 3..3).await.unwrap();
    assert!(nothing.next().await.is_none());
}

pub(crate) async fn images_come_in_pages_newest_first(storage: Storage) {
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(stored(&storage, b"bytes").await.id);
    }
    ids.reverse();
    let first = storage.images(&Listed::Of(Owner::NOBODY), 3, None).await.unwrap();
    let second = storage.images(&Listed::Of(Owner::NOBODY), 3, first.next).await.unwrap();
    assert_eq!((first.images.len(), second.next), (3, None));
    let listed: Vec<_> = first.images.iter().chain(&second.images).map(|image| image.id).collect();
    assert_eq!(listed, ids);
}

pub(crate) async fn an_image_is_deleted_once(storage: Storage) {
    let image = stored(&storage, b"bytes").await;
    let deleted = storage.delete(ImageRef::Id(image.id), always()).await.unwrap();
    assert_eq!(deleted.changes[0].sentences(), [format!("a-{}.jpg image deleted", image.id)]);
    assert_eq!(storage.image(&ImageRef::Id(image.id)).await.unwrap(), None);
    let again = storage.delete(ImageRef::Id(image.id), always()).await.unwrap_err();
    assert_eq!(again.to_string(), format!("no image has the id {}", image.id));
}

pub(crate) async fn a_condition_that_does_not_hold_leaves_everything_as_it_was(storage: Storage) {
    let image = stored(&storage, b"bytes").await;
    let told = sentences(&storage).await;
    let id = ImageRef::Id(image.id);
    let to = ImageUpdate { name: Some(name("b.jpg")), album: None, ..ImageUpdate::default() };
    let never: storage::Condition = Arc::new(|_| Err(StorageError::NotAsExpected));
    for refused in [
        storage.delete(id.clone(), Arc::clone(&never)).await.map(drop),
        storage.update_image(id.clone(), to, never).await.map(drop),
    ] {
        assert!(matches!(refused, Err(StorageError::NotAsExpected)), "{refused:?}");
    }
    assert_eq!(storage.image(&id).await.unwrap(), Some(image));
    assert_eq!(sentences(&storage).await, told);
}

pub(crate) async fn equal_bytes_stay_until_the_last_image_of_them_goes(storage: Storage) {
    let (one, two) =
        (stored(&storage, b"equal").await, add(&storage, b"equal", "b.jpg", None).await.unwrap());
    assert_eq!(one.hash, two.hash);
    storage.delete(ImageRef::Id(one.id), always()).await.unwrap();
    assert_eq!(storage.read(&two).await.unwrap(), "equal");
    storage.delete(ImageRef::Id(two.id), always()).await.unwrap();
    assert!(matches!(storage.read(&two).await, Err(StorageError::DamagedBlob { .. })));
}
