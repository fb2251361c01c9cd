//! A real S3 server, versitygw, over a folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::port::free_port;
use crate::wait::until_blocking;

/// The name of its one bucket.
pub const BUCKET: &str = "originals";
/// The access key that it takes, and its secret.
pub const LOGIN: (&str, &str) = ("test-access-key", "test-secret-of-the-key");

/// A server on a port of its own, with one empty bucket, killed when dropped.
pub struct Versitygw {
    folder: TempDir,
    port: u16,
    child: Child,
}

impl Versitygw {
    /// Starts a server and waits until it listens.
    ///
    /// # Panics
    ///
    /// When versitygw is not installed, or ends at once; `make setup-scale` installs it.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("make a folder for the server");
        fs::create_dir_all(folder.path().join("data").join(BUCKET)).expect("make the bucket");
        let port = free_port();
        let child = spawn(folder.path(), port);
        let mut server = Self { folder, port, child };
        server.wait();
        server
    }

    /// Where it listens, as `--s3-endpoint` takes it.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The file of an object.
    pub fn object(&self, key: &str) -> PathBuf {
        self.bucket().join(key)
    }

    /// The folder of the bucket.
    pub fn bucket(&self) -> PathBuf {
        self.folder.path().join("data").join(BUCKET)
    }

    /// Kills it. Its objects stay.
    pub fn kill(&mut self) {
        self.child.kill().expect("kill versitygw");
        self.child.wait().expect("wait for versitygw");
    }

    /// Starts it again at the same port, after [`Self::kill`].
    pub fn restart(&mut self) {
        self.child = spawn(self.folder.path(), self.port);
        self.wait();
    }

    fn wait(&mut self) {
        until_blocking("versitygw listens", || {
            if let Some(status) = self.child.try_wait().expect("ask for versitygw") {
                panic!("versitygw ended at once, {status}");
            }
            std::net::TcpStream::connect(("127.0.0.1", self.port)).ok()
        });
    }
}

impl Drop for Versitygw {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(folder: &Path, port: u16) -> Child {
    let (key, secret) = LOGIN;
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/bin/versitygw");
    let program = if tools.exists() { tools } else { PathBuf::from("versitygw") };
    let mut command = Command::new(program);
    command
        .args(["--port", &format!("127.0.0.1:{port}"), "--access", key, "--secret", secret, "posix"])
        .arg(folder.join("data"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().expect("start versitygw; make setup-scale installs it")
}
