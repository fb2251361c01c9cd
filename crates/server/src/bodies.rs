//! The bodies of requests and responses, followed for the sake of their connection.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use actix_web::HttpMessage as _;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use bytes::Bytes;
use futures_util::Stream;

use crate::connections::Connection;
use crate::pace::Pace;

/// Follows how fast the body of a request comes, if it has one.
pub(crate) fn follow(request: &mut ServiceRequest, connection: &Arc<Connection>) {
    let payload = request.take_payload();
    if matches!(payload, Payload::None) {
        return;
    }
    let (pace, connection) = (connection.pace(), Arc::clone(connection));
    let payload = Box::pin(Sent { payload, pace, connection });
    request.set_payload(Payload::Stream { payload });
}

/// The body of a request. It fails with [`io::ErrorKind::TimedOut`] if it comes too slowly.
struct Sent {
    payload: Payload,
    pace: Pace,
    connection: Arc<Connection>,
}

impl Stream for Sent {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let body = self.get_mut();
        match Pin::new(&mut body.payload).poll_next(context) {
            Poll::Ready(chunk) => {
                let bytes = chunk.as_ref().and_then(|chunk| chunk.as_ref().ok()).map_or(0, Bytes::len);
                body.pace.moved(bytes);
                body.connection.progress();
                Poll::Ready(chunk)
            }
            Poll::Pending => {
                body.connection.wait();
                ready!(body.pace.poll_wait(context));
                Poll::Ready(Some(Err(PayloadError::Io(io::ErrorKind::TimedOut.into()))))
            }
        }
    }
}

/// The body of a response, with which the request ends.
pub(crate) struct Answer {
    body: BoxBody,
    /// None if the connection is not known, in tests of handlers.
    connection: Option<Arc<Connection>>,
}

impl Answer {
    /// The answer on a connection.
    pub(crate) fn new(body: BoxBody, connection: Option<Arc<Connection>>) -> Self {
        Self { body, connection }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if let Some(connection) = &self.connection {
            connection.end_request();
        }
    }
}

impl MessageBody for Answer {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_next(context)
    }
}
