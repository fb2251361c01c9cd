//! Running a service's real binary.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::wait::until_blocking;

/// A running process that is killed when dropped.
pub struct Process {
    child: Child,
    lines: Receiver<String>,
    reader: Option<JoinHandle<()>>,
}

impl Process {
    /// Starts a binary, reading its log lines from standard error.
    pub fn start<A: AsRef<OsStr>>(binary: &str, arguments: impl IntoIterator<Item = A>) -> Self {
        let mut child = Command::new(binary)
            .args(arguments)
            .arg("--log-format=json")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("start the process");
        let output = child.stderr.take().expect("standard error is piped");
        let (sender, lines) = channel();
        let reader = thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        Self { child, lines, reader: Some(reader) }
    }

    /// Waits for the log line in which a service says where it listens.
    ///
    /// # Panics
    ///
    /// When the process ends without it.
    pub fn address(&self, service: &str) -> SocketAddr {
        self.address_in(&format!("{service} listens at http"))
    }

    /// Waits for the log line with this beginning of a URL, and gives the address in it.
    ///
    /// # Panics
    ///
    /// When the process ends without it.
    pub fn address_in(&self, start: &str) -> SocketAddr {
        loop {
            let line =
                self.lines.recv_timeout(Duration::from_secs(20)).expect("a line that says where it listens");
            if let Some((_, rest)) = line.split_once(start) {
                let address = rest.trim_start_matches('s').trim_start_matches("://");
                let address = address.split('"').next().expect("an address");
                return address.parse().expect("an address");
            }
        }
    }

    /// The log lines since they were last asked for.
    pub fn lines(&self) -> Vec<String> {
        self.lines.try_iter().collect()
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by name, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").arg(format!("-{name}")).arg(self.id().to_string()).status();
        assert!(status.expect("run kill").success(), "send SIG{name}");
    }

    /// Kills the process at once and waits for its end.
    pub fn kill(&mut self) {
        self.child.kill().expect("kill the process");
        self.child.wait().expect("wait for the process");
    }

    /// Waits for the process to end by itself.
    pub fn ended(&mut self) -> ExitStatus {
        let status =
            until_blocking("the process ends", || self.child.try_wait().expect("ask for the process"));
        // Its last lines may still be in the pipe.
        if let Some(reader) = self.reader.take() {
            reader.join().expect("read the last lines");
        }
        status
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
