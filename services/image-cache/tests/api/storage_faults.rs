//! What happens when the volume does not keep its word.

use std::fs;
use std::path::Path;

use reqwest::StatusCode;
use serde_json::Value;
use testkit::images;
use testkit::wait::until;

use crate::test_app::{TestApp, files_under, refused};

#[tokio::test]
async fn a_flipped_bit_is_an_error_and_never_wrong_bytes() {
    for flags in [&[][..], &["--max-cached-original=1kB"]] {
        let app = TestApp::with(flags).await;
        let png = images::png_of(300_000, 11);
        let (bad, good) = (app.uploaded(&png).await, app.uploaded(&images::jpeg(40, 40)).await);
        let blob = app.blobs().into_iter().find(|blob| fs::metadata(blob).unwrap().len() == 300_000).unwrap();
        let mut bytes = fs::read(&blob).unwrap();
        bytes[150_000] ^= 1;
        fs::write(&blob, &bytes).unwrap();

        for _ in 0..2 {
            let message = refused(app.get(&format!("/images/{bad}")).await, 500, "internal").await;
            assert!(!message.contains(blob.to_str().unwrap()), "{message}");
        }
        assert_eq!(app.get(&format!("/images/{good}")).await.status(), StatusCode::OK);

        // The same bytes, uploaded again, heal the blob.
        app.uploaded(&png).await;
        assert_eq!(app.get(&format!("/images/{bad}")).await.bytes().await.unwrap(), png);
    }
}

#[tokio::test]
async fn a_bit_that_flips_after_the_first_reading_is_found_too() {
    let app = TestApp::with(&["--memory-cache=0"]).await;
    let png = images::png_of(300_000, 12);
    let id = app.uploaded(&png).await;
    assert_eq!(app.get(&format!("/images/{id}")).await.bytes().await.unwrap(), png);
    let blob = app.blobs().remove(0);
    let mut bytes = png.clone();
    bytes[0] ^= 1;
    fs::write(&blob, &bytes).unwrap();
    refused(app.get(&format!("/images/{id}")).await, 500, "internal").await;
}

#[tokio::test]
async fn a_lost_or_shortened_blob_costs_one_image() {
    let app = TestApp::start().await;
    let mut ids = Vec::new();
    for seed in 0..3 {
        ids.push(app.uploaded(&images::png_of(1000 + usize::try_from(seed).unwrap(), seed)).await);
    }
    let mut blobs = app.blobs();
    blobs.sort_by_key(|blob| fs::metadata(blob).unwrap().len());
    fs::remove_file(&blobs[0]).unwrap();
    fs::write(&blobs[1], b"short").unwrap();

    refused(app.get(&format!("/images/{}", ids[0])).await, 500, "internal").await;
    refused(app.get(&format!("/images/{}", ids[1])).await, 500, "internal").await;
    assert_eq!(app.get(&format!("/images/{}", ids[2])).await.status(), StatusCode::OK);
    let deleted = app.http.delete(app.url(&format!("/images/{}", ids[0]))).send().await.unwrap();
    assert_eq!(deleted.status(), StatusCode::OK);
}

#[tokio::test]
async fn the_start_puts_aside_what_no_row_names_and_nothing_else() {
    let app = TestApp::start().await;
    let jpeg = images::jpeg(24, 24);
    let id = app.uploaded(&jpeg).await;
    let folder = app.stop().await;
    let blobs = folder.path().join("blobs");
    let orphan = blobs.join("ab").join("ab".repeat(32));
    let stranger = blobs.join("ab").join("notes.txt");
    fs::write(&orphan, b"left by a crash").unwrap();
    fs::write(&stranger, b"not ours").unwrap();
    fs::write(folder.path().join("staging").join("half"), b"left by a crash").unwrap();

    let app = TestApp::in_folder(folder, &[]).await;
    assert!(app.staged().is_empty());
    until("the orphan is swept", async || (!orphan.exists()).then_some(())).await;
    let aside = app.folder.path().join("orphans").join("ab".repeat(32));
    assert_eq!(fs::read(aside).unwrap(), b"left by a crash", "it can still be found for a while");
    assert!(stranger.exists());
    assert_eq!(app.get(&format!("/images/{id}")).await.bytes().await.unwrap(), jpeg);
}

#[tokio::test]
async fn blobs_without_a_catalogue_are_not_swept_but_reported() {
    let app = TestApp::start().await;
    app.uploaded(&images::jpeg(24, 24)).await;
    let folder = app.stop().await;
    for name in ["catalogue.db", "catalogue.db-wal", "catalogue.db-shm"] {
        let _ = fs::remove_file(folder.path().join(name));
    }
    let settings = crate::test_app::settings_for(folder.path(), &[]);
    let error = image_cache::Application::build(&settings, Default::default()).await.err().unwrap();
    assert!(format!("{error:#}").contains("holds blobs but no catalogue.db"), "{error:#}");
}

#[tokio::test]
async fn a_second_process_on_the_same_folder_is_refused() {
    let app = TestApp::start().await;
    let settings = crate::test_app::settings_for(app.folder.path(), &[]);
    let error = image_cache::Application::build(&settings, Default::default()).await.err().unwrap();
    assert!(format!("{error:#}").contains("another process uses"), "{error:#}");
}

#[tokio::test]
async fn a_folder_of_the_version_before_owners_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let before =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/storage/tests/fixtures/before_owners");
    for blob in files_under(&before) {
        let place = folder.path().join(blob.strip_prefix(&before).unwrap());
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::copy(blob, place).unwrap();
    }
    let app = TestApp::in_folder(folder, &[]).await;
    let page: Value = app.get("/images").await.json().await.unwrap();
    let images = page["images"].as_array().unwrap();
    assert_eq!(images.len(), 3);
    for image in images {
        assert_eq!(image["frames"], 1, "{image}");
        let bytes =
            app.get(&format!("/images/{}", image["id"].as_str().unwrap())).await.bytes().await.unwrap();
        assert_eq!(bytes.len() as u64, image["bytes"]);
    }
    let by_name = app.get("/albums/%C3%A9t%C3%A9/images/hill.png").await;
    assert_eq!(by_name.status(), StatusCode::OK);
}
