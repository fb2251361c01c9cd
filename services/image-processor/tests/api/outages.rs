//! image-cache away, hung, or talking nonsense.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
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

/// Stops image-cache and listens where it was: connections are taken, as the kernel does for
/// a process that hangs, and nothing is ever answered.
async fn hang_cache(app: &mut TestApp) -> TcpListener {
    app.stop_cache().await;
    TcpListener::bind(app.cache_address()).await.unwrap()
}

#[tokio::test]
async fn a_hung_image_cache_is_503_for_the_new_and_stale_for_the_made() {
    let mut app = TestApp::with(&["--recheck=50ms"]).await;
    let id = app.uploaded(&images::jpeg(64, 64)).await;
    let path = format!("/blurred-images/{id}?sigma=5");
    app.bytes(&path).await;
    let hung = hang_cache(&mut app).await;

    time_passes(Duration::from_millis(60)).await;
    let unknown = "01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12";
    let response = app.get(&format!("/blurred-images/{unknown}")).await;
    assert_eq!(response.headers()["retry-after"], "1");
    refused(response, 503, "unavailable").await;
    let started = Instant::now();
    for _ in 0..5 {
        assert_eq!(cache_status(&app.get(&path).await), STALE);
    }
    assert!(started.elapsed() < Duration::from_millis(1500), "{:?}", started.elapsed());

    drop(hung);
    app.start_cache().await;
    until("it is back", async || {
        (app.get(&format!("/blurred-images/{unknown}")).await.status() == StatusCode::NOT_FOUND).then_some(())
    })
    .await;
}

/// They are known, so their answer waits for the original itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_of_cold_requests_does_not_wait_for_a_hung_image_cache() {
    let mut app = TestApp::with(&["--recheck=1h", "--follow-events=false", "--max-queue=100"]).await;
    let id = app.uploaded(&images::jpeg(64, 64)).await;
    app.bytes(&format!("/blurred-images/{id}?sigma=5")).await;
    let _hung = hang_cache(&mut app).await;

    let started = Instant::now();
    let urls = (10..70).map(|n| app.url(&format!("/blurred-images/{id}?sigma=1{n}")));
    for response in join_all(urls.map(|url| app.http.get(url).send())).await {
        let response = response.unwrap();
        assert_eq!(response.headers()["retry-after"], "1");
        refused(response, 503, "unavailable").await;
    }
    // On an idle machine 0.3 s for the first and nothing for the others; the old way was 5 s
    // for each.
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    let started = Instant::now();
    assert_eq!(app.get("/health/ready").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    assert_eq!(app.metric("safelight_images_queued").await, 0);
}
