//! Uploads: the body streams on as it arrives, at most two chunks of it in memory, and an
//! answer that comes before its end is passed on at once. awc reads no answer before the
//! whole body is sent, so this goes by reqwest.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use futures_util::stream::{Stream, StreamExt as _};
use reqwest::{Body, Method, Response, Url};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};

use crate::error::Error;
use crate::forward::IMAGE_CACHE;
use crate::relay::{Answer, Endings, relay};
use crate::state::{AppState, Waits};

/// Chunks on the way between the two connections.
const CHUNKS: usize = 2;

/// A piece of the body, or its end. A channel that closes without an end is a body that was
/// cut, and the service has to see it as such.
enum Piece {
    Chunk(Bytes),
    End,
}

/// Forwards an upload to image-cache.
pub(crate) async fn upload(
    request: &HttpRequest,
    headers: HeaderMap,
    payload: web::Payload,
    state: &AppState,
) -> Result<HttpResponse, Error> {
    let url = url_of(request, &state.cache.named.origin.to_string())?;
    let (sender, receiver) = mpsc::channel(CHUNKS);
    let mut onward = onward_headers(&headers);
    if let Some(length) = request.headers().get(CONTENT_LENGTH) {
        insert(&mut onward, &CONTENT_LENGTH, length);
    }
    let method = Method::from_bytes(request.method().as_str().as_bytes()).map_err(|_| Error::Path)?;
    let send = state.uploads.request(method, url).headers(onward);
    let send = send.body(Body::wrap_stream(Pieces { receiver, ended: false })).send();
    let whole = state.waits.upload;
    let exchanged = timeout(whole, exchange(send, payload, &sender, &state.waits)).await;
    let response = exchanged.map_err(|_| Error::UploadTooLong(whole))??;

    let status = StatusCode::from_u16(response.status().as_u16()).unwrap_or(StatusCode::BAD_GATEWAY);
    let mut headers = HeaderMap::with_capacity(response.headers().len());
    for (name, value) in response.headers() {
        let name = HeaderName::from_bytes(name.as_str().as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.as_bytes())) {
            headers.append(name, value);
        }
    }
    let idle = state.waits.idle;
    let answer = Answer { upstream: IMAGE_CACHE, status, headers: &headers, endings: Endings::Told, idle };
    // The connection stays open for the rest of the body until the answer is read; closing
    // it earlier could reset the answer away.
    let body = response.bytes_stream().map(move |chunk| {
        let _open_until_read = &sender;
        chunk
    });
    relay(request, &answer, body)
}

/// Sends the body and waits for the answer, whichever comes first.
async fn exchange(
    send: impl Future<Output = Result<Response, reqwest::Error>>,
    mut payload: web::Payload,
    sender: &mpsc::Sender<Piece>,
    waits: &Waits,
) -> Result<Response, Error> {
    let mut send = std::pin::pin!(send);
    let pump = pump(&mut payload, sender, waits.upload_idle);
    let mut pump = std::pin::pin!(pump);
    let wait = tokio::select! {
        biased;
        answer = &mut send => return answer.map_err(failure),
        pumped = &mut pump => match pumped? {
            Pumped::All => waits.change,
            // It closes, so its answer is here or never comes.
            Pumped::NotTaken => waits.upload_idle,
        },
    };
    tokio::select! {
        biased;
        answer = send => answer.map_err(failure),
        () = sleep_until(Instant::now() + wait) => Err(Error::Slow { upstream: IMAGE_CACHE, wait }),
    }
}

/// How sending the body ended.
enum Pumped {
    All,
    /// The service takes no more of it.
    NotTaken,
}

/// Moves the body from the client's connection to the service's.
async fn pump(
    payload: &mut web::Payload,
    sender: &mpsc::Sender<Piece>,
    idle: Duration,
) -> Result<Pumped, Error> {
    loop {
        let piece = match timeout(idle, payload.next()).await {
            Err(_) => return Err(Error::BodyTooSlow(idle)),
            Ok(Some(Err(_))) => return Err(Error::BodyTruncated),
            Ok(Some(Ok(chunk))) => Piece::Chunk(chunk),
            Ok(None) => Piece::End,
        };
        let ends = matches!(piece, Piece::End);
        match timeout(idle, sender.send(piece)).await {
            Err(_) => return Err(Error::Slow { upstream: IMAGE_CACHE, wait: idle }),
            Ok(Err(_)) => return Ok(Pumped::NotTaken),
            Ok(Ok(())) if ends => return Ok(Pumped::All),
            Ok(Ok(())) => {}
        }
    }
}

/// The receiving end as a body.
struct Pieces {
    receiver: mpsc::Receiver<Piece>,
    ended: bool,
}

impl Stream for Pieces {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        self.receiver.poll_recv(context).map(|piece| match piece {
            Some(Piece::Chunk(chunk)) => Some(Ok(chunk)),
            Some(Piece::End) => {
                self.ended = true;
                None
            }
            None => Some(Err(io::Error::other("the client ended its upload early"))),
        })
    }
}

/// The URL at the service, if it says byte for byte what the client said. reqwest would
/// resolve dot segments and encode what is not encoded, and so ask for something else.
fn url_of(request: &HttpRequest, origin: &str) -> Result<Url, Error> {
    let given = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let url = Url::parse(&format!("{origin}{given}")).map_err(|_| Error::Path)?;
    let kept = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    if kept == given { Ok(url) } else { Err(Error::Path) }
}

fn onward_headers(headers: &HeaderMap) -> reqwest::header::HeaderMap {
    let mut onward = reqwest::header::HeaderMap::with_capacity(headers.len() + 1);
    for (name, value) in headers {
        insert(&mut onward, name, value);
    }
    onward
}

/// Adds a header in the types of the other version of the crate `http`.
fn insert(headers: &mut reqwest::header::HeaderMap, name: &HeaderName, value: &HeaderValue) {
    let name = reqwest::header::HeaderName::from_bytes(name.as_str().as_bytes());
    let value = reqwest::header::HeaderValue::from_bytes(value.as_bytes());
    if let (Ok(name), Ok(value)) = (name, value) {
        headers.append(name, value);
    }
}

fn failure(error: reqwest::Error) -> Error {
    let upstream = IMAGE_CACHE;
    if error.is_connect() {
        Error::Unreachable { upstream, source: error.without_url().into() }
    } else {
        Error::Broken { upstream, source: error.without_url().into() }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_path_goes_on_byte_for_byte_or_not_at_all() {
        let of = |path: &str| {
            let url = url_of(&TestRequest::with_uri(path).to_http_request(), "http://127.0.0.1:3000");
            url.ok().map(|url| url.as_str().trim_start_matches("http://127.0.0.1:3000").to_owned())
        };
        for path in [
            "/images",
            "/albums/a%20b/images/c%2fd.jpg",
            "/albums/a/images/b?x=%41&y",
            "/albums/%C3%A9/images/a",
        ] {
            assert_eq!(of(path).as_deref(), Some(path));
        }
        for path in
            ["/albums/../images/x", "/albums/%2e%2e/images/x", "/albums/./images/x", "/albums/a\"b/images/x"]
        {
            assert_eq!(of(path), None, "{path}");
        }
    }
}
