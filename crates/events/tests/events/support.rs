//! Events, brokers and limits for the tests.

use std::ops::Range;
use std::time::{Duration, UNIX_EPOCH};

use api::events::CloudEvent;
use domain::{Change, Event, EventId, Name, Owner};
use events::{Broker, Limits, MqttSettings, Publisher, Subscriber, Topic};
use testkit::mosquitto::Mosquitto;
use uuid::Uuid;

pub(crate) fn event(number: usize, change: Change) -> Event {
    let id = EventId::from_uuid(Uuid::from_u128(u128::try_from(number).unwrap()));
    Event { id, time: UNIX_EPOCH, owner: Owner::NOBODY, change }
}

/// Events that can be told apart by their ids and by their sentences.
pub(crate) fn created(numbers: Range<usize>) -> Vec<Event> {
    let change = |number| Change::AlbumCreated { album: Name::parse(&format!("a{number}")).unwrap() };
    numbers.map(|number| event(number, change(number))).collect()
}

pub(crate) fn settings(mosquitto: &Mosquitto) -> MqttSettings {
    MqttSettings { mqtt_url: Some(mosquitto.url()), ..MqttSettings::default() }
}

pub(crate) fn broker(settings: &MqttSettings) -> Broker {
    settings.broker().unwrap().unwrap()
}

pub(crate) fn publisher(mosquitto: &Mosquitto) -> Publisher {
    Publisher::new(&broker(&settings(mosquitto)))
}

/// A publisher whose limits a test can wait for.
pub(crate) fn impatient_publisher(mosquitto: &Mosquitto) -> Publisher {
    let second = Duration::from_secs(1);
    Publisher::with_limits(&broker(&settings(mosquitto)), Limits { connect: second, progress: second })
}

pub(crate) async fn subscriber(mosquitto: &Mosquitto, topic: Topic) -> Subscriber {
    let mut subscriber = Subscriber::new(&broker(&settings(mosquitto)), topic);
    subscriber.ready().await.unwrap();
    subscriber
}

/// The next message, which must come soon.
pub(crate) async fn next(subscriber: &mut Subscriber) -> String {
    tokio::time::timeout(Duration::from_secs(10), subscriber.next()).await.unwrap().unwrap()
}

/// The events of the next messages.
pub(crate) async fn next_events(subscriber: &mut Subscriber, count: usize) -> Vec<EventId> {
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.push(id(&next(subscriber).await));
    }
    ids
}

pub(crate) fn id(message: &str) -> EventId {
    serde_json::from_str::<CloudEvent>(message).unwrap().id
}

pub(crate) fn ids(events: &[Event]) -> Vec<EventId> {
    events.iter().map(|event| event.id).collect()
}
