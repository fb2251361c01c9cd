//! `safelight watch` prints what changes.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::mosquitto::{Mosquitto, Setup};
use testkit::wait::until;

use crate::{BINARY, run, serve_with};

/// A running `safelight watch` and the lines that it prints.
struct Watch {
    child: Child,
    lines: Receiver<String>,
}

impl Watch {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(BINARY)
            .arg("watch")
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = child.stdout.take().unwrap();
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        Self { child, lines }
    }

    fn next(&self) -> String {
        self.lines.recv_timeout(Duration::from_secs(20)).unwrap()
    }

    /// Makes changes until one is printed: what came before it listened is not for it.
    async fn until_it_listens(&self, cache: SocketAddr) {
        until("watch listens", async || {
            create(cache, "begin").await;
            delete(cache, "begin").await;
            self.lines.recv_timeout(Duration::from_millis(200)).ok()
        })
        .await;
        create(cache, "begun").await;
        while !self.next().contains("begun") {}
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn create(cache: SocketAddr, album: &str) {
    let request = reqwest::Client::new().post(format!("http://{cache}/albums"));
    let response = request.json(&json!({ "albumName": album })).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 201);
}

async fn delete(cache: SocketAddr, album: &str) {
    let request = reqwest::Client::new().delete(format!("http://{cache}/albums/{album}"));
    assert_eq!(request.send().await.unwrap().status().as_u16(), 200);
}

#[tokio::test]
async fn watch_prints_sentences_from_image_cache_and_comes_back_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (mut process, cache, _) = serve_with(folder.path(), &[]);
    let watch = Watch::start(&[&format!("--url=http://{cache}")]);
    watch.until_it_listens(cache).await;
    create(cache, "a").await;
    assert_eq!(watch.next(), "a album created");
    process.kill();
    let listen = format!("--cache-listen={cache}");
    let (_process, cache, _) = serve_with(folder.path(), &[&listen]);
    create(cache, "b").await;
    assert_eq!(watch.next(), "b album created", "it goes on where it was");
}

#[tokio::test]
async fn watch_prints_from_a_broker_also_as_json() {
    let broker = Mosquitto::start(&Setup::default());
    let mqtt = format!("--mqtt-url={}", broker.url());
    let folder = tempfile::tempdir().unwrap();
    let (_process, cache, _) = serve_with(folder.path(), &[&mqtt]);
    let sentences = Watch::start(&[&mqtt]);
    sentences.until_it_listens(cache).await;
    let events = Watch::start(&[&mqtt, "--json"]);
    delete(cache, "begun").await;
    assert_eq!(sentences.next(), "begun album deleted");
    events.until_it_listens(cache).await;
    create(cache, "a").await;
    while sentences.next() != "a album created" {}
    let event: Value = serde_json::from_str(&events.next()).unwrap();
    assert_eq!((&event["type"], &event["subject"]), (&json!("safelight.album.created"), &json!("a")));
}

#[test]
fn watch_refuses_wrong_settings() {
    let (output, text) = run(&["watch", "--mqtt-url=broker", "--mqtt-topic-prefix=#"]);
    assert_eq!(output.status.code(), Some(78), "{text}");
    assert!(text.contains("--mqtt-url") && text.contains("--mqtt-topic-prefix"), "{text}");
}
