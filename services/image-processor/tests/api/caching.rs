//! Each image is made once, and kept.

use std::fs;
use std::path::{Path, PathBuf};

use reqwest::StatusCode;
use testkit::images;
use testkit::redis::Redis;
use testkit::wait::until;

use crate::test_app::{TestApp, cache_status};

#[tokio::test]
async fn the_second_answer_is_a_hit_with_the_same_bytes_and_tag() {
    let app = TestApp::start().await;
    let id = app.uploaded(&images::jpeg(64, 64)).await;
    let first = app.get(&format!("/blurred-images/{id}?sigma=5")).await;
    assert_eq!(cache_status(&first), "image-processor; fwd=miss; detail=miss");
    let second = app.get(&format!("/blurred-images/{id}?sigma=5.00&f=jpg")).await;
    assert_eq!(cache_status(&second), "image-processor; hit; detail=memory");
    assert_eq!(first.headers()["etag"], second.headers()["etag"]);
    assert_eq!(second.headers()["cache-control"], "public, max-age=3600");
    assert_eq!(first.bytes().await.unwrap(), second.bytes().await.unwrap());
    assert_eq!(app.metric("safelight_images_processed_total").await, 1);

    let other = app.get(&format!("/blurred-images/{id}?sigma=6")).await;
    assert!(cache_status(&other).contains("miss"));
}

#[tokio::test]
async fn a_client_that_has_the_image_costs_no_work() {
    let mut app = TestApp::with(&["--disk-cache=0", "--memory-cache=0"]).await;
    let id = app.uploaded(&images::jpeg(64, 64)).await;
    let path = format!("/blurred-images/{id}?sigma=5");
    let etag = app.get(&path).await.headers()["etag"].clone();
    app.restart_processor().await;
    let again = app.http.get(app.url(&path)).header("if-none-match", etag).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(app.metric("safelight_images_processed_total").await, 0);
}

#[tokio::test]
async fn head_and_ranges_work_on_derived_images() {
    let app = TestApp::start().await;
    let id = app.uploaded(&images::jpeg(64, 64)).await;
    let path = format!("/blurred-images/{id}");
    let whole = app.bytes(&path).await;
    let head = app.http.head(app.url(&path)).send().await.unwrap();
    assert_eq!(head.headers()["content-length"], whole.len().to_string().as_str());
    assert_eq!(head.bytes().await.unwrap().len(), 0);
    let part = app.http.get(app.url(&path)).header("range", "bytes=-7").send().await.unwrap();
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.bytes().await.unwrap(), &whole[whole.len() - 7..]);
}

#[tokio::test]
async fn derived_images_survive_a_restart_and_a_torn_file_is_made_again() {
    let mut app = TestApp::start().await;
    let id = app.uploaded(&images::jpeg(64, 64)).await;
    let path = format!("/blurred-images/{id}?sigma=5");
    let bytes = app.bytes(&path).await;

    app.restart_processor().await;
    let again = app.get(&path).await;
    assert_eq!(cache_status(&again), "image-processor; hit; detail=volume");
    assert_eq!(again.bytes().await.unwrap(), bytes);
    assert_eq!(app.metric("safelight_images_processed_total").await, 0);

    app.processor.take().unwrap().stop().await;
    let file = largest_file(&app.folder.path().join("processor").join("derived"));
    let torn = fs::read(&file).unwrap();
    fs::write(&file, &torn[..torn.len() - 10]).unwrap();
    app.start_processor().await;
    assert_eq!(app.bytes(&path).await, bytes);
    assert_eq!(app.metric("safelight_images_processed_total").await, 1);
    assert_eq!(app.metric("safelight_disk_cache_corrupt_files_total").await, 1);
}

#[tokio::test]
async fn deleting_the_original_makes_its_derived_images_404_and_removes_them() {
    let app = TestApp::start().await;
    let id = app.uploaded(&images::jpeg(64, 64)).await;
    let path = format!("/blurred-images/{id}?sigma=5");
    app.bytes(&path).await;
    let derived = app.folder.path().join("processor").join("derived");
    until("the derived image is written", async || {
        files(&derived).iter().any(|file| is_entry(file)).then_some(())
    })
    .await;

    let deleted = std::time::Instant::now();
    app.delete(&id).await;
    until("it is 404", async || (app.get(&path).await.status() == StatusCode::NOT_FOUND).then_some(())).await;
    assert!(deleted.elapsed().as_millis() < 1500, "{:?}", deleted.elapsed());
    until("its file is gone", async || (!files(&derived).iter().any(|file| is_entry(file))).then_some(()))
        .await;
}

fn is_entry(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|meta| meta.len() > 200)
}

fn largest_file(folder: &Path) -> PathBuf {
    files(folder).into_iter().max_by_key(|file| fs::metadata(file).unwrap().len()).unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for path in entries.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[tokio::test]
async fn what_one_processor_made_another_finds_on_the_server_that_they_share() {
    let server = Redis::start();
    let shared = format!("--shared-cache={}", server.url());
    let first = TestApp::with(&[&shared]).await;
    let second = TestApp::behind(first.cache_address(), &[&shared]).await;
    let alone = TestApp::behind(first.cache_address(), &[]).await;
    let id = first.uploaded(&images::jpeg(60, 40)).await;
    let path = format!("/images/{id}?width=20&format=png");
    let made = first.bytes(&path).await;
    until("it is shared", async || (server.command(&["DBSIZE"]).trim() != "0").then_some(())).await;
    let found = second.get(&path).await;
    assert_eq!(found.headers()["cache-status"], "image-processor; hit; detail=volume");
    assert_eq!(found.bytes().await.unwrap(), made);
    assert_eq!(alone.get(&path).await.headers()["cache-status"], "image-processor; fwd=miss; detail=miss");

    // A server that is gone costs no answer.
    drop(server);
    assert_eq!(second.get(&format!("/images/{id}?width=21")).await.status(), 200);
}
