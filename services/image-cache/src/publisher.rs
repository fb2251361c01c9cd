//! The publisher: drains the outbox to the broker, in order, each event at least once.
//!
//! An event counts as published when the broker has acknowledged all its messages, and
//! only then the position in the outbox moves on. Whatever goes wrong, the publisher begins
//! again behind the last event that was acknowledged.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use domain::Event;
use events::{Backoff, Broker, BrokerError, Publisher};
use server::health::Check;
use server::metrics::Metrics;
use storage::{Outbox, StorageError};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

/// Events that are on their way at once.
const BATCH: u32 = 100;
/// How long the last events may take when the process stops.
const LAST_EVENTS: Duration = Duration::from_secs(5);
/// How long a connection must live to count as one that works.
const LASTS: Duration = Duration::from_secs(30);
/// How often the backlog is looked at.
const LOOK: Duration = Duration::from_secs(10);
/// How old the oldest event may be before it is worth a warning, and how often it is.
const WARN_AFTER: Duration = Duration::from_secs(600);

/// How the publisher is doing. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct PublisherStatus {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    connected: AtomicBool,
    published: AtomicU64,
    failures: AtomicU64,
    backlog: AtomicU64,
    oldest_secs: AtomicU64,
}

impl PublisherStatus {
    /// Registers the metrics of the outbox and the broker.
    pub(crate) fn describe(&self, metrics: &mut Metrics, outbox: &Outbox) {
        let read = |field: fn(&Shared) -> u64| {
            let shared = Arc::clone(&self.shared);
            move || field(&shared)
        };
        metrics.gauge(
            "mqtt_connected",
            "Whether the MQTT broker is connected: 1 or 0",
            read(|shared| u64::from(shared.connected.load(Ordering::Relaxed))),
        );
        metrics.counter(
            "events_published",
            "Events acknowledged by the MQTT broker",
            read(|shared| shared.published.load(Ordering::Relaxed)),
        );
        metrics.counter(
            "mqtt_failures",
            "Failures to publish to the MQTT broker, each followed by a retry",
            read(|shared| shared.failures.load(Ordering::Relaxed)),
        );
        metrics.gauge(
            "outbox_events",
            "Events not yet acknowledged by the MQTT broker",
            read(|shared| shared.backlog.load(Ordering::Relaxed)),
        );
        metrics.gauge(
            "outbox_oldest_event_age_seconds",
            "Age of the oldest event not yet acknowledged",
            read(|shared| shared.oldest_secs.load(Ordering::Relaxed)),
        );
        let outbox = outbox.clone();
        metrics.counter(
            "outbox_expired_events",
            "Events that expired before a broker acknowledged them",
            move || outbox.expired(),
        );
    }

    /// Whether the broker is there. Without it nothing is lost, and all else goes on.
    pub(crate) fn check(&self) -> Check {
        if self.shared.connected.load(Ordering::Relaxed) {
            Check::Ok
        } else {
            Check::Degraded("the broker is not connected; changes wait in the outbox".to_owned())
        }
    }
}

/// Publishes until the token is cancelled and what is there then is published, or for as
/// long as that may take.
pub(crate) async fn run(outbox: Outbox, broker: Broker, status: PublisherStatus, stop: CancellationToken) {
    let mut drain = Drain {
        publisher: Publisher::new(&broker),
        broker,
        backoff: Backoff::new(),
        watch: Watch { next_look: Instant::now(), next_warning: Instant::now(), expired: 0 },
        position: None,
        said: None,
        outbox,
        status,
    };
    tokio::select! {
        () = drain.forever() => {}
        () = stop.cancelled() => {}
    }
    // What was interrupted just now is published again; receivers know it by its id.
    match timeout(LAST_EVENTS, drain.last_events()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => log::warn!("publish the last events: {error}; the next start publishes them"),
        Err(_) => {
            log::warn!("the last events were not published within {LAST_EVENTS:?}; the next start does it")
        }
    }
    drain.publisher.disconnect().await;
}

/// Why draining stopped.
#[derive(Debug, thiserror::Error)]
enum DrainError {
    #[error(transparent)]
    Broker(#[from] BrokerError),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

struct Drain {
    outbox: Outbox,
    broker: Broker,
    publisher: Publisher,
    backoff: Backoff,
    watch: Watch,
    /// The position behind which the next events are; none until it is read.
    position: Option<i64>,
    /// What was said of the last failure, if nothing has worked since.
    said: Option<String>,
    status: PublisherStatus,
}

/// When to look at the backlog again.
struct Watch {
    next_look: Instant,
    next_warning: Instant,
    expired: u64,
}

impl Drain {
    async fn forever(&mut self) {
        loop {
            let Err(error) = self.until_failure().await;
            let shared = &self.status.shared;
            shared.connected.store(false, Ordering::Relaxed);
            // Said once; what follows is the same again until it works.
            let text = error.to_string();
            if self.said.as_ref() != Some(&text) {
                log::warn!("publish to {}: {error}; changes wait in the outbox", self.broker);
            } else {
                log::debug!("publish to {}: {error}", self.broker);
            }
            self.said = Some(text);
            shared.failures.fetch_add(1, Ordering::Relaxed);
            self.look().await;
            sleep(self.backoff.next_pause()).await;
        }
    }

    async fn until_failure(&mut self) -> Result<Infallible, DrainError> {
        self.publisher.connect().await?;
        self.status.shared.connected.store(true, Ordering::Relaxed);
        if self.said.is_none() {
            log::info!("connected to {}", self.broker);
        }
        let lasts = Instant::now() + LASTS;
        loop {
            self.look().await;
            if self.publish_next().await? {
                continue;
            }
            tokio::select! {
                error = self.publisher.idle() => return Err(error.into()),
                _ = self.outbox.changed() => {}
                () = sleep(LOOK) => {}
            }
            if Instant::now() >= lasts {
                self.note_success();
            }
        }
    }

    /// Publishes the next events behind the position, and moves it on. False if there are none.
    async fn publish_next(&mut self) -> Result<bool, DrainError> {
        let position = match self.position {
            Some(position) => position,
            None => self.outbox.published().await?,
        };
        self.position = Some(position);
        let recorded = self.outbox.after(position, BATCH).await?;
        let Some(last) = recorded.last().map(|last| last.position) else { return Ok(false) };
        // A damaged row has nothing to tell.
        let sound = recorded.into_iter().filter_map(|row| Some((row.position, row.event?)));
        let (positions, events): (Vec<i64>, Vec<Event>) = sound.unzip();
        let (acknowledged, upto, result) = match self.publisher.publish(&events).await {
            Ok(()) => (events.len(), last, Ok(true)),
            Err(failure) => {
                let upto = failure.acknowledged.checked_sub(1).and_then(|last| positions.get(last));
                (failure.acknowledged, upto.copied().unwrap_or(position), Err(failure.error.into()))
            }
        };
        let count = u64::try_from(acknowledged).unwrap_or_default();
        self.status.shared.published.fetch_add(count, Ordering::Relaxed);
        if upto > position {
            self.position = Some(upto);
            self.note_success();
            // If this fails, what was published is known here nevertheless; only after a
            // restart would it be published again.
            if let Err(error) = self.outbox.set_published(upto).await {
                log::warn!("remember what was published: {error}");
            }
        }
        result
    }

    /// Everything that is there, once.
    async fn last_events(&mut self) -> Result<(), DrainError> {
        while self.publish_next().await? {}
        Ok(())
    }

    /// Something was published, or the connection lasts. That a broker lets us in says
    /// nothing yet: it may refuse every message.
    fn note_success(&mut self) {
        self.backoff.reset();
        if self.said.take().is_some() {
            log::info!("publishing to {} works again", self.broker);
        }
    }

    /// Looks at the backlog now and then, and says so when it grows old.
    async fn look(&mut self) {
        let now = Instant::now();
        if now < self.watch.next_look {
            return;
        }
        self.watch.next_look = now + LOOK;
        let Ok(backlog) = self.outbox.backlog().await else { return };
        let age = backlog.oldest.and_then(|oldest| SystemTime::now().duration_since(oldest).ok());
        let age = age.unwrap_or_default();
        self.status.shared.backlog.store(backlog.events, Ordering::Relaxed);
        self.status.shared.oldest_secs.store(age.as_secs(), Ordering::Relaxed);
        let expired = self.outbox.expired();
        if now >= self.watch.next_warning && (age >= WARN_AFTER || expired > self.watch.expired) {
            self.watch.next_warning = now + WARN_AFTER;
            log::warn!(
                "{} changes wait for {}, the oldest for {} s; {} have grown too old and are lost to it",
                backlog.events,
                self.broker,
                age.as_secs(),
                expired - self.watch.expired
            );
            self.watch.expired = expired;
        }
    }
}
