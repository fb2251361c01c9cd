//! Several image-processors: each image has a home, and one that fails is passed over.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use testkit::bad_upstream::{BadUpstream, Script, Then};
use testkit::images;

use crate::test_app::{TestApp, gateway, http};

/// A metric without labels, of one service.
async fn metric(base: &str, name: &str) -> u64 {
    let text = reqwest::get(format!("{base}/metrics")).await.unwrap().text().await.unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
    line.unwrap_or_else(|| panic!("{name} is missing in\n{text}")).parse().unwrap()
}

async fn made(app: &TestApp) -> u64 {
    let mut made = 0;
    for processor in &app.processors {
        made += metric(&processor.url(""), "safelight_images_processed_total").await;
    }
    made
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_cold_requests_over_three_processors_are_one_making() {
    let app = TestApp::with_processors(3).await;
    let id = app.uploaded(&images::jpeg(900, 600)).await;
    let before = made(&app).await;
    // Two spellings of one request.
    let paths = [format!("/images/{id}?w=300&blur=4"), format!("/images/{id}?sigma=4.0&width=300")];
    let answers = join_all((0..200).map(|n| app.get(&paths[n % 2]))).await;
    let mut bodies = BTreeSet::new();
    for answer in answers {
        assert_eq!(answer.status(), 200);
        bodies.insert(answer.bytes().await.unwrap());
    }
    assert_eq!(bodies.len(), 1);
    assert_eq!(made(&app).await - before, 1);
}

#[tokio::test]
async fn a_processor_that_is_gone_costs_no_request() {
    let mut app = TestApp::with_processors(3).await;
    let id = app.uploaded(&images::jpeg(90, 60)).await;
    app.processors.remove(1).stop().await;
    for width in 1..=40 {
        let answer = app.get(&format!("/images/{id}?width={width}")).await;
        assert_eq!(answer.status(), 200, "width {width}");
    }
}

#[tokio::test]
async fn a_full_processor_hands_over_to_the_next() {
    let full = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 4\r\n\r\nfull";
    let full = BadUpstream::start(Script::answers(full, Then::Serve)).await;
    let other =
        BadUpstream::start(Script::answers("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", Then::Serve))
            .await;
    let gateway = gateway(other.address(), &[full.address(), other.address()], &[]);
    for width in 1..=16 {
        let url = gateway.url(&format!("/images/01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12?width={width}"));
        assert_eq!(http().get(url).send().await.unwrap().status(), 200, "width {width}");
    }
}

#[tokio::test]
async fn when_all_are_full_the_client_is_told_so() {
    let answer = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nfull";
    let full = BadUpstream::start(Script::answers(answer, Then::Serve)).await;
    let gateway = gateway(full.address(), &[full.address(), full.address()], &[]);
    let url = gateway.url("/images/01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12?width=5");
    let response = http().get(url).send().await.unwrap();
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "7");
}
