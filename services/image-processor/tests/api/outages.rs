//! image-cache away, hung, or talking nonsense.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use testkit::images;
use testkit::wait::{time_passes, until};
use tokio::net::TcpListener;

use crate::test_app::{TestApp, cache_status, refused};

const STALE: &str = "image-processor; hit; ttl=-1; detail=stale";

#[tokio::test]
async fn what_is_made_is_served_stale_while_image_cache_is_away_and_the_rest_is_503() {
    let mut app = TestApp::with(&["--recheck=50ms"]).await;
    let id = app.uploaded(&images::jpeg(64, 64)).await;
    let unseen = app.uploaded(&images::jpeg(32, 32)).await;
    let path = format!("/blurred-images/{id}?sigma=5");
    let bytes = app.bytes(&path).await;

    app.stop_cache().await;
    time_passes(Duration::from_millis(60)).await;
    let stale = app.get(&path).await;
    assert_eq!(cache_status(&stale), STALE);
    assert_eq!(stale.headers()["cache-control"], "no-cache", "no other cache is to keep it");
    assert_eq!(stale.bytes().await.unwrap(), bytes);
    for path in [format!("/blurred-images/{unseen}"), format!("/blurred-images/{id}?sigma=9")] {
        let response = app.get(&path).await;
        assert_eq!(response.headers()["retry-after"], "1");
        refused(response, 503, "unavailable").await;
    }
    assert_eq!(app.get("/health").await.status(), StatusCode::OK);
    assert_eq!(app.get("/health/ready").await.status(), StatusCode::SERVICE_UNAVAILABLE);

    // Also after a restart of the processor, from what it has on its volume.
    app.restart_processor().await;
    let stale = app.get(&path).await;
    assert_eq!(cache_status(&stale), STALE);
    assert_eq!(stale.bytes().await.unwrap(), bytes);

    app.start_cache().await;
    until("it is fresh again", async || {
        (!cache_status(&app.get(&path).await).contains("stale")).then_some(())
    })
    .await;
    app.bytes(&format!("/blurred-images/{unseen}")).await;
}

#[tokio::test]
async fn a_hung_image_cache_is_504_for_the_new_and_stale_for_the_made() {
    let mut app =
        TestApp::with(&["--recheck=300ms", "--read-timeout=300ms", "--connect-timeout=300ms"]).await;
    let id = app.uploaded(&images::jpeg(64, 64)).await;
    let path = format!("/blurred-images/{id}?sigma=5");
    app.bytes(&path).await;
    app.stop_cache().await;
    // Accepts, as the kernel does for a stopped process, and never answers.
    let _hung = TcpListener::bind(app.cache_address()).await.unwrap();

    time_passes(Duration::from_millis(310)).await;
    let unknown = "01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12";
    refused(app.get(&format!("/blurred-images/{unknown}")).await, 504, "timeout").await;
    let started = Instant::now();
    for _ in 0..5 {
        assert_eq!(cache_status(&app.get(&path).await), STALE);
    }
    assert!(started.elapsed() < Duration::from_millis(1500), "{:?}", started.elapsed());
}
