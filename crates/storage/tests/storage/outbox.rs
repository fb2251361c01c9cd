//! The outbox: what was told, what was published, what grew too old.

use std::time::SystemTime;

use domain::EventId;
use sqlx::{Row, query, query_scalar};
use tempfile::tempdir;

use crate::{database, name, open, sentences, stored};

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
    assert_eq!((count, storage.expired_events()), (1, 1));
}

#[tokio::test]
async fn what_was_published_stays_until_its_change_is_a_day_old() {
    let folder = tempdir().unwrap();
    let storage = open(folder.path()).await.unwrap();
    for album in ["a", "b", "c"] {
        storage.create_album(name(album)).await.unwrap();
    }
    let events = storage.events_after(0, 10).await.unwrap();
    let [a, b, c] = &events[..] else { panic!("{events:?}") };
    storage.set_published(b.sequence).await.unwrap();
    assert_eq!(storage.published().await.unwrap(), b.sequence);
    assert_eq!(storage.backlog().await.unwrap().events, 1);
    assert!(storage.backlog().await.unwrap().oldest.unwrap() <= SystemTime::now());
    let of = |event: &storage::Recorded| event.event.as_ref().unwrap().id;
    assert_eq!(storage.sequence_of(of(a)).await.unwrap(), Some(a.sequence));
    assert_eq!(storage.last_event().await.unwrap(), Some((c.sequence, of(c))));
    assert_eq!(storage.sequence_of(EventId::BEGINNING).await.unwrap(), None);

    let database = database(folder.path()).await;
    query("UPDATE outbox SET created_ms = created_ms - 2 * $1")
        .bind(DAY_MS)
        .execute(&database)
        .await
        .unwrap();
    storage.create_album(name("d")).await.unwrap();
    assert_eq!(sentences(&storage).await, ["c album created", "d album created"]);
    assert_eq!(storage.expired_events(), 0, "what was published was not lost");
}

#[tokio::test]
async fn a_damaged_event_is_skipped_and_the_others_are_not() {
    let folder = tempdir().unwrap();
    let storage = open(folder.path()).await.unwrap();
    storage.create_album(name("a")).await.unwrap();
    storage.create_album(name("b")).await.unwrap();
    query("UPDATE outbox SET kind = 'nonsense' WHERE album = 'a'")
        .execute(&database(folder.path()).await)
        .await
        .unwrap();
    let events = storage.events_after(0, 10).await.unwrap();
    let sound: Vec<bool> = events.iter().map(|recorded| recorded.event.is_some()).collect();
    assert_eq!(sound, [false, true]);
}

#[tokio::test]
async fn whoever_waits_is_woken_by_a_change() {
    let folder = tempdir().unwrap();
    let storage = open(folder.path()).await.unwrap();
    let mut changes = storage.changes();
    assert!(!changes.has_changed().unwrap());
    storage.create_album(name("a")).await.unwrap();
    changes.changed().await.unwrap();
    assert_eq!(storage.events_after(0, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_folder_of_the_version_before_albums_keeps_its_images_and_events() {
    let folder = tempdir().unwrap();
    let database = {
        let options = sqlx::sqlite::SqliteConnectOptions::new()
            .filename(folder.path().join("catalogue.db"))
            .create_if_missing(true);
        sqlx::SqlitePool::connect_with(options).await.unwrap()
    };
    let migrator = sqlx::migrate!();
    migrator.run_to(1, &database).await.unwrap();
    let id = "01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12";
    query(
        "INSERT INTO images VALUES ($1, 'a.jpg', 'image/jpeg', 3, 2, 1, 5, $2, 1000); \
         INSERT INTO outbox (id, kind, image_id, name, created_ms) VALUES ($1, 'imageAdded', $1, 'a-1.jpg', 1000)",
    )
    .bind(id)
    .bind("00".repeat(32))
    .execute(&database)
    .await
    .unwrap();
    database.close().await;

    let storage = open(folder.path()).await.unwrap();
    let page = storage.images(10, None).await.unwrap();
    assert_eq!(page.images[0].name(), format!("a-{id}.jpg"));
    assert_eq!(sentences(&storage).await, ["a-1.jpg image added"]);
    storage.create_album(name("b")).await.unwrap();
    let row = query("SELECT sequence FROM outbox WHERE kind = 'albumCreated'")
        .fetch_one(&crate::database(folder.path()).await)
        .await
        .unwrap();
    assert_eq!(row.get::<i64, _>("sequence"), 2);
}
