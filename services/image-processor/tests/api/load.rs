//! Many callers at once.

use futures_util::future::join_all;
use reqwest::StatusCode;
use testkit::images;
use testkit::wait::until;

use crate::test_app::{TestApp, cache_status, refused};

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_callers_of_a_cold_image_cost_one_making_though_the_first_hangs_up() {
    let app = TestApp::start().await;
    let id = app.uploaded(&images::jpeg(1200, 900)).await;
    let url = app.url(&format!("/blurred-images/{id}?sigma=7"));

    let first = tokio::spawn(app.http.get(&url).send());
    until("the first caller is being served", async || {
        (app.metric("safelight_http_requests_in_flight").await > 1).then_some(())
    })
    .await;
    let others: Vec<_> = (0..99).map(|_| tokio::spawn(app.http.get(&url).send())).collect();
    first.abort();

    let mut answers = Vec::new();
    for answer in join_all(others).await {
        let answer = answer.unwrap().unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(answer.headers().contains_key("cache-status"));
        answers.push(answer.bytes().await.unwrap());
    }
    assert!(answers.iter().all(|answer| answer == &answers[0]));
    assert_eq!(app.metric("safelight_images_processed_total").await, 1);
    // Nor was a second making begun and thrown away: the original was fetched once.
    let metrics = app.http.get(format!("http://{}/metrics", app.cache_address())).send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    let fetches = r#"safelight_http_requests_total{method="GET",route="/images/{id}",status="200"} 1"#;
    assert!(metrics.contains(fetches), "{metrics}");
    let again = app.get(&format!("/blurred-images/{id}?sigma=7")).await;
    assert_eq!(cache_status(&again), "image-processor; hit; detail=memory");
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_line_is_full_a_further_image_is_503_at_once_and_health_still_answers() {
    let app = TestApp::with(&["--workers=1", "--max-queue=1"]).await;
    let id = app.uploaded(&images::jpeg(3000, 2000)).await;
    let urls = (0..12).map(|n| app.url(&format!("/blurred-images/{id}?sigma=2{n}")));
    let answers: Vec<_> = urls.map(|url| tokio::spawn(app.http.get(url).send())).collect();
    assert_eq!(app.get("/health").await.status(), StatusCode::OK);

    let (mut made, mut full) = (0, 0);
    for answer in join_all(answers).await {
        let answer = answer.unwrap().unwrap();
        if answer.status() == StatusCode::OK {
            made += 1;
        } else {
            assert_eq!(answer.headers()["retry-after"], "1");
            refused(answer, 503, "unavailable").await;
            full += 1;
        }
    }
    assert!(made >= 2 && full >= 1, "{made} made, {full} refused");
    let after = app.get(&format!("/blurred-images/{id}?sigma=3")).await;
    assert_eq!(after.status(), StatusCode::OK, "once the line is empty everything goes");
}

#[tokio::test]
async fn an_image_that_takes_too_long_is_504() {
    let app = TestApp::with(&["--request-timeout=1ms"]).await;
    let id = app.uploaded(&images::jpeg(2000, 1500)).await;
    refused(app.get(&format!("/blurred-images/{id}")).await, 504, "timeout").await;
}
