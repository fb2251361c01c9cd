//! What an image looks like.

use std::collections::BTreeSet;

use api::ImageDescription;
use reqwest::StatusCode;
use serde_json::Value;
use testkit::images;
use testkit::wait::until;

use crate::test_app::{TestApp, cache_status, refused};

#[tokio::test]
async fn an_image_is_told_as_it_is_displayed() {
    let app = TestApp::start().await;
    let file = images::jpeg_with_notes(400, 300);
    let id = app.uploaded(&file).await;
    let response = app.get(&format!("/images/{id}/description")).await;
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.headers()["cache-control"], "public, max-age=3600");
    assert!(!response.headers().contains_key("content-disposition"));
    let info: ImageDescription = response.json().await.unwrap();
    assert_eq!((info.width, info.height, info.stored_width, info.stored_height), (300, 400, 400, 300));
    assert_eq!((info.orientation, info.bytes), (6, file.len() as u64));
    assert!(!info.has_alpha && !info.palette.is_empty());
    assert_eq!(info.color.as_ref(), info.palette.first());
    assert!(info.palette.iter().all(|color| color.len() == 7 && color.starts_with('#')), "{info:?}");
    assert_eq!((info.blur_hash.len(), info.exif.make.as_deref()), (28, Some("Acme")));
    let known = app.http.get(format!("http://{}/images/{id}/info", app.cache_address()));
    let known: Value = known.send().await.unwrap().json().await.unwrap();
    assert_eq!(known["sha256"], info.sha256.to_string());
}

#[tokio::test]
async fn where_it_was_taken_is_told_only_to_those_who_ask() {
    let app = TestApp::start().await;
    let id = app.uploaded(&images::jpeg_with_notes(64, 48)).await;
    let path = format!("/images/{id}/description");
    let plain = app.get(&path).await;
    let asked = app.get(&format!("{path}?gps=true")).await;
    assert_ne!(plain.headers()["etag"], asked.headers()["etag"]);
    let (plain, asked) = (plain.text().await.unwrap(), asked.text().await.unwrap());
    assert!(!plain.contains("gps") && !plain.contains("latitude"), "{plain}");
    let asked: Value = serde_json::from_str(&asked).unwrap();
    assert_eq!(asked["exif"]["gps"], serde_json::json!({ "latitude": -33.86, "longitude": 151.2 }));
    assert_eq!(app.bytes(&format!("{path}?gps=false")).await, plain.as_bytes());
}

#[tokio::test]
async fn it_is_found_out_once_and_kept_like_an_image() {
    let mut app = TestApp::start().await;
    let id = app.uploaded(&images::jpeg(640, 480)).await;
    let path = format!("/images/{id}/description");
    let many = futures_util::future::join_all((0..20).map(|_| app.get(&path))).await;
    let tags: BTreeSet<_> =
        many.iter().map(|one| one.headers()["etag"].to_str().unwrap().to_owned()).collect();
    assert!(many.iter().all(|one| one.status() == StatusCode::OK) && tags.len() == 1, "{tags:?}");
    assert_eq!(app.metric("safelight_images_processed_total").await, 1);
    let etag = tags.first().unwrap();
    for method in ["GET", "HEAD"] {
        let again = app.http.request(method.parse().unwrap(), app.url(&path)).header("if-none-match", etag);
        assert_eq!(again.send().await.unwrap().status(), StatusCode::NOT_MODIFIED);
    }
    let whole = app.bytes(&path).await;
    let head = app.http.head(app.url(&path)).send().await.unwrap();
    assert_eq!(head.headers()["content-length"], whole.len().to_string().as_str());
    app.restart_processor().await;
    let kept = app.get(&path).await;
    assert_eq!(cache_status(&kept), "image-processor; hit; detail=volume");
    assert_eq!(kept.bytes().await.unwrap(), whole);
    app.delete(&id).await;
    until("it is 404", async || (app.get(&path).await.status() == StatusCode::NOT_FOUND).then_some(())).await;
}

#[tokio::test]
async fn what_cannot_be_told_is_refused() {
    let app = TestApp::start().await;
    let id = app.uploaded(&images::png(16, 16)).await;
    for (query, option) in [("gps=1", "gps"), ("gps=true&gps=true", "gps"), ("width=5", "width")] {
        let response = app.get(&format!("/images/{id}/description?{query}")).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{query}");
        let body: Value = response.json().await.unwrap();
        assert_eq!((&body["error"], &body["detail"]["option"]), (&"invalidOption".into(), &option.into()));
    }
    let mut torn = images::jpeg(200, 200);
    torn.truncate(torn.len() / 2);
    let id = app.uploaded(&torn).await;
    refused(app.get(&format!("/images/{id}/description")).await, 422, "corruptImage").await;
}

#[tokio::test]
async fn the_old_path_of_a_description_answers_the_same() {
    let app = TestApp::start().await;
    let id = app.uploaded(&images::jpeg_with_notes(64, 48)).await;
    for query in ["", "?gps=true"] {
        let new = app.get(&format!("/images/{id}/description{query}")).await;
        let old = app.get(&format!("/images/{id}/info{query}")).await;
        assert_eq!(old.headers()["etag"], new.headers()["etag"]);
        assert_eq!(old.bytes().await.unwrap(), new.bytes().await.unwrap());
    }
}
