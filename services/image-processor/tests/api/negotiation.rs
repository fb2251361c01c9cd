//! `format=auto`: one URL, several formats.

use reqwest::{Method, Response, StatusCode};
use testkit::images;

use crate::test_app::{TestApp, cache_status, refused};

/// As browsers ask for an image.
const BROWSER: &str = "image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";

async fn ask(app: &TestApp, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
    let mut request = app.http.request(method, app.url(path));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

async fn get(app: &TestApp, path: &str, accept: &str) -> Response {
    ask(app, Method::GET, path, &[("accept", accept)]).await
}

#[tokio::test]
async fn a_client_that_names_webp_gets_it_and_others_what_everyone_shows() {
    let app = TestApp::start().await;
    let jpeg = app.uploaded(&images::jpeg(64, 48)).await;
    let clear = app.uploaded(&images::png_with_alpha(64, 48)).await;
    for (id, usual) in [(&jpeg, "image/jpeg"), (&clear, "image/png")] {
        let path = format!("/images/{id}?width=32&format=auto");
        for (accept, expected) in
            [(BROWSER, "image/webp"), ("*/*", usual), ("image/webp;q=0, image/*", usual)]
        {
            let response = get(&app, &path, accept).await;
            assert_eq!(response.status(), StatusCode::OK);
            assert_eq!(response.headers()["content-type"], expected, "{accept}");
            assert_eq!(response.headers()["vary"], "Accept", "{accept}");
            let extension = expected.split('/').next_back().unwrap().replace("jpeg", "jpg");
            let disposition = response.headers()["content-disposition"].to_str().unwrap();
            assert!(disposition.contains(&format!(".{extension}\"")), "{disposition}");
            assert!(images::decode(&response.bytes().await.unwrap()).width() == 32);
        }
    }
    // Two originals in two formats each, however many asked.
    assert_eq!(app.metric("safelight_images_processed_total").await, 4);
}

#[tokio::test]
async fn a_small_result_is_avif_to_a_client_that_names_it_and_a_large_one_webp() {
    let app = TestApp::start().await;
    let id = app.uploaded(&images::jpeg(1100, 1000)).await;
    let browser = format!("image/avif,{BROWSER}");
    for (query, expected) in [("width=64&format=auto", "image/avif"), ("format=auto", "image/webp")] {
        let response = get(&app, &format!("/images/{id}?{query}"), &browser).await;
        assert_eq!(response.headers()["content-type"], expected, "{query}");
        assert_eq!(response.headers()["vary"], "Accept");
    }
}

#[tokio::test]
async fn the_chosen_format_is_the_same_image_as_the_named_one() {
    let app = TestApp::start().await;
    let id = app.uploaded(&images::jpeg(64, 48)).await;
    let named = app.get(&format!("/blurred-images/{id}?format=webp")).await;
    assert!(!named.headers().contains_key("vary"), "the answer is the same for everyone");
    let chosen = get(&app, &format!("/blurred-images/{id}?format=auto"), BROWSER).await;
    assert_eq!(cache_status(&chosen), "image-processor; hit; detail=memory");
    assert_eq!(chosen.headers()["etag"], named.headers()["etag"]);
    assert_eq!(chosen.bytes().await.unwrap(), named.bytes().await.unwrap());
}

#[tokio::test]
async fn a_tag_of_one_format_is_none_of_another_and_every_answer_varies() {
    let app = TestApp::start().await;
    let id = app.uploaded(&images::jpeg(64, 48)).await;
    let path = format!("/images/{id}?width=32&f=auto");
    let etag = get(&app, &path, BROWSER).await.headers()["etag"].to_str().unwrap().to_owned();
    for (method, header, accept, status) in [
        (Method::GET, "if-none-match", BROWSER, StatusCode::NOT_MODIFIED),
        (Method::HEAD, "if-none-match", BROWSER, StatusCode::NOT_MODIFIED),
        (Method::GET, "if-none-match", "*/*", StatusCode::OK),
        (Method::HEAD, "if-none-match", "*/*", StatusCode::OK),
        (Method::GET, "if-match", BROWSER, StatusCode::OK),
        (Method::GET, "if-match", "*/*", StatusCode::PRECONDITION_FAILED),
    ] {
        let response = ask(&app, method.clone(), &path, &[("accept", accept), (header, &etag)]).await;
        assert_eq!(response.status(), status, "{method} {header} {accept}");
        assert_eq!(response.headers()["vary"], "Accept", "{method} {header} {accept}");
    }
    let range = ask(&app, Method::GET, &path, &[("accept", BROWSER), ("range", "bytes=0-3")]).await;
    assert_eq!(
        (range.status(), &range.headers()["vary"]),
        (StatusCode::PARTIAL_CONTENT, &"Accept".parse().unwrap())
    );
    let gone = get(&app, "/images/01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12?f=auto", BROWSER).await;
    assert_eq!(gone.headers()["vary"], "Accept");
    refused(gone, 404, "notFound").await;
}

#[tokio::test]
async fn the_origin_stays_in_vary_where_it_matters_too() {
    let app = TestApp::with(&["--cors-origin=https://a.example"]).await;
    let id = app.uploaded(&images::jpeg(64, 48)).await;
    let path = format!("/images/{id}?f=auto");
    let response =
        ask(&app, Method::GET, &path, &[("accept", BROWSER), ("origin", "https://a.example")]).await;
    let vary = response.headers().get_all("vary").iter().map(|value| value.to_str().unwrap());
    let vary = vary.collect::<Vec<_>>().join(", ");
    assert!(vary.contains("Accept") && vary.contains("Origin"), "{vary}");
}
