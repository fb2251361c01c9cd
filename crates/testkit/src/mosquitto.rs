//! A real MQTT broker, mosquitto, with a configuration made here.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::port::free_port;
use crate::wait::until_blocking;

const CONFIGURATION: &str = "mosquitto.conf";
const LOG: &str = "mosquitto.log";
const PASSWORDS: &str = "passwords";
/// What it logs once its port is open: `mosquitto version 2.0.11 running`.
const LISTENS: &str = " running\n";

/// What the broker asks of its clients. The default is a broker that takes everything
/// from everyone and forgets it when it ends.
#[derive(Default)]
pub struct Setup<'a> {
    /// The one user name and password that it takes.
    pub login: Option<(&'a str, &'a str)>,
    /// Its certificate; without one it speaks no TLS.
    pub tls: Option<Tls<'a>>,
    /// Who may do what, as mosquitto's `acl_file` says it.
    pub access: Option<&'a str>,
    /// Whether what it knows survives its end.
    pub persistence: bool,
    /// Further lines of its configuration.
    pub lines: &'a str,
}

/// The broker's side of TLS, in PEM.
pub struct Tls<'a> {
    /// The authority that signed the certificates of clients.
    pub ca: &'a str,
    /// The broker's certificate.
    pub certificate: &'a str,
    /// The key of the certificate.
    pub key: &'a str,
    /// Whether a client needs a certificate.
    pub require_certificate: bool,
}

/// A broker on a port of its own, killed when dropped.
pub struct Mosquitto {
    folder: TempDir,
    port: u16,
    scheme: &'static str,
    child: Option<Child>,
}

impl Mosquitto {
    /// Starts a broker and waits until it listens.
    ///
    /// # Panics
    ///
    /// When mosquitto is not installed, or ends at once.
    pub fn start(setup: &Setup<'_>) -> Self {
        let mut broker = Self::prepare(setup);
        broker.restart();
        broker
    }

    /// A broker that has a port and does not run yet; [`Self::restart`] starts it.
    ///
    /// # Panics
    ///
    /// When its files cannot be written.
    pub fn prepare(setup: &Setup<'_>) -> Self {
        let folder = tempfile::tempdir().expect("make a folder for the broker");
        let scheme = if setup.tls.is_some() { "mqtts" } else { "mqtt" };
        let broker = Self { folder, port: free_port(), scheme, child: None };
        broker.configure(setup);
        broker
    }

    /// Where it listens, as `--mqtt-url` takes it.
    pub fn url(&self) -> String {
        format!("{}://127.0.0.1:{}", self.scheme, self.port)
    }

    /// The port that it listens at.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Starts it, after killing it if it runs, on the same port and folder.
    ///
    /// # Panics
    ///
    /// When mosquitto is not installed, or ends at once.
    pub fn restart(&mut self) {
        self.kill();
        let starts = self.log().matches(LISTENS).count();
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.file(LOG))
            .expect("open the log of the broker");
        let child = spawn(&["mosquitto", "/usr/sbin/mosquitto"], |command| {
            command
                .arg("-c")
                .arg(self.file(CONFIGURATION))
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(log.try_clone().expect("share the log of the broker"));
        });
        self.child = Some(child);
        // A connection made only to see whether it listens would be a client more to the
        // broker, in the middle of a handshake with TLS, while the test's own one begins.
        until_blocking("mosquitto listens", || {
            let log = self.log();
            let child = self.child.as_mut().expect("mosquitto runs");
            if let Some(status) = child.try_wait().expect("ask for mosquitto") {
                panic!("mosquitto ended at once, {status}: {log}");
            }
            (log.matches(LISTENS).count() > starts).then_some(())
        });
    }

    /// What it has logged, from its first start on.
    pub fn log(&self) -> String {
        fs::read_to_string(self.file(LOG)).unwrap_or_default()
    }

    /// Makes it hang: it keeps its connections and does nothing.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// Ends [`Self::pause`].
    pub fn resume(&self) {
        self.signal("CONT");
    }

    /// Kills it, if it runs, without any chance to write something down or to take leave.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("kill mosquitto");
            child.wait().expect("wait for mosquitto");
        }
    }

    fn signal(&self, name: &str) {
        let child = self.child.as_ref().expect("mosquitto runs");
        let status = Command::new("kill").arg(format!("-{name}")).arg(child.id().to_string()).status();
        assert!(status.expect("run kill").success(), "send SIG{name}");
    }

    fn configure(&self, setup: &Setup<'_>) {
        // As root it would become a user that may not read the folder; for others the
        // line means nothing.
        let mut lines = format!("user root\nlistener {} 127.0.0.1\nlog_dest stderr\n", self.port);
        let mut line = |key: &str, value: &dyn std::fmt::Display| {
            writeln!(lines, "{key} {value}").expect("write to a string");
        };
        line("allow_anonymous", &setup.login.is_none());
        line("persistence", &setup.persistence);
        line("persistence_location", &format!("{}/", self.folder.path().display()));
        if let Some((user, password)) = setup.login {
            line("password_file", &self.passwords(user, password).display());
        }
        if let Some(access) = setup.access {
            line("acl_file", &self.write("access", access).display());
        }
        if let Some(tls) = &setup.tls {
            line("cafile", &self.write("ca.pem", tls.ca).display());
            line("certfile", &self.write("certificate.pem", tls.certificate).display());
            line("keyfile", &self.write("key.pem", tls.key).display());
            line("require_certificate", &tls.require_certificate);
        }
        lines.push_str(setup.lines);
        self.write(CONFIGURATION, &lines);
    }

    fn passwords(&self, user: &str, password: &str) -> PathBuf {
        let file = self.file(PASSWORDS);
        let mut child = spawn(&["mosquitto_passwd", "/usr/bin/mosquitto_passwd"], |command| {
            command.args(["-b", "-c"]).arg(&file).args([user, password]);
        });
        assert!(child.wait().expect("wait for mosquitto_passwd").success(), "make a password file");
        file
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.file(name);
        fs::write(&file, text).expect("write a file for the broker");
        file
    }

    fn file(&self, name: &str) -> PathBuf {
        Path::join(self.folder.path(), name)
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Starts the first of the binaries that there is. Debian puts the broker where the PATH
/// of a user does not look.
fn spawn(binaries: &[&str], arguments: impl Fn(&mut Command)) -> Child {
    for binary in binaries {
        let mut command = Command::new(binary);
        arguments(&mut command);
        match command.spawn() {
            Ok(child) => return child,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => panic!("{binary} cannot be started: {error}"),
        }
    }
    panic!("{} is not installed; `make setup-test` installs it", binaries.join(" or "));
}
