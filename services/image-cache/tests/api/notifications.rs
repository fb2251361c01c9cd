//! Notifications over a real broker that fails in every way a broker can.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use api::CloudEvent;
use clap::Parser;
use events::{MqttSettings, Subscriber, Topic};
use serde_json::{Value, json};
use testkit::gate::Gate;
use testkit::mosquitto::{Mosquitto, Setup};
use testkit::process::Process;
use testkit::{images, wait};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::test_app::TestApp;

const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    mqtt: MqttSettings,
}

/// What arrives at the broker, from now on and across all its restarts.
struct Ear {
    heard: UnboundedReceiver<String>,
    /// Whether it listens just now.
    listens: watch::Receiver<bool>,
}

async fn hear(broker: &Mosquitto, topic: Topic) -> Ear {
    let flags = Flags::parse_from(["test", "--mqtt-url", &broker.url()]);
    let mut subscriber = Subscriber::new(&flags.mqtt.broker().unwrap().unwrap(), topic);
    let (sender, heard) = unbounded_channel();
    let (listening, mut listens) = watch::channel(false);
    tokio::spawn(async move {
        // Until the test has heard enough. A broker that is away is asked again.
        while !sender.is_closed() {
            if subscriber.ready().await.is_ok() {
                listening.send_replace(true);
                while let Ok(text) = subscriber.next().await {
                    drop(sender.send(text));
                }
                listening.send_replace(false);
            }
            wait::time_passes(Duration::from_millis(20)).await;
        }
    });
    listens.wait_for(|listens| *listens).await.unwrap();
    Ear { heard, listens }
}

async fn next(ear: &mut Ear) -> String {
    timeout(PATIENCE, ear.heard.recv()).await.expect("a message in time").unwrap()
}

fn mqtt(broker: &Mosquitto) -> String {
    format!("--mqtt-url={}", broker.url())
}

async fn metric(app: &TestApp, name: &str) -> u64 {
    let text = app.get("/metrics").await.text().await.unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name} in\n{text}")).parse().unwrap()
}

#[tokio::test]
async fn every_change_is_told_in_the_exact_words_and_as_a_cloud_event() {
    let broker = Mosquitto::start(&Setup::default());
    let mut sentences = hear(&broker, Topic::Notifier).await;
    let mut events = hear(&broker, Topic::Events).await;
    let app = TestApp::with(&[&mqtt(&broker)]).await;

    app.create_album("a").await;
    app.put_image("/albums/a/images/x", images::png(8, 8)).await;
    let patch = async |path: &str, body: Value| {
        let response = app.http.patch(app.url(path)).json(&body).send().await.unwrap();
        assert!(response.status().is_success());
    };
    patch("/albums/a", json!({ "albumName": "b" })).await;
    patch("/albums/b/images/x", json!({ "imageName": "y" })).await;
    app.http.delete(app.url("/albums/b/images/y")).send().await.unwrap();
    app.http.delete(app.url("/albums/b")).send().await.unwrap();
    let id = app.uploaded(&images::png(8, 8)).await;
    app.http.delete(app.url(&format!("/images/{id}"))).send().await.unwrap();

    for sentence in [
        "a album created".to_owned(),
        "x image added to album a".to_owned(),
        "a album modified to b".to_owned(),
        "x image modified to y".to_owned(),
        "y image deleted from album b".to_owned(),
        "b album deleted".to_owned(),
        format!("photo-{id}.png image added"),
        format!("photo-{id}.png image deleted"),
    ] {
        assert_eq!(next(&mut sentences).await, sentence);
    }
    let mut kinds = Vec::new();
    for _ in 0..8 {
        let event: CloudEvent = serde_json::from_str(&next(&mut events).await).unwrap();
        kinds.push(event.kind.strip_prefix("safelight.").unwrap().to_owned());
    }
    let expected = [
        "album.created",
        "image.added",
        "album.renamed",
        "image.moved",
        "image.deleted",
        "album.deleted",
        "image.added",
        "image.deleted",
    ];
    assert_eq!(kinds, expected);
    let ready: Value = app.get("/health/ready").await.json().await.unwrap();
    assert_eq!(ready["checks"]["mqtt"]["status"], "ok");
}

#[tokio::test]
async fn a_broker_that_comes_later_gets_everything_from_before() {
    let mut broker = Mosquitto::prepare(&Setup { persistence: true, ..Setup::default() });
    let app = TestApp::with(&[&mqtt(&broker)]).await;
    app.create_album("before").await;
    let ready: Value = app.get("/health/ready").await.json().await.unwrap();
    assert_eq!((&ready["status"], &ready["checks"]["mqtt"]["status"]), (&json!("ready"), &json!("degraded")));
    // Kept by the broker for whoever comes late, so that the test cannot miss it.
    broker.restart();
    let published = async || (metric(&app, "safelight_events_published_total").await == 1).then_some(());
    wait::until("the event is published", published).await;
    app.create_album("after").await;
    let published = async || (metric(&app, "safelight_events_published_total").await == 2).then_some(());
    wait::until("the next one too", published).await;
}

#[tokio::test]
async fn names_never_become_topics() {
    let broker = Mosquitto::start(&Setup::default());
    let mut sentences = hear(&broker, Topic::Notifier).await;
    let app = TestApp::with(&[&mqtt(&broker)]).await;
    for name in ["#", "+", "$SYS", "imagestore"] {
        app.create_album(name).await;
        assert_eq!(next(&mut sentences).await, format!("{name} album created"));
    }
}

#[tokio::test]
async fn what_was_published_is_not_published_again_after_a_restart() {
    let broker = Mosquitto::start(&Setup::default());
    let mut sentences = hear(&broker, Topic::Notifier).await;
    let app = TestApp::with(&[&mqtt(&broker)]).await;
    app.create_album("a").await;
    assert_eq!(next(&mut sentences).await, "a album created");
    let app = TestApp::in_folder(app.stop().await, &[&mqtt(&broker)]).await;
    app.create_album("b").await;
    assert_eq!(next(&mut sentences).await, "b album created");
}

/// 500 changes while the broker hangs, is killed while it is published to, comes back
/// without a memory, and image-cache itself is killed once: every change is told, in order.
#[tokio::test]
async fn nothing_is_lost_and_order_is_kept_whatever_happens_to_the_broker() {
    // It hands everything on before it acknowledges it. What it would keep to itself, it
    // could lose when it is killed, and that would not be ours.
    let lines = "max_inflight_messages 0\nmax_queued_messages 0\n";
    let mut broker = Mosquitto::start(&Setup { lines, ..Setup::default() });
    // A broker keeps nothing for who is not there, so image-cache is let in only when the
    // test listens again.
    let gate = Gate::before(broker.port()).await;
    let mut ear = hear(&broker, Topic::Events).await;
    let folder = tempfile::tempdir().unwrap();
    let data_dir = format!("--data-dir={}", folder.path().display());
    let mqtt_url = format!("--mqtt-url=mqtt://127.0.0.1:{}", gate.port());
    let start = || {
        let flags = ["--listen=127.0.0.1:0", &data_dir, &mqtt_url];
        let process = Process::start(env!("CARGO_BIN_EXE_image-cache"), flags);
        let address = process.address("image-cache");
        (process, format!("http://{address}/albums"))
    };
    let (mut process, mut url) = start();
    let http = reqwest::Client::new();
    let mut slowest = Duration::ZERO;
    for number in 0..500 {
        match number {
            // What is on its way now is not acknowledged before the broker is killed.
            100 | 350 => broker.pause(),
            200 | 400 => {
                gate.close();
                broker.kill();
                ear.listens.wait_for(|listens| !listens).await.unwrap();
            }
            250 => {
                process.kill();
                (process, url) = start();
            }
            300 | 450 => {
                broker.restart();
                ear.listens.wait_for(|listens| *listens).await.unwrap();
                gate.open();
            }
            _ => {}
        }
        let begun = Instant::now();
        let body = json!({ "albumName": format!("album {number}") });
        let response = http.post(&url).json(&body).send().await.unwrap();
        assert_eq!(response.status().as_u16(), 201);
        slowest = slowest.max(begun.elapsed());
    }
    assert!(slowest < Duration::from_secs(3), "a request waited {slowest:?} for the broker");

    let (mut ids, mut order) = (BTreeSet::new(), Vec::new());
    while order.len() < 500 {
        let event: CloudEvent = serde_json::from_str(&next(&mut ear).await).unwrap();
        if ids.insert(event.id.to_string()) {
            order.push(event.subject.strip_prefix("album ").unwrap().parse::<u32>().unwrap());
        }
    }
    assert!(order.is_sorted() && order.last() == Some(&499), "{order:?}");
}

#[test]
fn wrong_mqtt_settings_are_reported_at_the_start() {
    let cases = [
        ["--mqtt-url=http://broker", "--mqtt-topic-prefix=a/#"],
        ["--mqtt-url=mqtts://broker", "--mqtt-ca-file=/nowhere.pem"],
    ];
    for flags in cases {
        let mut process = Process::start(env!("CARGO_BIN_EXE_image-cache"), flags);
        assert_eq!(process.ended().code(), Some(78));
        let text = process.lines().join("\n");
        let flag = flags[1].split('=').next().unwrap();
        assert!(text.contains(flag), "{flag} is missing in\n{text}");
    }
}

#[test]
fn a_wrong_password_is_one_clear_line_and_not_one_for_every_try() {
    let broker = Mosquitto::start(&Setup { login: Some(("me", "right")), ..Setup::default() });
    let folder = tempfile::tempdir().unwrap();
    let data_dir = format!("--data-dir={}", folder.path().display());
    let flags =
        ["--listen=127.0.0.1:0", &data_dir, &mqtt(&broker), "--mqtt-user=me", "--mqtt-password=wrong"];
    let process = Process::start(env!("CARGO_BIN_EXE_image-cache"), flags);
    let address = process.address("image-cache");
    let failures = || {
        let text = reqwest_blocking(&format!("http://{address}/metrics"));
        let line = text.lines().find_map(|line| line.strip_prefix("safelight_mqtt_failures_total "))?;
        (line.parse::<u64>().unwrap() >= 3).then_some(())
    };
    wait::until_blocking("it was tried three times", failures);
    let lines = process.lines();
    let said: Vec<_> = lines.iter().filter(|line| line.contains("publish to")).collect();
    assert_eq!(said.len(), 1, "{lines:?}");
    assert!(said[0].contains("not authorized") || said[0].contains("password"), "{said:?}");
    assert!(!lines.concat().contains("wrong"), "{lines:?}");
}

#[test]
fn a_broker_that_lets_us_in_and_refuses_every_message_is_one_line_too() {
    let access = Some("topic readwrite imagestore/notifier\n");
    let broker = Mosquitto::start(&Setup { access, ..Setup::default() });
    let folder = tempfile::tempdir().unwrap();
    let data_dir = format!("--data-dir={}", folder.path().display());
    let flags = ["--listen=127.0.0.1:0", &data_dir, &mqtt(&broker)];
    let process = Process::start(env!("CARGO_BIN_EXE_image-cache"), flags);
    let address = process.address("image-cache");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let created = runtime.block_on(async {
        let request = reqwest::Client::new().post(format!("http://{address}/albums"));
        request.json(&json!({ "albumName": "a" })).send().await.unwrap().status()
    });
    assert_eq!(created.as_u16(), 201);
    let failures = || {
        let text = reqwest_blocking(&format!("http://{address}/metrics"));
        assert!(text.contains("safelight_events_published_total 0"), "{text}");
        let line = text.lines().find_map(|line| line.strip_prefix("safelight_mqtt_failures_total "))?;
        (line.parse::<u64>().unwrap() >= 4).then_some(())
    };
    wait::until_blocking("it was tried four times", failures);
    let lines = process.lines();
    let said = |what: &str| lines.iter().filter(|line| line.contains(what)).count();
    assert_eq!((said("publish to"), said("works again")), (1, 0), "{lines:?}");
}

fn reqwest_blocking(url: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { reqwest::get(url).await.unwrap().text().await.unwrap() })
}
