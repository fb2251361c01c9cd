//! Pages of other origins.

use reqwest::{Method, StatusCode};
use testkit::images;

use crate::test_app::TestApp;

#[tokio::test]
async fn a_page_of_any_origin_may_read_without_credentials() {
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

    let preflight = preflight(&app, "https://page.example", "GET").await;
    assert_eq!(preflight.status(), StatusCode::OK);
    assert_eq!(preflight.headers()["access-control-allow-origin"], "*");
    let methods = preflight.headers()["access-control-allow-methods"].to_str().unwrap();
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        assert!(!methods.contains(method), "{methods}");
    }
    let headers = preflight.headers()["access-control-allow-headers"].to_str().unwrap();
    assert!(headers.contains("x-anything"), "{headers}");

    let error = app.http.get(app.url("/images/x")).header("origin", "https://page.example");
    assert_eq!(error.send().await.unwrap().headers()["access-control-allow-origin"], "*");
}

async fn preflight(app: &TestApp, origin: &str, method: &str) -> reqwest::Response {
    let preflight = app
        .http
        .request(Method::OPTIONS, app.url("/albums/a/images/x"))
        .header("origin", origin)
        .header("access-control-request-method", method)
        .header("access-control-request-headers", "content-type,x-anything");
    preflight.send().await.unwrap()
}

#[tokio::test]
async fn a_page_changes_something_only_if_its_origin_is_listed() {
    let app = TestApp::with(&["--cors-origin=https://ours.example"]).await;
    let allowed = preflight(&app, "https://ours.example", "PUT").await;
    assert!(allowed.headers()["access-control-allow-methods"].to_str().unwrap().contains("PUT"));

    let any = TestApp::start().await;
    let refused = preflight(&any, "https://page.example", "DELETE").await;
    assert!(!refused.headers().contains_key("access-control-allow-methods"), "{refused:?}");
    for (app, origin, status) in [
        (&app, "https://ours.example", StatusCode::CREATED),
        (&app, "https://page.example", StatusCode::FORBIDDEN),
        (&any, "https://page.example", StatusCode::FORBIDDEN),
        (&any, "null", StatusCode::FORBIDDEN),
        (&any, any.url("").trim_end_matches('/'), StatusCode::CREATED),
    ] {
        // A form needs no preflight, so that the answer alone must say no.
        let post = app.http.post(app.url("/albums")).header("origin", origin);
        let post = post.header("content-type", "application/json").body(r#"{"albumName":"a"}"#);
        assert_eq!(post.send().await.unwrap().status(), status, "{origin}");
    }
    assert_eq!(any.get("/albums").await.text().await.unwrap(), r#"{"albumList":["a"]}"#);
}

#[tokio::test]
async fn a_name_that_is_not_ours_is_refused() {
    let app = TestApp::with(&["--public-host=images.example"]).await;
    for (host, status) in [
        ("localhost", StatusCode::OK),
        ("localhost:8080", StatusCode::OK),
        ("images.example", StatusCode::OK),
        ("evil.example", StatusCode::MISDIRECTED_REQUEST),
        ("evil.example:3000", StatusCode::MISDIRECTED_REQUEST),
    ] {
        for path in ["/images", "/health", "/nothing"] {
            let response = app.http.get(app.url(path)).header("host", host).send().await.unwrap();
            let expected =
                if status == StatusCode::OK && path == "/nothing" { StatusCode::NOT_FOUND } else { status };
            assert_eq!(response.status(), expected, "{host}{path}");
        }
    }
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
