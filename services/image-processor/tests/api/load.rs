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
    // What nobody waits for is given up, so somebody must.
    until("another caller waits, or it is made", async || {
        let waiting = app.metric("safelight_http_requests_in_flight").await;
        (waiting > 2 || app.metric("safelight_images_processed_total").await > 0).then_some(())
    })
    .await;
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

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_hang_up_leave_neither_queue_nor_work_behind() {
    let app = TestApp::with(&["--workers=1", "--max-queue=64"]).await;
    let id = app.uploaded(&images::jpeg(3000, 2000)).await;
    let urls = (0..40).map(|n| app.url(&format!("/blurred-images/{id}?sigma=2{n}")));
    let clients: Vec<_> = urls.map(|url| tokio::spawn(app.http.get(url).send())).collect();
    until("they wait", async || (app.metric("safelight_images_queued").await > 20).then_some(())).await;
    for client in &clients {
        client.abort();
    }
    let left = std::time::Instant::now();
    until("nobody waits", async || (app.metric("safelight_images_queued").await == 0).then_some(())).await;
    until("no work goes on", async || {
        (app.metric("safelight_memory_taken_bytes").await < 1 << 20).then_some(())
    })
    .await;
    assert!(left.elapsed().as_secs() < 3, "{:?}", left.elapsed());
    assert!(app.metric("safelight_images_processed_total").await < 20);
    assert_eq!(app.get(&format!("/images/{id}?width=20")).await.status(), StatusCode::OK);
}

/// A picture that no format makes small: as a PNG, 9 MB.
fn noise() -> Vec<u8> {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    let mut bytes = std::io::Cursor::new(Vec::new());
    let picture = image::RgbImage::from_fn(2000, 1500, |_, _| image::Rgb([next(), next(), next()]));
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// Without caches, so that only the answer on its way holds the bytes.
#[tokio::test]
async fn a_result_that_is_not_read_counts_until_its_client_is_gone() {
    let app = TestApp::with(&["--memory-cache=0", "--disk-cache=0"]).await;
    let id = app.uploaded(&noise()).await;
    let unread = app.get(&format!("/images/{id}?format=png")).await;
    let length: u64 = unread.headers()["content-length"].to_str().unwrap().parse().unwrap();
    assert!(length > 8 << 20, "{length} bytes do not fit into the buffers of a connection");
    assert!(app.metric("safelight_memory_taken_bytes").await >= length);
    drop(unread);
    until("it is not counted", async || {
        (app.metric("safelight_memory_taken_bytes").await == 0).then_some(())
    })
    .await;
}

/// A result that is not read leaves too little memory for another image.
#[tokio::test]
async fn an_image_that_waited_its_whole_time_is_503_and_one_that_cannot_fit_is_422() {
    let noise = noise();
    let app = TestApp::with(&["--memory-budget=1MiB"]).await;
    let id = app.uploaded(&noise).await;
    let message = refused(app.get(&format!("/images/{id}?format=png")).await, 422, "tooManyPixels").await;
    let needed: u64 = message.split(' ').find_map(|word| word.parse().ok()).unwrap();

    let budget = format!("--memory-budget={}", needed + (4 << 20));
    let flags = ["--memory-cache=0", "--disk-cache=0", "--request-timeout=5s", &budget];
    let app = TestApp::with(&flags).await;
    let id = app.uploaded(&noise).await;
    let unread = app.get(&format!("/images/{id}?format=png")).await;
    assert_eq!(unread.status(), StatusCode::OK);
    // The same again, which nothing keeps.
    let message = refused(app.get(&format!("/images/{id}?format=png")).await, 503, "unavailable").await;
    assert!(message.contains("behind others"), "{message}");
    drop(unread);
    assert_eq!(app.get(&format!("/images/{id}?format=png&width=9")).await.status(), StatusCode::OK);
}
