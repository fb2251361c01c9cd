//! Events that grow too old, and rows of events that are damaged.

use domain::Visibility;
use sqlx::{query, query_scalar};
use tempfile::tempdir;

use crate::folder_and_sqlite::{database, open};
use crate::suite::{album, sentences, stored};

const DAY_MS: i64 = 86_400_000;

#[tokio::test]
async fn events_that_nobody_took_for_a_week_make_room_and_are_counted() {
    let folder = tempdir().unwrap();
    let storage = open(folder.path()).await.unwrap();
    stored(&storage, b"old").await;
    let database = database(folder.path()).await;
    query("UPDATE outbox SET created_ms = created_ms - 8 * $1")
        .bind(DAY_MS)
        .execute(&database)
        .await
        .unwrap();
    stored(&storage, b"new").await;
    let count: i64 = query_scalar("SELECT COUNT(*) FROM outbox").fetch_one(&database).await.unwrap();
    assert_eq!((count, storage.outbox().expired()), (1, 1));
}

#[tokio::test]
async fn what_was_published_stays_until_its_change_is_a_day_old() {
    let folder = tempdir().unwrap();
    let storage = open(folder.path()).await.unwrap();
    for text in ["a", "b", "c"] {
        storage.create_album(album(text), Visibility::Private).await.unwrap();
    }
    let outbox = storage.outbox();
    let events = outbox.after(0, 10).await.unwrap();
    outbox.set_published(events[1].position).await.unwrap();

    let database = database(folder.path()).await;
    query("UPDATE outbox SET created_ms = created_ms - 2 * $1")
        .bind(DAY_MS)
        .execute(&database)
        .await
        .unwrap();
    storage.create_album(album("d"), Visibility::Private).await.unwrap();
    assert_eq!(sentences(&storage).await, ["c album created", "d album created"]);
    assert_eq!(storage.outbox().expired(), 0, "what was published was not lost");
}

#[tokio::test]
async fn a_damaged_event_is_skipped_and_the_others_are_not() {
    let folder = tempdir().unwrap();
    let storage = open(folder.path()).await.unwrap();
    storage.create_album(album("a"), Visibility::Private).await.unwrap();
    storage.create_album(album("b"), Visibility::Private).await.unwrap();
    query("UPDATE outbox SET kind = 'nonsense' WHERE album = 'a'")
        .execute(&database(folder.path()).await)
        .await
        .unwrap();
    let events = storage.outbox().after(0, 10).await.unwrap();
    let sound: Vec<bool> = events.iter().map(|recorded| recorded.event.is_some()).collect();
    assert_eq!(sound, [false, true]);
}
