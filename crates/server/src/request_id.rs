//! The id that ties a request, its response and its log lines together.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

use crate::trace::Trace;

/// The header that carries the id, in requests and in responses.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const MAX_LENGTH: usize = 64;

tokio::task_local! {
    static CURRENT: RequestId;
}

/// The id of a request, and its place in a trace.
#[derive(Debug, Clone)]
pub struct RequestId {
    id: HeaderValue,
    trace: Trace,
}

impl RequestId {
    /// The client's id, if it is harmless in headers and logs (1 to 64 of `A–Z a–z 0–9 . _ -`),
    /// else a new UUID v7.
    pub fn of(headers: &HeaderMap) -> Self {
        let id = match headers.get(X_REQUEST_ID) {
            Some(given) if is_harmless(given.as_bytes()) => given.clone(),
            Some(_) | None => new_id(),
        };
        Self { id, trace: Trace::of(headers) }
    }

    /// A new id.
    pub fn new() -> Self {
        Self { id: new_id(), trace: Trace::new() }
    }

    /// The id as a header value.
    pub fn header(&self) -> &HeaderValue {
        &self.id
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        self.id.to_str().unwrap_or("-")
    }

    /// The trace that the request belongs to.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Runs a future under this id; every log line and error body inside carries it.
    pub fn scope<F: Future>(self, future: F) -> impl Future<Output = F::Output> {
        CURRENT.scope(self, future)
    }
}

impl Default for RequestId {
    fn default() -> Self {
        Self::new()
    }
}

/// The id of the request that the calling task works for, if any.
pub fn current() -> Option<RequestId> {
    CURRENT.try_with(Clone::clone).ok()
}

fn new_id() -> HeaderValue {
    let mut buffer = Uuid::encode_buffer();
    let text = Uuid::now_v7().as_hyphenated().encode_lower(&mut buffer);
    // Digits and hyphens are always a header value.
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("-"))
}

fn is_harmless(text: &[u8]) -> bool {
    (1..=MAX_LENGTH).contains(&text.len())
        && text.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: &'static str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(X_REQUEST_ID, HeaderValue::from_static(value));
        RequestId::of(&headers).as_str().to_owned()
    }

    #[test]
    fn a_harmless_id_is_kept_and_any_other_is_replaced() {
        assert_eq!(of("trace-1.A_b"), "trace-1.A_b");
        for value in ["", "a b", "a\"b", "<script>", "{}"] {
            assert_eq!(of(value).len(), 36, "{value}");
        }
    }
}
