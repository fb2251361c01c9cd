//! The outbox: what was told, in which order, and what was published.

use std::time::SystemTime;

use domain::{EventId, Visibility};
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use storage::{ImageRecord, ImageRef, Storage};

use super::{album, always, rename, sentences, stored};

pub(crate) async fn each_change_has_its_event_in_order(storage: Storage) {
    let (first, second) = (stored(&storage, b"one").await, stored(&storage, b"two").await);
    storage.delete(ImageRef::Id(first.id), always()).await.unwrap();
    storage.delete(ImageRef::Id(first.id), always()).await.unwrap_err();

    let told = |image: &ImageRecord, what: &str| format!("{} image {what}", image.name());
    assert_eq!(
        sentences(&storage).await,
        [told(&first, "added"), told(&second, "added"), told(&first, "deleted")]
    );
}

pub(crate) async fn positions_are_dense_and_in_the_order_of_the_answers(storage: Storage) {
    for round in 0..10 {
        storage.create_album(album(&format!("a{round}")), Visibility::Private).await.unwrap();
        // What fails takes no position.
        storage.create_album(album("a0"), Visibility::Private).await.unwrap_err();
        storage.update_album(album("missing"), rename("b")).await.unwrap_err();
    }
    let events = storage.outbox().after(0, 100).await.unwrap();
    let positions: Vec<i64> = events.iter().map(|recorded| recorded.position).collect();
    assert_eq!(positions, (1..=10).collect::<Vec<_>>());
    let told: Vec<String> = (0..10).map(|round| format!("a{round} album created")).collect();
    assert_eq!(sentences(&storage).await, told);
}

pub(crate) async fn a_reader_beside_many_writers_misses_nothing(storage: Storage) {
    const WRITERS: usize = 8;
    const ALBUMS: usize = 10;
    let total = WRITERS * ALBUMS;
    let writing = join_all((0..WRITERS).map(|writer| {
        let storage = storage.clone();
        async move {
            for count in 0..ALBUMS {
                storage.create_album(album(&format!("{writer} {count}")), Visibility::Private).await.unwrap();
            }
        }
    }));
    let mut outbox = storage.outbox();
    let reading = async {
        let (mut position, mut seen) = (0, Vec::new());
        while seen.len() < total {
            let next = outbox.after(position, 7).await.unwrap();
            if next.is_empty() {
                assert!(outbox.changed().await);
            }
            for recorded in next {
                assert_eq!(recorded.position, position + 1);
                position = recorded.position;
                seen.extend(recorded.event.unwrap().change.sentences());
            }
        }
        seen
    };
    let (_, seen) = tokio::join!(writing, reading);
    for writer in 0..WRITERS {
        let of_one = seen.iter().filter(|told| told.starts_with(&format!("{writer} ")));
        let expected = (0..ALBUMS).map(|count| format!("{writer} {count} album created"));
        assert!(of_one.eq(&expected.collect::<Vec<_>>()), "{seen:?}");
    }
}

pub(crate) async fn what_was_published_is_remembered_and_never_goes_back(storage: Storage) {
    let outbox = storage.outbox();
    assert_eq!((outbox.published().await.unwrap(), outbox.last().await.unwrap()), (0, None));
    for text in ["a", "b", "c"] {
        storage.create_album(album(text), Visibility::Private).await.unwrap();
    }
    let events = outbox.after(0, 10).await.unwrap();
    let [a, b, c] = &events[..] else { panic!("{events:?}") };
    outbox.set_published(b.position).await.unwrap();
    outbox.set_published(a.position).await.unwrap();
    assert_eq!(outbox.published().await.unwrap(), b.position);
    assert_eq!(outbox.backlog().await.unwrap().events, 1);
    assert!(outbox.backlog().await.unwrap().oldest.unwrap() <= SystemTime::now());
    let of = |event: &storage::Recorded| event.event.as_ref().unwrap().id;
    assert_eq!(outbox.position_of(of(a)).await.unwrap(), Some(a.position));
    assert_eq!(outbox.last().await.unwrap(), Some((c.position, of(c))));
    assert_eq!(outbox.position_of(EventId::BEGINNING).await.unwrap(), None);
}

pub(crate) async fn whoever_waits_is_woken_by_a_change(storage: Storage) {
    let mut outbox = storage.outbox();
    assert!(outbox.changed().now_or_never().is_none());
    storage.create_album(album("a"), Visibility::Private).await.unwrap();
    assert!(outbox.changed().await);
    assert_eq!(outbox.after(0, 10).await.unwrap().len(), 1);
}
