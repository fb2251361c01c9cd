//! A body that is in memory and is sent in slices.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use bytes::Bytes;

/// As much as is copied for the socket at once.
const SLICE_BYTES: usize = 64 * 1024;

/// A body that is in memory and is sent in slices.
///
/// actix copies a body of one piece whole into its buffer for the socket, where it then lies
/// a second time until a slow client has read it, and lets go of the first, so that whoever
/// counts that one believes the bytes to be gone. Here a slice is copied when the socket
/// takes it, and the bytes are held until the last one is.
#[derive(Debug)]
pub struct SlicedBody(Bytes);

impl SlicedBody {
    /// Sends these bytes.
    pub fn new(bytes: Bytes) -> Self {
        Self(bytes)
    }
}

impl MessageBody for SlicedBody {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.0.len() as u64)
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        if self.0.is_empty() {
            return Poll::Ready(None);
        }
        let length = self.0.len().min(SLICE_BYTES);
        Poll::Ready(Some(Ok(self.0.split_to(length))))
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    #[actix_web::test]
    async fn all_bytes_come_in_order_and_none_are_held_after_the_last() {
        let bytes = Bytes::from((0..200_000u32).map(|number| number.to_le_bytes()[1]).collect::<Vec<_>>());
        let mut body = SlicedBody::new(bytes.clone());
        assert_eq!(body.size(), BodySize::Sized(200_000));
        let mut sent = Vec::new();
        while let Some(Ok(slice)) = poll_fn(|context| Pin::new(&mut body).poll_next(context)).await {
            assert!(slice.len() <= SLICE_BYTES);
            sent.extend_from_slice(&slice);
        }
        assert_eq!(sent, bytes);
        drop(body);
        assert!(bytes.is_unique());
    }
}
