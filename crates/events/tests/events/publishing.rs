//! What is published arrives, whole and in order.

use api::events::CloudEvent;
use domain::{Change, ImageId, Name, Place};
use events::{BrokerError, Topic};
use futures_util::FutureExt as _;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, Publish};
use rumqttc::v5::{AsyncClient, Event as Traffic, MqttOptions};
use testkit::mosquitto::{Mosquitto, Setup};
use testkit::wait::until;
use uuid::Uuid;

use crate::support::{created, event, ids, next, next_events, publisher, subscriber};

#[tokio::test]
async fn sentences_and_events_arrive_in_order_on_their_topics() {
    let mosquitto = Mosquitto::start(&Setup::default());
    let mut notifier = subscriber(&mosquitto, Topic::Notifier).await;
    let mut events = subscriber(&mosquitto, Topic::Events).await;
    let mut publisher = publisher(&mosquitto);

    let image = ImageId::from_uuid(Uuid::nil());
    let place = |album, name: &str| Place { album: Some(Name::parse(album).unwrap()), name: name.to_owned() };
    let mut all = created(0..100);
    all.push(event(100, Change::ImageMoved { image, from: place("a", "été"), to: place("b", "x") }));
    all.push(event(101, Change::ImageDeleted { image, at: place("b", "x"), with_album: true }));
    all.push(event(102, Change::AlbumDeleted { album: Name::parse("b").unwrap() }));
    publisher.publish(&all[..50]).await.unwrap();
    publisher.publish(&[]).await.unwrap();
    publisher.publish(&all[50..]).await.unwrap();
    assert!(publisher.is_connected());

    for event in &all {
        for sentence in event.change.sentences() {
            assert_eq!(next(&mut notifier).await, sentence);
        }
        let message: CloudEvent = serde_json::from_str(&next(&mut events).await).unwrap();
        assert_eq!(message, CloudEvent::from(event));
    }
}

#[tokio::test]
async fn a_message_says_what_it_is_and_is_not_retained() {
    let mosquitto = Mosquitto::start(&Setup::default());
    let options = MqttOptions::new("listener", "127.0.0.1", mosquitto.port());
    let (client, mut traffic) = AsyncClient::new(options, 1);
    client.subscribe("imagestore/#", QoS::AtLeastOnce).await.unwrap();
    let mut next = async || {
        loop {
            match traffic.poll().await.unwrap() {
                Traffic::Incoming(Packet::Publish(message)) => return Some(message),
                Traffic::Incoming(Packet::SubAck(_)) => return None,
                Traffic::Incoming(_) | Traffic::Outgoing(_) => {}
            }
        }
    };
    assert_eq!(next().await, None);
    publisher(&mosquitto).publish(&created(7..8)).await.unwrap();

    let content_type = |message: &Publish| message.properties.clone().unwrap_or_default().content_type;
    let sentence = next().await.unwrap();
    assert_eq!(sentence.topic, "imagestore/notifier");
    assert_eq!(sentence.payload, "a7 album created");
    assert_eq!(content_type(&sentence), None);
    let event = next().await.unwrap();
    assert_eq!(event.topic, "imagestore/events");
    assert_eq!(content_type(&event).as_deref(), Some("application/cloudevents+json"));
    for message in [sentence, event] {
        assert_eq!((message.qos, message.retain, message.dup), (QoS::AtLeastOnce, false, false));
    }
}

#[tokio::test]
async fn a_broker_that_takes_one_message_at_a_time_gets_them_all() {
    let mosquitto = Mosquitto::start(&Setup { lines: "max_inflight_messages 1", ..Setup::default() });
    let mut events = subscriber(&mosquitto, Topic::Events).await;
    let all = created(0..100);
    publisher(&mosquitto).publish(&all).await.unwrap();
    assert_eq!(next_events(&mut events, all.len()).await, ids(&all));
}

#[tokio::test]
async fn a_broker_that_is_not_there_yet_gets_the_events_later() {
    let mut mosquitto = Mosquitto::prepare(&Setup::default());
    let mut publisher = publisher(&mosquitto);
    let all = created(0..3);
    let failure = publisher.publish(&all).await.unwrap_err();
    assert_eq!(failure.acknowledged, 0);
    assert!(matches!(failure.error, BrokerError::Unreachable { .. }), "{failure}");
    assert!(failure.to_string().starts_with("the broker cannot be reached: Connection refused"), "{failure}");
    assert_eq!(publisher.idle().await, failure.error);
    assert!(!publisher.is_connected());

    mosquitto.restart();
    let mut events = subscriber(&mosquitto, Topic::Events).await;
    publisher.publish(&all).await.unwrap();
    assert_eq!(next_events(&mut events, 3).await, ids(&all));
}

#[tokio::test]
async fn idle_connects_however_often_it_is_dropped() {
    let mosquitto = Mosquitto::start(&Setup::default());
    let mut events = subscriber(&mosquitto, Topic::Events).await;
    let mut publisher = publisher(&mosquitto);
    while !publisher.is_connected() {
        assert_eq!(publisher.idle().now_or_never(), None);
        tokio::task::yield_now().await;
    }
    let all = created(0..3);
    publisher.publish(&all).await.unwrap();
    assert_eq!(next_events(&mut events, 3).await, ids(&all));
    assert_eq!(mosquitto.log().matches("New client connected").count(), 2, "{}", mosquitto.log());
}

#[tokio::test]
async fn publishing_that_is_dropped_halfway_can_be_done_again() {
    let mosquitto = Mosquitto::start(&Setup::default());
    let mut events = subscriber(&mosquitto, Topic::Events).await;
    let mut publisher = publisher(&mosquitto);
    let all = created(0..200);
    publisher.publish(&all[..1]).await.unwrap();
    assert_eq!(publisher.publish(&all[1..]).now_or_never(), None);
    assert!(!publisher.is_connected());
    publisher.publish(&all[1..]).await.unwrap();
    // Some of them may come twice, but the second time all of them, and in order.
    let mut received = Vec::new();
    while !received.ends_with(&ids(&all[1..])) {
        received.extend(next_events(&mut events, 1).await);
    }
}

#[tokio::test]
async fn a_publisher_takes_leave() {
    let mosquitto = Mosquitto::start(&Setup::default());
    let mut publisher = publisher(&mosquitto);
    publisher.publish(&created(0..1)).await.unwrap();
    publisher.disconnect().await;
    until("the broker has noted it", async || {
        mosquitto.log().lines().any(|line| line.ends_with(" disconnected.")).then_some(())
    })
    .await;
}
