//! An image-cache that does not keep its word.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const ID: &str = "01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12";

/// What is answered on a path: a status line with headers, then these bytes, perhaps again
/// and again.
#[derive(Clone)]
pub(crate) struct Reply {
    head: String,
    body: Vec<u8>,
    endless: bool,
}

impl Reply {
    /// With the length that the body has.
    pub(crate) fn sized(body: &[u8]) -> Self {
        let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
        Self { head, body: body.to_vec(), endless: false }
    }

    /// With no length: it ends with the connection.
    pub(crate) fn unsized_(body: &[u8]) -> Self {
        let head = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_owned();
        Self { head, body: body.to_vec(), endless: false }
    }

    /// One that does not end.
    pub(crate) fn endless(body: &[u8]) -> Self {
        Self { endless: true, ..Self::unsized_(body) }
    }
}

/// What is told of an image of 16 × 16 pixels with these bytes.
pub(crate) fn info(bytes: &[u8]) -> Vec<u8> {
    let hash: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        r#"{{"id":"{ID}","name":"a.jpg","mediaType":"image/jpeg","width":16,"height":16,"orientation":1,
        "bytes":{},"sha256":"{hash}","created":"2026-01-02T03:04:05Z"}}"#,
        bytes.len()
    )
    .into_bytes()
}

/// Answers on these paths until the test's runtime ends; on all others 404.
pub(crate) async fn start(replies: impl IntoIterator<Item = (String, Reply)>) -> SocketAddr {
    let replies: Arc<HashMap<_, _>> = Arc::new(replies.into_iter().collect());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, Arc::clone(&replies)));
        }
    });
    address
}

/// Answers one request and closes the connection. The client may have gone before.
async fn answer(stream: TcpStream, replies: Arc<HashMap<String, Reply>>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    while line != "\r\n" {
        line.clear();
        stream.read_line(&mut line).await?;
    }
    let Some(reply) = replies.get(&path) else {
        return stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await;
    };
    stream.write_all(reply.head.as_bytes()).await?;
    stream.write_all(&reply.body).await?;
    if reply.endless {
        loop {
            stream.write_all(&reply.body).await?;
        }
    }
    stream.flush().await
}
