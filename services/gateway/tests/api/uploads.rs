//! Uploads stream on: an early refusal reaches a slow client, and a client that hangs up
//! leaves nothing behind.

use std::io;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::stream;
use reqwest::Body;
use testkit::bad_upstream::{BadUpstream, Script, Then};
use testkit::wait::{time_passes, until};
use testkit::{images, multipart};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::test_app::{TestApp, gateway, http, refused};

/// A body of 4 MB/s without an end in sight.
fn slow_body() -> Body {
    Body::wrap_stream(stream::unfold((), |()| async {
        time_passes(Duration::from_millis(10)).await;
        Some((Ok::<_, io::Error>(Bytes::from(vec![7; 40_000])), ()))
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_early_refusal_reaches_a_slow_uploader_at_once() {
    let answer = "HTTP/1.1 413 Payload Too Large\r\nContent-Length: 7\r\n\r\ntoo big";
    let upstream = BadUpstream::start(Script::answers(answer, Then::Drain)).await;
    let gateway = gateway(upstream.address(), &[upstream.address()], &[]);
    let begin = Instant::now();
    let upload = http().post(gateway.url("/images")).header("content-length", 50_000_000).body(slow_body());
    let response = upload.send().await.unwrap();
    assert_eq!(response.status(), 413);
    assert_eq!(response.text().await.unwrap(), "too big");
    let took = begin.elapsed();
    assert!(took < Duration::from_secs(2), "the refusal took {took:?}, the whole upload takes 12 s");
}

#[tokio::test]
async fn a_service_that_closes_in_the_middle_of_an_upload_is_502() {
    let mut upstream = BadUpstream::start(Script::answers("", Then::Close)).await;
    let gateway = gateway(upstream.address(), &[upstream.address()], &[]);
    let upload = http().post(gateway.url("/images")).body(vec![7; 5_000_000]);
    refused(upload.send().await.unwrap(), 502, "upstreamFailed").await;
    let mut sent = 0;
    while let Ok(received) = timeout(Duration::from_millis(300), upstream.received()).await {
        sent += usize::from(received.starts_with(b"POST"));
    }
    assert_eq!(sent, 1, "an upload is never sent twice");
}

#[tokio::test]
async fn a_chunked_upload_that_was_cut_is_never_ended_cleanly() {
    let mut upstream = BadUpstream::start(Script::answers("", Then::Drain)).await;
    let gateway = gateway(upstream.address(), &[upstream.address()], &[]);
    let mut client = TcpStream::connect(gateway.address).await.unwrap();
    let head = "PUT /albums/a/images/b.jpg HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    client.write_all(head.as_bytes()).await.unwrap();
    client.write_all(b"5\r\nhello\r\n").await.unwrap();
    time_passes(Duration::from_millis(100)).await;
    drop(client);
    loop {
        let received = upstream.received().await;
        if received.starts_with(b"PUT") {
            assert!(received.ends_with(b"5\r\nhello\r\n"), "{}", String::from_utf8_lossy(&received));
            break;
        }
    }
}

#[tokio::test]
async fn an_upload_that_hangs_up_leaves_no_staged_file() {
    let app = TestApp::start().await;
    let body = multipart::body(&[multipart::file(&images::jpeg(300, 200))]);
    let mut client = TcpStream::connect(app.gateway.address).await.unwrap();
    let head = format!(
        "POST /images HTTP/1.1\r\nHost: localhost\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
        multipart::content_type(),
        body.len()
    );
    client.write_all(head.as_bytes()).await.unwrap();
    client.write_all(&body[..body.len() / 2]).await.unwrap();
    let staging = app.folder.path().join("cache/staging");
    let files = || std::fs::read_dir(&staging).map_or(0, Iterator::count);
    until("the upload is staged", || async { (files() == 1).then_some(()) }).await;
    drop(client);
    until("the staged file is gone", || async { (files() == 0).then_some(()) }).await;
}

#[tokio::test]
async fn a_client_that_expects_100_continue_gets_it_and_its_answer() {
    let app = TestApp::start().await;
    let body = multipart::body(&[multipart::file(&images::jpeg(30, 20))]);
    let mut client = TcpStream::connect(app.gateway.address).await.unwrap();
    let head = format!(
        "POST /images HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
        multipart::content_type(),
        body.len()
    );
    client.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 25];
    client.read_exact(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 100 Continue\r\n"));
    client.write_all(&body).await.unwrap();
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).await.unwrap();
    assert!(rest.starts_with(b"HTTP/1.1 201"), "{}", String::from_utf8_lossy(&rest));
}
