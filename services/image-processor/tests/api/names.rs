//! Derived images and descriptions by the names of their originals.

use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use serde_json::json;
use testkit::images;
use testkit::wait::{time_passes, until};

use crate::test_app::{TestApp, cache_status, refused};

/// Never within a test: what is forgotten is forgotten by an event.
const NO_RECHECK: &str = "--recheck=1h";
const BEACH: &str = "/albums/summer/images/beach.jpg?width=20";

async fn with_beach(flags: &[&str]) -> (TestApp, String) {
    let app = TestApp::with(flags).await;
    app.create_album("summer").await;
    let id = app.put("summer", "beach.jpg", &images::jpeg(64, 48)).await;
    (app, id)
}

async fn until_missing(app: &TestApp, path: &str) {
    until("the name is missing", async || {
        (app.get(path).await.status() == StatusCode::NOT_FOUND).then_some(())
    })
    .await;
}

async fn until_there(app: &TestApp, path: &str) {
    until("the name is there", async || (app.get(path).await.status() == StatusCode::OK).then_some(())).await;
}

#[tokio::test]
async fn by_name_an_image_is_the_one_that_it_is_by_id() {
    let (app, id) = with_beach(&[]).await;
    for (by_name, by_id) in [
        (BEACH.to_owned(), format!("/images/{id}?width=20")),
        ("/albums/summer/images/beach.jpg/description".to_owned(), format!("/images/{id}/description")),
    ] {
        let named = app.get(&by_name).await;
        assert_eq!(named.status(), StatusCode::OK);
        let identified = app.get(&by_id).await;
        assert!(cache_status(&identified).contains("hit"), "it was computed already");
        assert_eq!(named.headers()["etag"], identified.headers()["etag"]);
        assert_eq!(named.headers()["cache-control"], "no-cache", "the name may be another's tomorrow");
        let head = app.http.head(app.url(&by_name)).send().await.unwrap();
        assert_eq!(head.headers()["content-length"], named.headers()["content-length"]);
        assert_eq!(named.bytes().await.unwrap(), identified.bytes().await.unwrap());
    }
    assert_eq!(app.metric("safelight_images_processed_total").await, 2);
}

#[tokio::test]
async fn a_name_that_is_none_or_is_not_there_is_refused() {
    let (app, _) = with_beach(&[]).await;
    for path in ["/albums/summer/images/nothing.jpg", "/albums/winter/images/beach.jpg/description"] {
        let message = refused(app.get(path).await, 404, "notFound").await;
        assert!(message.contains("the album `"), "{message}");
    }
    for path in ["/albums/%ff/images/beach.jpg", "/albums/summer/images/a%2Fb/description"] {
        refused(app.get(path).await, 400, "invalidName").await;
    }
    refused(app.get("/albums/summer/images/beach.jpg?wide=1").await, 400, "invalidOption").await;
}

#[tokio::test]
async fn every_change_of_a_name_is_followed_at_once() {
    let (app, id) = with_beach(&[NO_RECHECK]).await;
    let pier = "/albums/summer/images/pier.jpg?width=20";
    until_missing(&app, pier).await;
    let first = app.bytes(BEACH).await;

    app.change("PATCH", &format!("/images/{id}"), json!({ "imageName": "pier.jpg" })).await;
    until_missing(&app, BEACH).await;
    until_there(&app, pier).await;
    assert_eq!(app.bytes(pier).await, first);

    // The name goes to another image.
    app.put("summer", "beach.jpg", &images::jpeg(48, 64)).await;
    until_there(&app, BEACH).await;
    assert_ne!(app.bytes(BEACH).await, first);

    app.change("PATCH", "/albums/summer", json!({ "albumName": "winter" })).await;
    until_missing(&app, BEACH).await;
    until_there(&app, "/albums/winter/images/beach.jpg?width=20").await;

    app.delete(&id).await;
    until_missing(&app, "/albums/winter/images/pier.jpg?width=20").await;
    app.http.delete(format!("http://{}/albums/winter", app.cache_address())).send().await.unwrap();
    until_missing(&app, "/albums/winter/images/beach.jpg?width=20").await;
}

#[tokio::test]
async fn without_events_a_change_of_a_name_is_seen_at_the_next_re_check() {
    let (app, id) = with_beach(&["--follow-events=false", "--recheck=50ms"]).await;
    let first = app.bytes(BEACH).await;
    app.change("PATCH", &format!("/images/{id}"), json!({ "imageName": "pier.jpg" })).await;
    until_missing(&app, BEACH).await;
    app.put("summer", "beach.jpg", &images::jpeg(48, 64)).await;
    until_there(&app, BEACH).await;
    assert_ne!(app.bytes(BEACH).await, first);
}

/// Though the date of the second image's upload is older than that of the client's copy.
#[tokio::test]
async fn a_date_does_not_hide_that_the_name_is_anothers() {
    let (app, id) = with_beach(&[NO_RECHECK]).await;
    let older = app.put("summer", "older.jpg", &images::jpeg(48, 64)).await;
    let get = |since: String| app.http.get(app.url(BEACH)).header("if-modified-since", since).send();
    let seen = app.get(BEACH).await.headers()["last-modified"].to_str().unwrap().to_owned();
    assert_eq!(get(seen.clone()).await.unwrap().status(), StatusCode::NOT_MODIFIED);

    // Dates have whole seconds.
    let next_second = httpdate::parse_http_date(&seen).unwrap() + Duration::from_secs(1);
    time_passes(next_second.duration_since(SystemTime::now()).unwrap_or_default()).await;
    app.change("PATCH", &format!("/images/{id}"), json!({ "imageName": "pier.jpg" })).await;
    app.change("PATCH", &format!("/images/{older}"), json!({ "imageName": "beach.jpg" })).await;
    until("the name is the other's", async || {
        (get(seen.clone()).await.unwrap().status() == StatusCode::OK).then_some(())
    })
    .await;
}

#[tokio::test]
async fn while_image_cache_is_away_a_known_name_is_served_stale_also_after_a_restart() {
    let (mut app, _) = with_beach(&["--recheck=50ms", "--follow-events=false"]).await;
    let bytes = app.bytes(BEACH).await;
    app.stop_cache().await;
    time_passes(Duration::from_millis(60)).await;
    for _ in 0..2 {
        let stale = app.get(BEACH).await;
        assert_eq!(cache_status(&stale), "image-processor; hit; ttl=-1; detail=stale");
        assert_eq!(stale.bytes().await.unwrap(), bytes);
        app.restart_processor().await;
    }
    refused(app.get("/albums/summer/images/other.jpg").await, 503, "unavailable").await;
}
