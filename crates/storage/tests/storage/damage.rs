//! Folders that somebody or something has damaged.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use domain::{Owner, Visibility};
use sqlx::query;
use storage::{BlobsIn, ImageRecord, ImageRef, Listed, OpenError, Storage, StorageError, verify};
use tempfile::tempdir;
use testkit::wait::until;

use crate::folder_and_sqlite::{database, fresh, open};
use crate::suite::{add, album, always, named, stored};

fn blob(folder: &Path, image: &ImageRecord) -> PathBuf {
    let hash = image.hash.to_string();
    folder.join("blobs").join(&hash[..2]).join(&hash)
}

async fn close(storage: Storage) {
    storage.close().await;
}

#[tokio::test]
async fn an_empty_catalogue_beside_blobs_is_refused_like_a_missing_one() {
    let (storage, folder) = fresh().await;
    let image = stored(&storage, b"bytes").await;
    close(storage).await;
    let catalogue = folder.path().join("catalogue.db");
    fs::write(&catalogue, b"").unwrap();
    let refused = open(folder.path()).await.err().unwrap();
    assert!(matches!(refused, OpenError::CatalogueMissing { .. }), "{refused}");
    assert!(fs::read(&catalogue).unwrap().is_empty(), "it is left as it was");

    query("CREATE TABLE something (x)").execute(&database(folder.path()).await).await.unwrap();
    let refused = open(folder.path()).await.err().unwrap();
    assert!(matches!(refused, OpenError::CatalogueMissing { .. }), "{refused}");
    assert!(blob(folder.path(), &image).exists());
}

#[tokio::test]
async fn orphans_are_removed_in_time_but_not_while_most_blobs_are_orphans() {
    let (storage, folder) = fresh().await;
    let images = [stored(&storage, b"one").await, stored(&storage, b"two").await];
    close(storage).await;
    // A catalogue of another store, which knows none of these.
    let (other, other_folder) = fresh().await;
    close(other).await;
    fs::copy(other_folder.path().join("catalogue.db"), folder.path().join("catalogue.db")).unwrap();
    let long_ago = SystemTime::now() - Duration::from_secs(8 * 86_400);
    let aside = |image: &ImageRecord| folder.path().join("orphans").join(image.hash.to_string());

    let storage = open(folder.path()).await.unwrap();
    for image in &images {
        until("the orphan is set aside", async || aside(image).exists().then_some(())).await;
        File::options().append(true).open(aside(image)).unwrap().set_modified(long_ago).unwrap();
    }
    stored(&storage, b"alone against two").await;
    close(storage).await;
    assert_eq!(verify(folder.path(), &BlobsIn::Folder).await.unwrap().orphans, 2);

    let storage = open(folder.path()).await.unwrap();
    let marker = stored(&storage, b"another").await;
    storage.delete(ImageRef::Id(marker.id), always()).await.unwrap();
    fs::write(blob(folder.path(), &marker), b"an orphan of this start").unwrap();
    close(storage).await;
    let storage = open(folder.path()).await.unwrap();
    until("the sweep is through", async || aside(&marker).exists().then_some(())).await;
    assert!(images.iter().all(|image| aside(image).exists()));
    for bytes in [b"3", b"4", b"5"] {
        stored(&storage, bytes).await;
    }
    close(storage).await;
    let _storage = open(folder.path()).await.unwrap();
    let removed = async || images.iter().all(|image| !aside(image).exists()).then_some(());
    until("the old orphans of a sound store are removed", removed).await;
}

#[tokio::test]
async fn a_pipe_where_a_blob_was_costs_one_image_and_holds_nobody_up() {
    let (storage, folder) = fresh().await;
    let (bad, good) = (stored(&storage, b"bad").await, stored(&storage, b"good").await);
    let path = blob(folder.path(), &bad);
    fs::remove_file(&path).unwrap();
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    assert!(matches!(storage.read(&bad).await, Err(StorageError::DamagedBlob { .. })));
    assert!(matches!(storage.stream(&bad, 0..3).await, Err(StorageError::DamagedBlob { .. })));
    assert_eq!(storage.read(&good).await.unwrap(), "good");
    let damaged = verify(folder.path(), &BlobsIn::Folder).await.unwrap().damaged;
    assert_eq!(damaged.iter().map(|damage| damage.id).collect::<Vec<_>>(), [bad.id]);
}

#[tokio::test]
async fn a_damaged_row_of_an_album_does_not_cost_its_images() {
    let (storage, folder) = fresh().await;
    storage.create_album(album("a"), Visibility::Private).await.unwrap();
    let image = add(&storage, b"bytes", "x", Some("a")).await.unwrap();
    query("UPDATE albums SET name = x'ff00', named_ms = 'when'")
        .execute(&database(folder.path()).await)
        .await
        .unwrap();
    let found = storage.image(&ImageRef::Id(image.id)).await.unwrap().unwrap();
    assert_eq!(storage.read(&found).await.unwrap(), "bytes");
    assert_eq!(storage.images(&Listed::Of(Owner::NOBODY), 10, None).await.unwrap().images, [found]);
    assert!(matches!(storage.image(&named("a", "x")).await, Err(StorageError::NoAlbum(_))));
}

#[tokio::test]
async fn a_damaged_page_is_seen_and_what_can_be_read_is_served() {
    let (storage, folder) = fresh().await;
    let image = stored(&storage, b"bytes").await;
    close(storage).await;
    let database = database(folder.path()).await;
    let page: i64 = sqlx::query_scalar("SELECT rootpage FROM sqlite_master WHERE name = 'images_by_owner'")
        .fetch_one(&database)
        .await
        .unwrap();
    database.close().await;
    let path = folder.path().join("catalogue.db");
    let mut bytes = fs::read(&path).unwrap();
    let start = usize::try_from(page - 1).unwrap() * 4096;
    bytes[start..start + 4096].fill(0xff);
    fs::write(&path, bytes).unwrap();

    let storage = open(folder.path()).await.unwrap();
    let seen = async || match storage.check().await {
        Err(StorageError::DamagedCatalogue { reason }) => Some(reason),
        Ok(()) | Err(_) => None,
    };
    until("the damage is seen", seen).await;
    let found = storage.image(&ImageRef::Id(image.id)).await.unwrap().unwrap();
    assert_eq!(storage.read(&found).await.unwrap(), "bytes");
    let verification = verify(folder.path(), &BlobsIn::Folder).await.unwrap();
    assert_eq!((verification.images, verification.damaged_rows.len()), (1, 1), "{verification:?}");
}

#[tokio::test]
async fn the_log_is_emptied_when_nothing_changes() {
    let (storage, folder) = fresh().await;
    stored(&storage, b"bytes").await;
    let log = folder.path().join("catalogue.db-wal");
    let emptied = async || (fs::metadata(&log).unwrap().len() == 0).then_some(());
    until("the log is empty", emptied).await;
    // What was in it is in the file.
    let copy = tempdir().unwrap();
    fs::copy(folder.path().join("catalogue.db"), copy.path().join("catalogue.db")).unwrap();
    let images: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM images")
        .fetch_one(&database(copy.path()).await)
        .await
        .unwrap();
    assert_eq!(images, 1);
}

#[tokio::test]
async fn a_store_that_can_only_be_read_serves_and_takes_nothing() {
    let (storage, folder) = fresh().await;
    let image = stored(&storage, b"bytes").await;
    close(storage).await;

    let storage = Storage::open_read_only(folder.path(), &BlobsIn::Folder).await.unwrap();
    assert_eq!(storage.image(&ImageRef::Id(image.id)).await.unwrap(), Some(image.clone()));
    assert_eq!(storage.read(&image).await.unwrap(), "bytes");
    for refused in [
        storage.check().await,
        storage.stage().await.map(drop),
        storage.create_album(album("a"), Visibility::Private).await.map(drop),
        storage.delete(ImageRef::Id(image.id), always()).await.map(drop),
    ] {
        assert!(matches!(refused, Err(StorageError::ReadOnly)), "{refused:?}");
    }
}
