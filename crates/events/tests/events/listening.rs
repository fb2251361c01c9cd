//! Subscribers.

use std::time::Duration;

use events::{Subscriber, Topic};
use testkit::mosquitto::{Mosquitto, Setup};
use testkit::wait::until;

use crate::support::{broker, created, ids, next, next_events, publisher, settings, subscriber};

#[tokio::test]
async fn a_subscriber_connects_again_after_a_restart() {
    let mut mosquitto = Mosquitto::start(&Setup::default());
    let mut notifier = subscriber(&mosquitto, Topic::Notifier).await;
    publisher(&mosquitto).publish(&created(0..1)).await.unwrap();
    assert_eq!(next(&mut notifier).await, "a0 album created");

    mosquitto.kill();
    let error = notifier.next().await.unwrap_err();
    assert_eq!(error.to_string(), "the connection to the broker broke: the broker closed it");
    let error = notifier.next().await.unwrap_err();
    assert!(error.to_string().starts_with("the broker cannot be reached: "), "{error}");

    mosquitto.restart();
    notifier.ready().await.unwrap();
    publisher(&mosquitto).publish(&created(1..2)).await.unwrap();
    assert_eq!(next(&mut notifier).await, "a1 album created");
}

#[tokio::test]
async fn a_wait_for_a_message_that_is_dropped_loses_none() {
    let mosquitto = Mosquitto::start(&Setup::default());
    let mut events = subscriber(&mosquitto, Topic::Events).await;
    let all = created(0..50);
    let mut received = Vec::new();
    let publishing = tokio::spawn({
        let (mut publisher, all) = (publisher(&mosquitto), all.clone());
        async move { publisher.publish(&all).await }
    });
    while received.len() < all.len() {
        if let Ok(message) = tokio::time::timeout(Duration::from_micros(50), events.next()).await {
            received.push(crate::support::id(&message.unwrap()));
        }
    }
    publishing.await.unwrap().unwrap();
    assert_eq!(received, ids(&all));
}

#[tokio::test]
async fn a_publisher_and_a_subscriber_of_one_broker_do_not_drive_each_other_out() {
    let mosquitto = Mosquitto::start(&Setup::default());
    let broker = broker(&settings(&mosquitto));
    let mut one = Subscriber::new(&broker, Topic::Events);
    one.ready().await.unwrap();
    let mut other = Subscriber::new(&broker, Topic::Events);
    other.ready().await.unwrap();
    let all = created(0..3);
    events::Publisher::new(&broker).publish(&all).await.unwrap();
    assert_eq!(next_events(&mut one, 3).await, ids(&all));
    assert_eq!(next_events(&mut other, 3).await, ids(&all));
}

#[tokio::test]
async fn a_client_id_that_is_set_is_used() {
    let mosquitto = Mosquitto::start(&Setup::default());
    let settings =
        events::MqttSettings { mqtt_client_id: Some("watcher".to_owned()), ..settings(&mosquitto) };
    Subscriber::new(&broker(&settings), Topic::Events).ready().await.unwrap();
    until("the broker has noted it", async || mosquitto.log().contains(" as watcher ").then_some(())).await;
}
