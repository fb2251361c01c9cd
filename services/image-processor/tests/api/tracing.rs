//! One request can be followed through all processes.

use std::time::Duration;

use reqwest::StatusCode;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::fake_cache::ID;
use crate::test_app::TestApp;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";

/// The head of the first question about an image, in lower case. Everything is missing.
async fn first_question(listener: TcpListener) -> String {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(stream.read_line(&mut head).await.unwrap(), 0, "a head has an end: {head}");
        }
        let answer = b"HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(answer).await.unwrap();
        if head.starts_with("GET /images/") {
            return head.to_ascii_lowercase();
        }
    }
}

#[tokio::test]
async fn image_cache_is_asked_in_the_trace_of_the_request() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = tokio::spawn(first_question(listener));
    let app = TestApp::behind(address, &["--follow-events=false"]).await;

    let request = app.http.get(app.url(&format!("/images/{ID}?width=8")));
    let request = request.header("x-request-id", "followed-1");
    let answer = request.header("traceparent", format!("00-{TRACE}-{SPAN}-01")).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);

    let head = timeout(Duration::from_secs(10), asked).await.unwrap().unwrap();
    assert!(head.contains("\r\nx-request-id: followed-1\r\n"), "{head}");
    let after = head.split_once(&format!("\r\ntraceparent: 00-{TRACE}-")).unwrap().1;
    let line = after.split_once("\r\n").unwrap().0;
    assert!(line.len() == 19 && line.ends_with("-01"), "the flags go on: {line}");
    assert!(!line.starts_with(SPAN), "with a span of image-processor's own: {line}");
}
