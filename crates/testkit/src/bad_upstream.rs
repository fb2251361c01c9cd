//! A server that misbehaves on purpose, for those who stand in front of servers.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::wait::time_passes;

/// Between two bytes of an answer that drips.
const DRIP: Duration = Duration::from_millis(50);

/// What the server reads before it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// Nothing at all.
    Nothing,
    /// The head of the request.
    Head,
}

/// What the server does after its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Closes the connection.
    Close,
    /// Resets it.
    Reset,
    /// Leaves it open, reads no more and sends no more.
    Hang,
    /// Reads and answers the next request on it in the same way.
    Serve,
    /// Reads whatever comes until the client is done.
    Drain,
}

/// How every connection goes.
#[derive(Debug, Clone)]
pub struct Script {
    /// What is read first.
    pub reads: Reads,
    /// The answer, byte for byte.
    pub answer: Vec<u8>,
    /// Whether it is sent one byte at a time.
    pub drips: bool,
    /// What follows.
    pub then: Then,
}

impl Script {
    /// Reads the head of a request, answers with these bytes, and does `then`.
    pub fn answers(answer: impl AsRef<[u8]>, then: Then) -> Self {
        Self { reads: Reads::Head, answer: answer.as_ref().to_vec(), drips: false, then }
    }
}

/// Everything that one connection sent.
pub type Received = Vec<u8>;

/// The server, on a port of its own. It is there until the test's runtime ends.
pub struct BadUpstream {
    address: SocketAddr,
    received: mpsc::UnboundedReceiver<Received>,
}

impl BadUpstream {
    /// Starts it.
    pub async fn start(script: Script) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("listen");
        let address = listener.local_addr().expect("an address");
        let (sender, received) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(play(connection, script.clone(), sender.clone()));
            }
        });
        Self { address, received }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What the next connection that has ended had sent.
    pub async fn received(&mut self) -> Received {
        let received = tokio::time::timeout(Duration::from_secs(20), self.received.recv()).await;
        received.expect("a connection ends").expect("the server runs")
    }
}

async fn play(mut connection: TcpStream, script: Script, ended: mpsc::UnboundedSender<Received>) {
    let mut received = Received::new();
    loop {
        if script.reads == Reads::Head && !read_head(&mut connection, &mut received).await {
            break;
        }
        if script.drips {
            for byte in &script.answer {
                if connection.write_all(&[*byte]).await.is_err() {
                    break;
                }
                time_passes(DRIP).await;
            }
        } else if connection.write_all(&script.answer).await.is_err() {
            break;
        }
        match script.then {
            Then::Close => break,
            Then::Reset => {
                let _ = connection.set_zero_linger();
                break;
            }
            Then::Hang => std::future::pending().await,
            Then::Serve => {}
            Then::Drain => {
                let _ = connection.read_to_end(&mut received).await;
                break;
            }
        }
    }
    let _ = ended.send(received);
}

/// Reads to the empty line after a head; false when the client is gone.
async fn read_head(connection: &mut TcpStream, received: &mut Received) -> bool {
    let begin = received.len();
    loop {
        if received.get(begin..).is_some_and(|head| head.windows(4).any(|window| window == b"\r\n\r\n")) {
            return true;
        }
        match connection.read_buf(received).await {
            Ok(0) | Err(_) => return false,
            Ok(_) => {}
        }
    }
}
