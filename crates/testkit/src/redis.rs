//! A real Redis server.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use crate::wait::until_blocking;

/// A server on a port of its own that keeps nothing, killed when dropped.
pub struct Redis {
    port: u16,
    child: Child,
}

impl Redis {
    /// Starts a server and waits until it listens.
    ///
    /// # Panics
    ///
    /// When redis-server is not installed, or ends at once.
    pub fn start() -> Self {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("find a free port");
        let port = free.local_addr().expect("have an address").port();
        drop(free);
        let child = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                let missing = error.kind() == ErrorKind::NotFound;
                let hint = if missing { ": apt install redis-server" } else { "" };
                panic!("start redis-server: {error}{hint}")
            });
        until_blocking("redis-server listens", || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok());
        Self { port, child }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Sends it a signal by name, such as `STOP`.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status();
        assert!(status.expect("run kill").success(), "send SIG{name}");
    }

    /// Sends it a command, as its own client does.
    pub fn command(&self, arguments: &[&str]) -> String {
        let output = Command::new("redis-cli").args(["-p", &self.port.to_string()]).args(arguments).output();
        String::from_utf8_lossy(&output.expect("run redis-cli").stdout).into_owned()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
