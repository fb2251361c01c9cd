//! Folders that earlier versions have written.

use std::path::Path;
use storage::Listed;

use domain::{Owner, Visibility};
use sqlx::{Row, query};
use tempfile::tempdir;

use crate::folder_and_sqlite::{database, open};
use crate::suite::{album, name, named, sentences};

#[tokio::test]
async fn a_folder_of_the_version_before_albums_keeps_its_images_and_events() {
    let folder = tempdir().unwrap();
    let before = {
        let options = sqlx::sqlite::SqliteConnectOptions::new()
            .filename(folder.path().join("catalogue.db"))
            .create_if_missing(true);
        sqlx::SqlitePool::connect_with(options).await.unwrap()
    };
    let migrator = sqlx::migrate!();
    migrator.run_to(1, &before).await.unwrap();
    let id = "01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12";
    query(
        "INSERT INTO images VALUES ($1, 'a.jpg', 'image/jpeg', 3, 2, 1, 5, $2, 1000); \
         INSERT INTO outbox (id, kind, image_id, name, created_ms) VALUES ($1, 'imageAdded', $1, 'a-1.jpg', 1000)",
    )
    .bind(id)
    .bind("00".repeat(32))
    .execute(&before)
    .await
    .unwrap();
    before.close().await;

    let storage = open(folder.path()).await.unwrap();
    let page = storage.images(&Listed::Of(Owner::NOBODY), 10, None).await.unwrap();
    assert_eq!(page.images[0].name(), format!("a-{id}.jpg"));
    assert_eq!(sentences(&storage).await, ["a-1.jpg image added"]);
    storage.create_album(album("b"), Visibility::Private).await.unwrap();
    let row = query("SELECT sequence FROM outbox WHERE kind = 'albumCreated'")
        .fetch_one(&database(folder.path()).await)
        .await
        .unwrap();
    assert_eq!(row.get::<i64, _>("sequence"), 2);
}

#[tokio::test]
async fn a_folder_of_the_version_before_owners_keeps_everything() {
    let folder = tempdir().unwrap();
    copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/before_owners"), folder.path());
    let storage = open(folder.path()).await.unwrap();

    let page = storage.images(&Listed::Of(Owner::NOBODY), 10, None).await.unwrap();
    let names: Vec<&str> = page.images.iter().map(|image| image.file_name.as_str()).collect();
    assert_eq!((names, page.damaged), (vec!["hill.png", "beach.png", "alone.png"], vec![]));
    for image in &page.images {
        assert_eq!(storage.read(image).await.unwrap().len(), usize::try_from(image.bytes).unwrap());
    }
    assert_eq!(storage.albums(&Listed::Of(Owner::NOBODY), 10, None).await.unwrap().names, [name("été")]);
    let hill = storage.image(&named("été", "hill.png")).await.unwrap().unwrap();
    assert_eq!(page.images[0], hill);
    let told = sentences(&storage).await;
    assert_eq!(told.len(), 9, "{told:?}");
    assert_eq!(told[5..7], ["hill.png image added to album summer", "summer album modified to été"]);

    storage.create_album(album("b"), Visibility::Private).await.unwrap();
    storage.delete_album(album("été")).await.unwrap();
    assert_eq!(storage.images(&Listed::Of(Owner::NOBODY), 10, None).await.unwrap().images.len(), 1);
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let place = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &place);
        } else {
            std::fs::copy(entry.path(), place).unwrap();
        }
    }
}
