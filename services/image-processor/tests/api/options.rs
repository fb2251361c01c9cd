//! Bad requests, each refused by name.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::images;

use crate::test_app::{TestApp, refused};

#[tokio::test]
async fn a_wrong_option_is_400_naming_it_and_what_it_accepts() {
    let app = TestApp::start().await;
    let id = app.uploaded(&images::png(16, 16)).await;
    for (query, option) in [
        ("sigma=0.29", "sigma"),
        ("sigma=251", "sigma"),
        ("sigma=NaN", "sigma"),
        ("sigma=1e309", "sigma"),
        ("sigma=-1", "sigma"),
        ("sigma=", "sigma"),
        ("sigma", "sigma"),
        ("sigma=5&sigma=9", "blur"),
        ("blur=5&sigma=5", "blur"),
        ("sgima=5", "sgima"),
        ("width=0", "width"),
        ("fit=stretch&w=5", "fit"),
        ("fit=cover", "fit"),
        ("w=5&position=top", "position"),
        ("w=5&position=entropy", "position"),
        ("w=5&h=9&fit=contain&position=attention", "position"),
        ("enlarge=true", "enlarge"),
        ("rotate=left", "rotate"),
        ("trim=255", "trim"),
        ("crop=1,2,3", "crop"),
        ("padding=1,2,3", "padding"),
        ("dpr=2", "dpr"),
        ("dpr=8&width=9999", "dpr"),
        ("format=bmp", "format"),
        ("quality=101", "quality"),
        ("sigma=5&x=%00", "x"),
    ] {
        let response = app.get(&format!("/blurred-images/{id}?{query}")).await;
        assert_eq!(response.status().as_u16(), 400, "{query}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error"], "invalidOption", "{query}: {body}");
        assert_eq!(body["detail"]["option"], option, "{query}: {body}");
        assert!(!body["detail"]["accepts"].as_str().unwrap().is_empty(), "{query}: {body}");
    }
    let message = refused(app.get(&format!("/images/{id}?crop=16,0,1,1")).await, 400, "invalidOption").await;
    assert!(message.contains("16×16"), "{message}");
    let message = refused(app.get(&format!("/images/{id}?sigma=251")).await, 400, "invalidOption").await;
    assert!(message.contains("0.3 to 250"), "{message}");
}

#[tokio::test]
async fn wrong_ids_paths_and_methods_are_refused() {
    let app = TestApp::start().await;
    let message = refused(app.get("/blurred-images/photo.jpg").await, 400, "invalidId").await;
    assert!(message.contains("`photo.jpg`"), "{message}");
    let unknown = "01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12";
    let message = refused(app.get(&format!("/images/{unknown}")).await, 404, "notFound").await;
    assert!(message.contains(unknown), "{message}");
    refused(app.get("/images").await, 404, "notFound").await;
    let post = app.http.request(Method::POST, app.url(&format!("/images/{unknown}"))).send().await.unwrap();
    assert_eq!(post.headers()["allow"], "GET, HEAD");
    refused(post, 405, "methodNotAllowed").await;
}

#[tokio::test]
async fn too_many_pixels_in_or_out_are_422() {
    let app = TestApp::with(&["--max-pixels=10000", "--max-output-pixels=5000"]).await;
    let id = app.uploaded(&images::png(101, 100)).await;
    let message = refused(app.get(&format!("/images/{id}?width=10")).await, 422, "tooManyPixels").await;
    assert!(message.contains("10100 pixels"), "{message}");
    let id = app.uploaded(&images::png(90, 90)).await;
    let message = refused(app.get(&format!("/images/{id}")).await, 422, "tooManyPixels").await;
    assert!(message.contains("at most 5000"), "{message}");
    assert_eq!(app.metric("safelight_images_processed_total").await, 0);
    app.bytes(&format!("/images/{id}?width=50")).await;
    let turned = app.get(&format!("/images/{id}?width=9&rotate=45")).await;
    let message = refused(turned, 422, "tooManyPixels").await;
    assert!(message.contains("128×128"), "{message}");
}

#[tokio::test]
async fn an_image_that_needs_more_than_the_whole_budget_is_422() {
    let app = TestApp::with(&["--memory-budget=100kB"]).await;
    let id = app.uploaded(&images::png(400, 400)).await;
    refused(app.get(&format!("/images/{id}?blur=3")).await, 422, "tooManyPixels").await;
}

#[tokio::test]
async fn presets_stand_for_their_options_and_may_be_all_that_can_be_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("presets.toml");
    std::fs::write(&file, "tiny = \"width=5&format=png\"\ncard = \"width=8&height=6\"").unwrap();
    let flag = format!("--presets-file={}", file.display());
    let app = TestApp::with(&[&flag, "--presets-only=true"]).await;
    let id = app.uploaded(&images::jpeg(16, 16)).await;
    let tiny = images::decode(&app.bytes(&format!("/images/{id}?preset=tiny")).await);
    assert_eq!((tiny.width(), tiny.height()), (5, 5));
    for (query, told) in [
        ("width=5", "only presets can be asked for here"),
        ("preset=tiny&blur=3", "only presets can be asked for here"),
        ("preset=large", "there is no preset `large`"),
    ] {
        let response = app.get(&format!("/images/{id}?{query}")).await;
        assert_eq!(response.status(), 400, "{query}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error"], "invalidOption", "{body}");
        assert!(body["message"].as_str().unwrap().contains(told), "{body}");
    }
    let listed: Value = app.get("/presets").await.json().await.unwrap();
    assert_eq!(listed["presets"], json!({"card": "width=8&height=6", "tiny": "width=5&format=png"}));
}
