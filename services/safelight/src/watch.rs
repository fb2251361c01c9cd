//! `safelight watch`: prints what changes, from a broker or from image-cache itself.

use std::io::{ErrorKind, Write as _, stdout};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use api::CloudEvent;
use clap::{Args, Command};
use client::{BaseUrl, Credential, Listener, Notice};
use events::{Backoff, Broker, MqttSettings, Subscriber, Topic};
use server::logs::LogSettings;
use server::process::{block_on, exit, report};
use server::settings::{self, CommandLine, Process, Refused, checked};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::credential::CredentialSettings;

const PROCESS: Process = Process {
    name: "watch",
    env_prefix: "SAFELIGHT",
    about: "Print each change as it happens, from image-cache or from an MQTT broker, one per line.",
};
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A connection that lived so long was one that worked, also if it was silent.
const LASTS: Duration = Duration::from_secs(30);

#[derive(Args)]
struct Settings {
    /// URL of image-cache; unused with --mqtt-url
    #[arg(long, default_value = "http://127.0.0.1:3000", value_parser = checked::<BaseUrl>())]
    url: BaseUrl,
    /// Print CloudEvents as JSON instead of sentences
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    credential: CredentialSettings,
    #[command(flatten)]
    mqtt: MqttSettings,
    #[command(flatten)]
    logs: LogSettings,
}

pub(crate) fn command() -> Command {
    settings::command::<Settings>(&PROCESS)
}

pub(crate) fn main(line: CommandLine) -> ExitCode {
    let read = line.settings::<Settings>(|_| Vec::new()).and_then(|(settings, _)| {
        let mut settings = settings;
        // The id of the service itself, if it is named: two of one id throw each other out.
        if let Some(id) = &mut settings.mqtt.mqtt_client_id {
            id.push_str("-watch");
        }
        let broker = settings.mqtt.broker().map_err(Refused::Mistakes)?;
        Ok((settings, broker))
    });
    let (settings, broker) = match read {
        Ok(read) => read,
        Err(refused) => return report("safelight watch", &refused),
    };
    server::logs::start(&settings.logs);
    exit(block_on(|stop| watch(settings, broker, stop)))
}

async fn watch(settings: Settings, broker: Option<Broker>, stop: CancellationToken) -> anyhow::Result<()> {
    let credential = settings.credential.read()?;
    let printing = async {
        match broker {
            Some(broker) => from_broker(&broker, settings.json).await,
            None => from_events(&settings.url, credential.as_ref(), settings.json).await,
        }
    };
    tokio::select! {
        result = printing => result,
        () = stop.cancelled() => Ok(()),
    }
}

async fn from_broker(broker: &Broker, json: bool) -> anyhow::Result<()> {
    let mut subscriber = Subscriber::new(broker, if json { Topic::Events } else { Topic::Notifier });
    let mut backoff = Backoff::new();
    let mut since = Instant::now();
    loop {
        match subscriber.next().await {
            Ok(text) => {
                backoff.reset();
                if !print_line(&text)? {
                    return Ok(());
                }
            }
            Err(error) => {
                log::warn!("listen to {broker}: {error}; trying again");
                pause(&mut backoff, since).await;
                since = Instant::now();
            }
        }
    }
}

async fn from_events(url: &BaseUrl, credential: Option<&Credential>, json: bool) -> anyhow::Result<()> {
    let mut listener =
        Listener::new(url, CONNECT_TIMEOUT, None, credential).context("make the HTTP client")?;
    let mut backoff = Backoff::new();
    let mut since = Instant::now();
    loop {
        match listener.next().await {
            Ok(Notice::Event(event)) => {
                backoff.reset();
                for line in lines(&event, json)? {
                    if !print_line(&line)? {
                        return Ok(());
                    }
                }
            }
            Ok(Notice::Gap) => log::warn!("some changes were missed and are not kept any more"),
            Err(error) => {
                log::warn!("listen to {url}: {:#}; trying again", anyhow::Error::from(error));
                pause(&mut backoff, since).await;
                since = Instant::now();
            }
        }
    }
}

/// The pause before the next try, a short one if the last try went well for a while.
async fn pause(backoff: &mut Backoff, since: Instant) {
    if since.elapsed() >= LASTS {
        backoff.reset();
    }
    sleep(backoff.next_pause()).await;
}

fn lines(event: &CloudEvent, json: bool) -> anyhow::Result<Vec<String>> {
    if json {
        return Ok(vec![serde_json::to_string(event)?]);
    }
    Ok(event.change().map(|change| change.sentences()).unwrap_or_default())
}

/// Prints a line; false when nobody reads any more.
fn print_line(text: &str) -> anyhow::Result<bool> {
    // Anyone may publish to a broker, and a terminal obeys control characters.
    let text: String = text.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect();
    let mut out = stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error).context("print a change"),
    }
}
