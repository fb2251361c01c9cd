//! Large bodies, handed to actix slice by slice.
//!
//! actix copies a body into its write buffer before it sends it. Given a megabyte at once
//! it allocates a megabyte for each answer; given slices it sends from one small buffer
//! that stays in the processor's cache.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use bytes::Bytes;

const SLICE_BYTES: usize = 64 * 1024;

/// A body of bytes that are in memory.
pub struct Sliced(Bytes);

impl Sliced {
    /// Wraps the bytes; nothing is copied.
    pub fn new(bytes: Bytes) -> Self {
        Self(bytes)
    }
}

impl MessageBody for Sliced {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.0.len() as u64)
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        if self.0.is_empty() {
            return Poll::Ready(None);
        }
        let count = self.0.len().min(SLICE_BYTES);
        Poll::Ready(Some(Ok(self.0.split_to(count))))
    }
}
