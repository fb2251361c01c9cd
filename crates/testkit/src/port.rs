//! A port that a server can be given.

use std::net::{Ipv4Addr, TcpListener};

/// A port of this machine that nobody uses right now.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("find a free port");
    listener.local_addr().expect("find a free port").port()
}
