//! A store on a real folder with a real SQLite file.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use domain::{Owner, Visibility};
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use storage::{
    BlobsIn, ImageRecord, ImageRef, Listed, OpenError, Quota, Storage, StorageError, StorageSettings, verify,
};
use tempfile::{TempDir, tempdir};

use crate::suite::{add, add_for, album, always, conformance, stored};

conformance!(crate::folder_and_sqlite::fresh);

pub(crate) async fn fresh() -> (Storage, TempDir) {
    let folder = tempdir().unwrap();
    (open(folder.path()).await.unwrap(), folder)
}

pub(crate) async fn open(folder: &Path) -> Result<Storage, OpenError> {
    let keep_events = Duration::from_secs(7 * 86_400);
    Storage::open(StorageSettings {
        data_dir: folder.to_owned(),
        blobs: BlobsIn::Folder,
        keep_events,
        quota: Quota::default(),
    })
    .await
}

pub(crate) async fn database(folder: &Path) -> SqlitePool {
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
async fn a_refused_upload_leaves_no_blob() {
    let (storage, folder) = fresh().await;
    storage.create_album(album("a"), Visibility::Private).await.unwrap();
    add(&storage, b"one", "x", Some("a")).await.unwrap();
    add(&storage, b"two", "x", Some("a")).await.unwrap_err();
    let blobs = std::fs::read_dir(folder.path().join("blobs")).unwrap();
    let count: usize = blobs.map(|shard| std::fs::read_dir(shard.unwrap().path()).unwrap().count()).sum();
    assert_eq!(count, 1);
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
    let page = storage.images(&Listed::Of(Owner::NOBODY), 10, None).await.unwrap();
    assert_eq!((page.images, page.damaged.len()), (vec![good.clone()], 1));
    let verification = verify(folder.path(), &BlobsIn::Folder).await.unwrap();
    assert_eq!((verification.images, verification.damaged_rows.len()), (1, 1));
    storage.delete(ImageRef::Id(bad.id), always()).await.unwrap();
    assert_eq!(storage.images(&Listed::Of(Owner::NOBODY), 10, None).await.unwrap().damaged.len(), 0);
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
    let verification = verify(folder.path(), &BlobsIn::Folder).await.unwrap();
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

#[tokio::test]
async fn an_owner_stores_as_much_as_they_may_and_room_that_is_given_back_counts() {
    let folder = tempdir().unwrap();
    let keep_events = Duration::from_secs(60);
    let quota = Quota { bytes: Some(10), images: Some(2) };
    let settings =
        StorageSettings { data_dir: folder.path().to_owned(), blobs: BlobsIn::Folder, keep_events, quota };
    let storage = Storage::open(settings).await.unwrap();
    let [ann, bob] = ["ann", "bob"].map(|owner| Owner::parse(owner).unwrap());
    let first = add_for(&ann, &storage, b"12345", "1", None).await.unwrap();
    let refused = add_for(&ann, &storage, b"123456", "2", None).await.unwrap_err();
    assert_eq!(refused.to_string(), "the owner has stored as much as they may: 10 bytes and 2 images");
    // Equal bytes count again, as if nobody else had them.
    add_for(&ann, &storage, b"12345", "2", None).await.unwrap();
    add_for(&ann, &storage, b"", "3", None).await.unwrap_err();
    add_for(&bob, &storage, b"1234567890", "1", None).await.unwrap();
    add_for(&Owner::NOBODY, &storage, b"12345678901", "1", None).await.unwrap();
    storage.delete(ImageRef::Id(first.id), always()).await.unwrap();
    add_for(&ann, &storage, b"abcde", "3", None).await.unwrap();
}
