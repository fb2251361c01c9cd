//! Requests that no library would send.

use std::time::Duration;

use testkit::bad_upstream::{BadUpstream, Script, Then};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::test_app::{Running, TestApp, gateway};

/// Sends bytes and reads until the gateway closes or is silent for a while.
async fn exchange(gateway: &Running, bytes: &[u8]) -> String {
    let mut client = TcpStream::connect(gateway.address).await.unwrap();
    // It may refuse before it has read everything.
    let _ = client.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = timeout(Duration::from_millis(1500), client.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_request_is_400_or_closed_and_never_reaches_a_service() {
    let mut upstream =
        BadUpstream::start(Script::answers("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", Then::Serve))
            .await;
    let gateway = gateway(upstream.address(), &[upstream.address()], &[]);
    let long = format!("GET /images/{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "a".repeat(200_000));
    let many = format!("GET /images/a HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "X: y\r\n".repeat(500));
    let requests: &[&str] = &[
        "POST /images HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /images HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        "POST /images HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
        "POST /images HTTP/1.1\r\nHost: localhost\r\nContent-Length: +4\r\n\r\nabcd",
        "POST /images HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4, 4\r\n\r\nabcd",
        "POST /images HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST /images HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "GET /images/a HTTP/1.1\r\nHost: localhost\r\nX: a\r\n folded\r\n\r\n",
        "GET /images/a HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n",
        "GET /images/a\r\nHost: localhost\r\n\r\n",
        "GET  /images/a HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /images/a HTTP/3.7\r\nHost: localhost\r\n\r\n",
        "GET images/a HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "CONNECT localhost:3000 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /images/a HTTP/1.1\r\nHost: localhost\r\nConnection: authorization\r\nAuthorization: Bearer x\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\x7c\x03\x03\r\n\r\n",
        &long,
        &many,
    ];
    for request in requests {
        let answer = exchange(&gateway, request.as_bytes()).await;
        let shown = &request[..request.len().min(120)];
        let status = answer.split(' ').nth(1).unwrap_or_default();
        assert!(answer.is_empty() || status.starts_with('4'), "{shown:?} is answered with {answer}");
    }
    gateway.stop().await;
    while let Ok(received) = timeout(Duration::from_millis(300), upstream.received()).await {
        let received = String::from_utf8_lossy(&received).into_owned();
        assert!(!received.contains(" /images"), "it reached the service: {received}");
    }
}

#[tokio::test]
async fn what_is_said_of_the_connection_and_of_the_sender_ends_at_the_gateway() {
    let mut upstream =
        BadUpstream::start(Script::answers("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", Then::Close))
            .await;
    let gateway = gateway(upstream.address(), &[upstream.address()], &["--public-host=photos.example"]);
    let request = "GET /albums/..%2f%2e%2e/images?x=%41&sig=a HTTP/1.1\r\nHost: photos.example\r\n\
        Connection: close, x-hop\r\nX-Hop: 1\r\nForwarded: for=10.0.0.1\r\nX-Forwarded-For: 10.0.0.1\r\n\
        X-Forwarded-User: root\r\nUpgrade: h2c\r\nTE: trailers\r\nX-Kept: yes\r\n\
        traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n";
    let answer = exchange(&gateway, request.as_bytes()).await;
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.to_lowercase().contains("via: 1.1 safelight"),
        "{answer}"
    );
    loop {
        let received = String::from_utf8(upstream.received().await).unwrap().to_lowercase();
        if !received.starts_with("get /albums") {
            continue;
        }
        assert!(
            received.starts_with("get /albums/..%2f%2e%2e/images?x=%41&sig=a http/1.1\r\n"),
            "{received}"
        );
        for kept in [
            "x-kept: yes",
            "x-request-id: ",
            "traceparent: 00-0af7651916cd43dd8448eb211c80319c-",
            "forwarded: for=127.0.0.1;host=\"photos.example\";proto=http",
        ] {
            assert!(received.contains(kept), "{kept} is missing in {received}");
        }
        for gone in ["x-hop", "10.0.0.1", "root", "upgrade", "trailers", "b7ad6b7169203331"] {
            assert!(!received.contains(gone), "{gone} went on: {received}");
        }
        break;
    }
}

#[tokio::test]
async fn requests_one_after_the_other_on_one_connection_keep_their_answers() {
    let app = TestApp::start().await;
    let mut client = TcpStream::connect(app.gateway.address).await.unwrap();
    let mut requests = String::new();
    for n in 0..200 {
        // A body where none belongs must not become the next request.
        let inner = format!("GET /images/smuggled-{n} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        requests.push_str(&format!(
            "GET /images/asked-{n} HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: n{n}\r\nContent-Length: {}\r\n\r\n{inner}",
            inner.len()
        ));
    }
    let end = "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let write = async {
        client.write_all(requests.as_bytes()).await.unwrap();
        client.write_all(end.as_bytes()).await.unwrap();
        let mut answers = String::new();
        client.read_to_string(&mut answers).await.unwrap();
        answers
    };
    let answers = timeout(Duration::from_secs(30), write).await.unwrap();
    assert!(!answers.contains("smuggled"), "{answers}");
    let mut places = (0..200).map(|n| answers.find(&format!("x-request-id: n{n}\r\n")).unwrap());
    let mut last = 0;
    assert!(places.all(|place| std::mem::replace(&mut last, place) <= place), "out of order");
}
