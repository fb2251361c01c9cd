//! Owners.

use std::slice::from_ref;

use domain::{Owner, Visibility};
use storage::{AlbumRef, ImageRef, Listed, StorageError};

use super::{add_for, name};

pub(crate) async fn each_owner_has_names_of_albums_and_lists_of_their_own(storage: storage::Storage) {
    let owners = [Owner::NOBODY, Owner::parse("ann").unwrap(), Owner::parse("bob").unwrap()];
    let mut images = Vec::new();
    for owner in &owners {
        let created = storage
            .create_album(AlbumRef { owner: owner.clone(), name: name("a") }, Visibility::Private)
            .await
            .unwrap();
        assert_eq!(&created.owner, owner);
        images.push(add_for(owner, &storage, b"bytes", "x", Some("a")).await.unwrap());
    }
    for (owner, image) in owners.iter().zip(&images) {
        let album = AlbumRef { owner: owner.clone(), name: name("a") };
        let taken = storage.create_album(album.clone(), Visibility::Private).await.unwrap_err();
        assert!(matches!(taken, StorageError::AlbumTaken(_)), "{taken}");
        assert_eq!(
            storage.images(&Listed::Of(owner.clone()), 10, None).await.unwrap().images,
            from_ref(image)
        );
        assert_eq!(storage.albums(&Listed::Of(owner.clone()), 10, None).await.unwrap().names, [name("a")]);
        let which = ImageRef::Named { album, name: name("x") };
        assert_eq!(storage.image(&which).await.unwrap().as_ref(), Some(image));
    }
    storage.delete_album(AlbumRef { owner: owners[1].clone(), name: name("a") }).await.unwrap();
    let left = storage.image(&ImageRef::Id(images[2].id)).await.unwrap();
    assert_eq!(left.as_ref(), Some(&images[2]), "another owner's album of that name stays");

    let events = storage.outbox().after(0, 100).await.unwrap();
    let told: Vec<Owner> = events.into_iter().map(|recorded| recorded.event.unwrap().owner).collect();
    let [nobody, ann, bob] = owners;
    assert_eq!(
        told,
        [nobody.clone(), nobody, ann.clone(), ann.clone(), bob.clone(), bob, ann.clone(), ann],
        "an event says whose things changed"
    );
}
