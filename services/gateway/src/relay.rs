//! A service's answer on its way to the client: in constant memory, and never ended cleanly
//! when the service did not end it so.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use actix_web::body::{BodyStream, BoxBody, MessageBody as _, SizedStream};
use actix_web::http::header::{CONTENT_LENGTH, HeaderMap, TRANSFER_ENCODING};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt as _};
use server::request_id;
use tokio::time::timeout;

use crate::error::Error;
use crate::headers;

/// Whether a body without a length has an end that can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endings {
    /// The HTTP client tells a body that was cut from one that ended.
    Told,
    /// It does not; a length has to be there. awc takes a connection that closes in the
    /// middle of a chunked body for the end of the body.
    Untold,
    /// The answer has no end, and its client expects that it is cut.
    Endless,
}

/// What a service answered, before its body.
pub(crate) struct Answer<'a> {
    pub(crate) upstream: &'static str,
    pub(crate) status: StatusCode,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) endings: Endings,
    /// How long the body may pause.
    pub(crate) idle: Duration,
}

/// The response to the client.
pub(crate) fn relay<S, E>(request: &HttpRequest, answer: &Answer<'_>, body: S) -> Result<HttpResponse, Error>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin + 'static,
    E: StdError + 'static,
{
    let Answer { upstream, status, headers, endings, idle } = *answer;
    let unusable = |reason: String| Error::Unusable { upstream, reason };
    // The services redirect nobody, and 1xx is no answer.
    let redirects = status.is_redirection() && status != StatusCode::NOT_MODIFIED;
    if status.is_informational() || redirects || status.as_u16() > 599 {
        return Err(unusable(format!("its status is {status}")));
    }
    let mut response = HttpResponse::build(status);
    for header in headers::back(headers) {
        response.append_header(header);
    }
    if matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        return Ok(response.finish());
    }
    let length = length(headers).map_err(unusable)?;
    let to_head = request.method() == Method::HEAD;
    let body = match length {
        Some(length) if to_head => SizedStream::new(length, stream::empty::<io::Result<Bytes>>()).boxed(),
        Some(length) => SizedStream::new(length, bounded(upstream, body, idle)).boxed(),
        None if to_head => BoxBody::new(()),
        None if endings == Endings::Untold => return Err(unusable("it has no length".to_owned())),
        None => BodyStream::new(bounded(upstream, body, idle)).boxed(),
    };
    Ok(response.body(body))
}

/// What the service says is the length of its body.
fn length(headers: &HeaderMap) -> Result<Option<u64>, String> {
    let mut values = headers.get_all(CONTENT_LENGTH);
    let Some(first) = values.next() else { return Ok(None) };
    if headers.contains_key(TRANSFER_ENCODING) {
        return Err("it has a length and a transfer encoding".to_owned());
    }
    let length = first.to_str().ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    match length.and_then(|text| text.parse().ok()) {
        Some(length) if values.all(|value| value == first) => Ok(Some(length)),
        Some(_) | None => Err("its length is no number".to_owned()),
    }
}

/// The body, cut with an error where it pauses for too long or fails.
fn bounded<S, E>(upstream: &'static str, body: S, idle: Duration) -> impl Stream<Item = io::Result<Bytes>>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin + 'static,
    E: StdError + 'static,
{
    let id = request_id::current();
    stream::unfold(Some(body), move |body| {
        let id = id.clone();
        async move {
            let mut body = body?;
            let error = match timeout(idle, body.next()).await {
                Ok(Some(Ok(chunk))) => return Some((Ok(chunk), Some(body))),
                Ok(None) => return None,
                Ok(Some(Err(error))) => format!("{upstream} cut its answer: {error}"),
                Err(_) => format!("{upstream} paused for longer than {idle:?} in the middle of its answer"),
            };
            let tell = async { log::warn!("{error}") };
            match id {
                Some(id) => id.scope(tell).await,
                None => tell.await,
            }
            Some((Err(io::Error::other(error)), None))
        }
    })
    .boxed_local()
}
