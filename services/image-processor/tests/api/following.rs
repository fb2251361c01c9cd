//! What was made of a deleted original goes by itself.

use reqwest::StatusCode;
use serde_json::json;
use testkit::images;
use testkit::wait::until;

use crate::test_app::TestApp;

/// Never within a test: what is forgotten is forgotten by an event.
const NO_RECHECK: &str = "--recheck=1h";

async fn until_nothing_is_kept(app: &TestApp) {
    let nothing = async || {
        let kept =
            app.metric("safelight_memory_cache_bytes").await + app.metric("safelight_disk_cache_bytes").await;
        (kept == 0).then_some(())
    };
    until("nothing of it is kept", nothing).await;
}

async fn until_it_is_on_disk(app: &TestApp) {
    until("it is on disk", async || (app.metric("safelight_disk_cache_bytes").await > 0).then_some(())).await;
}

#[tokio::test]
async fn what_was_made_goes_with_its_original_though_nobody_asks() {
    let app = TestApp::with(&[NO_RECHECK]).await;
    let id = app.uploaded(&images::jpeg(64, 64)).await;
    for sigma in [2, 3] {
        app.bytes(&format!("/blurred-images/{id}?sigma={sigma}")).await;
    }
    until_it_is_on_disk(&app).await;
    app.delete(&id).await;
    until_nothing_is_kept(&app).await;
    assert_eq!(app.get(&format!("/blurred-images/{id}?sigma=2")).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_was_made_goes_with_the_album_of_its_original() {
    let app = TestApp::with(&[NO_RECHECK]).await;
    let id = app.uploaded(&images::jpeg(64, 64)).await;
    let cache = format!("http://{}", app.cache_address());
    let album = app.http.post(format!("{cache}/albums")).json(&json!({ "albumName": "a" }));
    assert_eq!(album.send().await.unwrap().status(), StatusCode::CREATED);
    let into = app.http.patch(format!("{cache}/images/{id}")).json(&json!({ "albumName": "a" }));
    assert_eq!(into.send().await.unwrap().status(), StatusCode::OK);
    app.bytes(&format!("/blurred-images/{id}")).await;
    until_it_is_on_disk(&app).await;
    app.http.delete(format!("{cache}/albums/a")).send().await.unwrap();
    until_nothing_is_kept(&app).await;
}

#[tokio::test]
async fn a_deletion_while_the_processor_was_away_is_made_up_for() {
    let mut app = TestApp::with(&[NO_RECHECK]).await;
    let id = app.uploaded(&images::jpeg(64, 64)).await;
    app.bytes(&format!("/blurred-images/{id}")).await;
    app.processor.take().unwrap().stop().await;
    app.delete(&id).await;
    app.start_processor().await;
    until_nothing_is_kept(&app).await;
}

#[tokio::test]
async fn events_are_followed_again_when_image_cache_comes_back() {
    let mut app = TestApp::with(&[NO_RECHECK]).await;
    let id = app.uploaded(&images::jpeg(64, 64)).await;
    app.bytes(&format!("/blurred-images/{id}")).await;
    until_it_is_on_disk(&app).await;
    app.stop_cache().await;
    app.start_cache().await;
    app.delete(&id).await;
    until_nothing_is_kept(&app).await;
}

#[tokio::test]
async fn without_events_a_deleted_original_is_missed_at_the_next_re_check() {
    let app = TestApp::with(&["--follow-events=false", "--recheck=50ms"]).await;
    let id = app.uploaded(&images::jpeg(64, 64)).await;
    let path = format!("/blurred-images/{id}");
    app.bytes(&path).await;
    app.delete(&id).await;
    let gone = async || (app.get(&path).await.status() == StatusCode::NOT_FOUND).then_some(());
    until("it is gone", gone).await;
    until_nothing_is_kept(&app).await;
}

#[tokio::test]
async fn a_renamed_original_gives_its_new_name_to_what_is_made_of_it() {
    let app = TestApp::with(&["--recheck=50ms"]).await;
    let id = app.uploaded(&images::jpeg(64, 64)).await;
    let path = format!("/blurred-images/{id}");
    app.bytes(&path).await;
    let url = format!("http://{}/images/{id}", app.cache_address());
    let renamed = app.http.patch(url).json(&json!({ "imageName": "beach.jpg" })).send().await.unwrap();
    assert_eq!(renamed.status(), StatusCode::OK);
    let named = async || {
        let response = app.get(&path).await;
        let disposition = response.headers()["content-disposition"].to_str().unwrap().to_owned();
        disposition.contains("beach").then_some(())
    };
    until("it has the new name", named).await;
}
