//! How much one caller may ask for, counted by address here, since the service is open.

use reqwest::{Response, StatusCode};
use serde_json::Value;
use testkit::images;

use crate::test_app::TestApp;

/// Asks as a client that a proxy on loopback tells of.
async fn get_as(app: &TestApp, client: &str, path: &str) -> Response {
    app.http.get(app.url(path)).header("x-forwarded-for", client).send().await.unwrap()
}

async fn assert_too_many(response: Response) {
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    let seconds: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=61).contains(&seconds), "{seconds}");
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"], "tooManyRequests");
}

#[tokio::test]
async fn who_asks_too_often_gets_429_and_others_do_not() {
    let app = TestApp::with(&["--max-request-rate=3", "--trusted-proxies=127.0.0.1"]).await;
    for _ in 0..3 {
        assert_eq!(get_as(&app, "192.0.2.1", "/presets").await.status(), StatusCode::OK);
    }
    assert_too_many(get_as(&app, "192.0.2.1", "/presets").await).await;
    assert_eq!(get_as(&app, "192.0.2.2", "/presets").await.status(), StatusCode::OK);
    assert_eq!(get_as(&app, "192.0.2.1", "/health").await.status(), StatusCode::OK);
    let metrics = get_as(&app, "192.0.2.3", "/metrics").await.text().await.unwrap();
    assert!(metrics.contains("safelight_http_requests_over_rate_total 1\n"), "{metrics}");
}

#[tokio::test]
async fn without_trusted_proxies_a_client_has_one_address() {
    let app = TestApp::with(&["--max-request-rate=2"]).await;
    for client in ["192.0.2.1", "192.0.2.2"] {
        assert_eq!(get_as(&app, client, "/presets").await.status(), StatusCode::OK);
    }
    assert_too_many(get_as(&app, "192.0.2.3", "/presets").await).await;
}

#[tokio::test]
async fn what_is_made_is_counted_in_pixels_and_what_is_cached_is_free() {
    let app = TestApp::with(&["--max-pixel-rate=10000", "--trusted-proxies=127.0.0.1"]).await;
    // 10,000 pixels, all that there may be in a minute.
    let id = app.uploaded(&images::png(100, 100)).await;
    let (first, second) = (format!("/images/{id}?width=8"), format!("/images/{id}?width=9"));
    assert_eq!(get_as(&app, "192.0.2.1", &first).await.status(), StatusCode::OK);
    assert_too_many(get_as(&app, "192.0.2.1", &second).await).await;
    assert_eq!(get_as(&app, "192.0.2.1", &first).await.status(), StatusCode::OK, "it is cached");
    assert_eq!(get_as(&app, "192.0.2.2", &second).await.status(), StatusCode::OK, "another caller");
    assert_eq!(get_as(&app, "192.0.2.1", &second).await.status(), StatusCode::OK, "now it is cached");
    let metrics = get_as(&app, "192.0.2.1", "/metrics").await.text().await.unwrap();
    assert!(metrics.contains("safelight_images_over_rate_total 1\n"), "{metrics}");
}
