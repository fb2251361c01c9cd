//! A connection's stream, watched: a client that begins a request and does not end its
//! head, or does not read its answer, loses its connection, and so does one that was given
//! up for another.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::rt::net::TcpStream;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::connections::{Connection, Connections};
use crate::pace::Pace;

/// The stream of one connection.
pub(crate) struct Watched {
    stream: TcpStream,
    connection: Arc<Connection>,
    connections: Arc<Connections>,
    writing: Pace,
    head_timeout: Duration,
    /// Runs from the first byte of a request until its head is complete; with the number of
    /// requests before it. The first request of a connection has the HTTP server's own,
    /// which runs from the start.
    head: Option<(u64, Pin<Box<Sleep>>)>,
}

impl Watched {
    /// Watches a stream whose connection was admitted.
    pub(crate) fn new(
        stream: TcpStream,
        connection: Arc<Connection>,
        connections: Arc<Connections>,
        head_timeout: Duration,
    ) -> Self {
        let writing = connection.pace();
        Self { stream, connection, connections, writing, head_timeout, head: None }
    }

    /// The first byte that the client sends, which stays to be read.
    pub(crate) async fn first_byte(&self) -> io::Result<u8> {
        let mut byte = [0];
        match self.stream.peek(&mut byte).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(byte[0]),
        }
    }

    /// Sends the last bytes of the connection, as far as they can be sent, and ends it.
    pub(crate) async fn end_with(&mut self, bytes: &[u8]) {
        if self.stream.write_all(bytes).await.is_ok() {
            let _ = self.stream.shutdown().await;
        }
    }

    /// The connection that this is the stream of.
    pub(crate) fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    /// Fails once the connection was given up.
    fn check(&self, context: &Context<'_>) -> io::Result<()> {
        self.connection.register(context.waker());
        if self.connection.is_given_up() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(()) }
    }

    /// Begins to wait for the rest of a head, of which something was read.
    fn begin_head(&mut self) {
        let requests = self.connection.requests();
        let begun = self.head.as_ref().is_some_and(|(before, _)| *before == requests);
        if requests > 0 && !self.connection.is_in_request() && !begun {
            self.head = Some((requests, Box::pin(sleep(self.head_timeout))));
        }
    }

    /// Ready once the rest of a head was waited for too long.
    fn poll_head(&mut self, context: &mut Context<'_>) -> Poll<()> {
        match &mut self.head {
            Some((before, timer)) if *before == self.connection.requests() => timer.as_mut().poll(context),
            _ => {
                self.head = None;
                Poll::Pending
            }
        }
    }

    /// What follows from an attempt to write.
    fn wrote(
        &mut self,
        context: &mut Context<'_>,
        result: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match result {
            Poll::Ready(Ok(bytes)) => {
                self.writing.moved(bytes);
                if self.connection.is_in_request() {
                    self.connection.progress();
                }
                Poll::Ready(Ok(bytes))
            }
            Poll::Pending => {
                self.connection.wait();
                ready!(self.writing.poll_wait(context));
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            failed @ Poll::Ready(Err(_)) => failed,
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.connections.close(&self.connection);
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let watched = self.get_mut();
        watched.check(context)?;
        let before = buffer.filled().len();
        let read = Pin::new(&mut watched.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            watched.begin_head();
        }
        if read.is_pending() && watched.poll_head(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl AsyncWrite for Watched {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let watched = self.get_mut();
        watched.check(context)?;
        let result = Pin::new(&mut watched.stream).poll_write(context, bytes);
        watched.wrote(context, result)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let watched = self.get_mut();
        watched.check(context)?;
        let result = Pin::new(&mut watched.stream).poll_write_vectored(context, buffers);
        watched.wrote(context, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
