//! Clients that take places and do nothing with them.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use testkit::images;
use testkit::multipart;
use testkit::wait::until;
use tokio::task::spawn_blocking;

use crate::test_app::TestApp;

/// More than there are places.
const CROWD: usize = 60;
const FLAGS: [&str; 2] = ["--max-connections=40", "--head-timeout=1s"];

/// Connections that each sent the same, and do nothing more.
async fn crowd(app: &TestApp, sent: Vec<u8>) -> Vec<TcpStream> {
    let address = app.base.trim_start_matches("http://").to_owned();
    spawn_blocking(move || {
        let connect = || {
            let mut stream = TcpStream::connect(&address).unwrap();
            stream.write_all(&sent).unwrap();
            stream
        };
        std::iter::repeat_with(connect).take(CROWD).collect()
    })
    .await
    .unwrap()
}

/// A new client each time, on a connection of its own.
async fn status(app: &TestApp, path: &str) -> StatusCode {
    reqwest::Client::new().get(app.url(path)).send().await.unwrap().status()
}

#[tokio::test]
async fn who_takes_all_places_and_does_nothing_makes_way() {
    let app = TestApp::with(&FLAGS).await;
    let id = app.uploaded(&images::png(8, 8)).await;
    let image = format!("/images/{id}");
    let large = app.uploaded(&images::png_of(4_000_000, 1)).await;
    let upload = format!(
        "POST /images HTTP/1.1\r\nHost: localhost\r\nContent-Type: {}\r\nContent-Length: 100000\r\n\r\n--",
        multipart::content_type()
    );
    for (what, sent) in [
        ("says nothing", String::new()),
        ("begins a request", "GET /health HTTP/1.1\r\nHost: local".to_owned()),
        ("keeps its connection", "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned()),
        ("begins an upload", upload),
        ("reads nothing", format!("GET /images/{large} HTTP/1.1\r\nHost: localhost\r\n\r\n")),
    ] {
        let _crowd = crowd(&app, sent.into_bytes()).await;
        assert_eq!(status(&app, "/health").await, StatusCode::OK, "a crowd that {what}");
        until("an image is served", async || (status(&app, &image).await == StatusCode::OK).then_some(()))
            .await;
        for _ in 0..10 {
            assert_eq!(status(&app, &image).await, StatusCode::OK, "a crowd that {what}");
        }
    }
}

#[tokio::test]
async fn half_a_second_head_is_not_waited_for() {
    let app = TestApp::with(&FLAGS).await;
    let address = app.base.trim_start_matches("http://").to_owned();
    spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"{\"status\":\"ok\"}") {
            let mut part = [0; 1024];
            let length = stream.read(&mut part).unwrap();
            assert!(length > 0, "closed after the first answer");
            answer.extend_from_slice(&part[..length]);
        }
        stream.write_all(b"GET /health HTTP/1.1\r\nHost: local").unwrap();
        let waited = Instant::now();
        assert_eq!(stream.read(&mut [0; 1024]).unwrap(), 0, "it was closed");
        assert!(waited.elapsed() < Duration::from_secs(10), "{:?}", waited.elapsed());
    })
    .await
    .unwrap();
}
