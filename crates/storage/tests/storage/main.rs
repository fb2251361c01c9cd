//! The store on a real folder with a real SQLite file.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test looks at files that the store wrote, and one that cannot go on should panic"
)]

mod albums;
mod outbox;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::plan::Source;
use domain::{MediaType, Name, Orientation, Size};
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use storage::{Condition, ImageRecord, ImageRef, OpenError, Storage, StorageError, verify};
use tempfile::tempdir;

const KEEP: Duration = Duration::from_secs(7 * 86_400);

async fn open(folder: &Path) -> Result<Storage, OpenError> {
    Storage::open(folder, KEEP).await
}

fn always() -> Condition {
    Arc::new(|_| true)
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

async fn stored(storage: &Storage, bytes: &'static [u8]) -> ImageRecord {
    add(storage, bytes, "a.jpg", None).await.unwrap()
}

async fn add(
    storage: &Storage,
    bytes: &'static [u8],
    file_name: &str,
    album: Option<&str>,
) -> Result<ImageRecord, StorageError> {
    let mut blob = storage.stage().await.unwrap();
    blob.write(Bytes::from_static(bytes)).await.unwrap();
    let source = Source {
        media_type: MediaType::Jpeg,
        size: Size::new(3, 2).unwrap(),
        orientation: Orientation::UPRIGHT,
        frames: 1,
    };
    storage.commit(blob.complete().await.unwrap(), name(file_name), album.map(name), source).await
}

/// What was told, in order.
async fn sentences(storage: &Storage) -> Vec<String> {
    let events = storage.events_after(0, 1000).await.unwrap();
    events.iter().flat_map(|recorded| recorded.event.as_ref().unwrap().change.sentences()).collect()
}

async fn database(folder: &Path) -> SqlitePool {
    let options = SqliteConnectOptions::new().filename(folder.join("catalogue.db"));
    SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap()
}

#[tokio::test]
async fn what_was_committed_is_there_after_a_restart() {
    let folder = tempdir().unwrap();
    let storage = open(folder.path()).await.unwrap();
    let image = stored(&storage, b"some bytes").await;
    storage.close().await;
    drop(storage);

    let storage = open(folder.path()).await.unwrap();
    assert_eq!(storage.image(&ImageRef::Id(image.id)).await.unwrap(), Some(image.clone()));
    assert_eq!(storage.read(&image).await.unwrap(), Bytes::from_static(b"some bytes"));
    let mut reader = storage.stream(&image, 5..10).await.unwrap();
    assert_eq!(reader.next().await.unwrap().unwrap(), Bytes::from_static(b"bytes"));
    assert!(reader.next().await.is_none());
}

#[tokio::test]
async fn each_change_and_its_event_are_one_transaction_in_order() {
    let folder = tempdir().unwrap();
    let storage = open(folder.path()).await.unwrap();
    let (first, second) = (stored(&storage, b"one").await, stored(&storage, b"two").await);
    storage.delete(ImageRef::Id(first.id), always()).await.unwrap().unwrap();
    assert!(
        storage.delete(ImageRef::Id(first.id), always()).await.unwrap().is_none(),
        "an image is deleted once"
    );

    let told = |image: &ImageRecord, what: &str| format!("{} image {what}", image.name());
    assert_eq!(
        sentences(&storage).await,
        [told(&first, "added"), told(&second, "added"), told(&first, "deleted")]
    );
}

#[tokio::test]
async fn a_damaged_row_costs_one_image_and_can_be_deleted() {
    let folder = tempdir().unwrap();
    let storage = open(folder.path()).await.unwrap();
    let (bad, good) = (stored(&storage, b"bad").await, stored(&storage, b"good").await);
    let damage = sqlx::query("UPDATE images SET media_type = 'image/nonsense' WHERE id = $1");
    damage.bind(bad.id.to_string()).execute(&database(folder.path()).await).await.unwrap();
    storage.close().await;
    drop(storage);

    let storage = open(folder.path()).await.unwrap();
    assert!(matches!(storage.image(&ImageRef::Id(bad.id)).await, Err(StorageError::DamagedRow { .. })));
    let page = storage.images(10, None).await.unwrap();
    assert_eq!((page.images, page.damaged.len()), (vec![good.clone()], 1));
    let verification = verify(folder.path()).await.unwrap();
    assert_eq!((verification.images, verification.damaged_rows.len()), (1, 1));
    storage.delete(ImageRef::Id(bad.id), always()).await.unwrap().unwrap();
    assert_eq!(storage.images(10, None).await.unwrap().damaged.len(), 0);
}

#[tokio::test]
async fn verifying_finds_every_damaged_blob_beside_the_running_store() {
    let folder = tempdir().unwrap();
    let storage = open(folder.path()).await.unwrap();
    let images = [
        stored(&storage, b"flipped").await,
        stored(&storage, b"lost").await,
        stored(&storage, b"sound").await,
    ];
    let path = |image: &ImageRecord| {
        let hash = image.hash.to_string();
        folder.path().join("blobs").join(&hash[..2]).join(&hash)
    };
    std::fs::write(path(&images[0]), b"flopped").unwrap();
    std::fs::remove_file(path(&images[1])).unwrap();
    let verification = verify(folder.path()).await.unwrap();
    let damaged: Vec<_> = verification.damaged.iter().map(|damage| damage.id).collect();
    assert_eq!((verification.images, damaged), (3, vec![images[1].id, images[0].id]));
}

#[tokio::test]
async fn a_catalogue_of_a_later_version_is_refused_and_left_alone() {
    let folder = tempdir().unwrap();
    drop(open(folder.path()).await.unwrap());
    let later = sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'of the future', TRUE, x'00', 0)",
    );
    later.execute(&database(folder.path()).await).await.unwrap();
    assert!(matches!(open(folder.path()).await, Err(OpenError::Migration { .. })));
}

#[tokio::test]
async fn a_dropped_upload_leaves_no_file() {
    let folder = tempdir().unwrap();
    let storage = open(folder.path()).await.unwrap();
    let mut blob = storage.stage().await.unwrap();
    blob.write(Bytes::from(vec![7; 1_000_000])).await.unwrap();
    drop(blob);
    let staging = folder.path().join("staging");
    let empty = async || std::fs::read_dir(&staging).unwrap().next().is_none().then_some(());
    testkit::wait::until("the staged file is gone", empty).await;
}
