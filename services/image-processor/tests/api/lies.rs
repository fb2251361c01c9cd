//! image-cache sends other bytes than those it announced.

use reqwest::StatusCode;
use testkit::images;

use crate::fake_cache::{ID, Reply, info, start};
use crate::test_app::{TestApp, refused};

const BLURRED: &str = "/blurred-images/01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12";

/// A processor in front of an image-cache that announces one original and sends another.
async fn with(announced: &[u8], sent: Reply) -> TestApp {
    let replies = [
        (format!("/images/{ID}/info"), Reply::sized(&info(announced))),
        (format!("/images/{ID}"), sent),
        ("/health".to_owned(), Reply::sized(b"{}")),
    ];
    TestApp::behind(start(replies).await, &["--follow-events=false"]).await
}

#[tokio::test]
async fn what_was_announced_is_processed() {
    let jpeg = images::jpeg(16, 16);
    for sent in [Reply::sized(&jpeg), Reply::unsized_(&jpeg)] {
        assert_eq!(with(&jpeg, sent).await.get(BLURRED).await.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn other_bytes_are_502_and_nothing_is_kept_of_them() {
    let jpeg = images::jpeg(16, 16);
    let mut other = jpeg.clone();
    let last = other.len() - 20;
    other[last] ^= 1;
    let longer = [jpeg.as_slice(), b"more"].concat();
    for (what, sent) in [
        ("other bytes of the same length", Reply::sized(&other)),
        ("fewer bytes", Reply::sized(&jpeg[..jpeg.len() - 1])),
        ("fewer bytes without a length", Reply::unsized_(&jpeg[..jpeg.len() - 1])),
        ("more bytes", Reply::sized(&longer)),
        ("more bytes without a length", Reply::unsized_(&longer)),
        ("bytes without end", Reply::endless(&jpeg)),
    ] {
        let app = with(&jpeg, sent).await;
        for _ in 0..2 {
            let message = refused(app.get(BLURRED).await, 502, "upstreamFailed").await;
            assert!(message.contains("announced"), "{what}: {message}");
        }
        assert_eq!(app.metric("safelight_images_processed_total").await, 0, "{what}");
        assert_eq!(app.metric("safelight_memory_taken_bytes").await, 0, "{what}");
        assert_eq!(app.metric("safelight_disk_cache_bytes").await, 0, "{what}");
    }
}

#[tokio::test]
async fn an_answer_without_end_about_an_image_is_502() {
    let replies = [
        (format!("/images/{ID}/info"), Reply::endless(br#"{"id":"#)),
        ("/health".to_owned(), Reply::sized(b"{}")),
    ];
    let app = TestApp::behind(start(replies).await, &["--follow-events=false"]).await;
    let message = refused(app.get(BLURRED).await, 502, "upstreamFailed").await;
    assert!(message.contains("longer than 65536 bytes"), "{message}");
}
