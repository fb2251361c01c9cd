//! Pages of other origins.

use reqwest::{Method, StatusCode};
use testkit::images;

use crate::test_app::TestApp;

#[tokio::test]
async fn a_page_of_any_origin_may_use_the_service_without_credentials() {
    let app = TestApp::start().await;
    let id = app.uploaded(&images::png(8, 8)).await;
    let read = app.http.get(app.url(&format!("/images/{id}"))).header("origin", "https://page.example");
    let read = read.send().await.unwrap();
    assert_eq!(read.headers()["access-control-allow-origin"], "*");
    assert!(!read.headers().contains_key("access-control-allow-credentials"));
    let exposed = read.headers()["access-control-expose-headers"].to_str().unwrap().to_lowercase();
    for header in ["etag", "location", "x-request-id"] {
        assert!(exposed.contains(header), "{exposed}");
    }

    // What a browser keeps of an image that it only shows, a script may read later.
    let shown = app.get(&format!("/images/{id}")).await;
    assert_eq!(shown.headers()["access-control-allow-origin"], "*");

    let preflight = app
        .http
        .request(Method::OPTIONS, app.url("/albums/a/images/x"))
        .header("origin", "https://page.example")
        .header("access-control-request-method", "PUT")
        .header("access-control-request-headers", "content-type,x-anything");
    let preflight = preflight.send().await.unwrap();
    assert_eq!(preflight.status(), StatusCode::OK);
    assert_eq!(preflight.headers()["access-control-allow-origin"], "*");
    assert!(preflight.headers()["access-control-allow-methods"].to_str().unwrap().contains("PUT"));
    let headers = preflight.headers()["access-control-allow-headers"].to_str().unwrap();
    assert!(headers.contains("x-anything"), "{headers}");

    let error = app.http.get(app.url("/images/x")).header("origin", "https://page.example");
    assert_eq!(error.send().await.unwrap().headers()["access-control-allow-origin"], "*");
}

#[tokio::test]
async fn origins_can_be_named_or_none_be_let_in() {
    let app = TestApp::with(&["--cors-origin=https://ours.example"]).await;
    let from = async |app: &TestApp, origin| {
        let response = app.http.get(app.url("/health")).header("origin", origin).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        response.headers().get("access-control-allow-origin").map(|value| value.to_str().unwrap().to_owned())
    };
    assert_eq!(from(&app, "https://ours.example").await.as_deref(), Some("https://ours.example"));
    assert_eq!(from(&app, "https://other.example").await, None);
    let app = TestApp::with(&["--cors-origin=none"]).await;
    assert_eq!(from(&app, "https://ours.example").await, None);
}
