//! Brokers that hang, die and come back.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use domain::EventId;
use events::{BrokerError, Topic};
use testkit::mosquitto::{Mosquitto, Setup};

use crate::support::{created, id, ids, impatient_publisher, next_events, publisher, subscriber};

/// It hands everything on before it acknowledges it, however slow a listener is. What it
/// would keep to itself, it could lose.
const KEEPS_NOTHING: Setup<'_> = Setup {
    lines: "max_inflight_messages 0\nmax_queued_messages 0\n",
    login: None,
    tls: None,
    access: None,
    persistence: false,
};

#[tokio::test]
async fn a_broker_that_hangs_and_forgets_loses_nothing_of_what_is_published_again() {
    let mut mosquitto = Mosquitto::start(&KEEPS_NOTHING);
    let mut listener = subscriber(&mosquitto, Topic::Events).await;
    let mut publisher = impatient_publisher(&mosquitto);
    let all = created(0..200);

    let begin = Instant::now();
    let (published, mut received) = tokio::join!(publisher.publish(&all), async {
        let received = next_events(&mut listener, 20).await;
        mosquitto.pause();
        received
    });
    let failure = published.unwrap_err();
    assert_eq!(failure.error, BrokerError::TimedOut);
    assert!(begin.elapsed() < Duration::from_secs(6), "{:?}", begin.elapsed());
    assert!(!publisher.is_connected());
    let acknowledged = failure.acknowledged;
    assert!(0 < acknowledged && acknowledged < all.len(), "it was to hang halfway: {acknowledged}");

    // What it has acknowledged it has handed on; it may have come to the listener or not.
    let missing = acknowledged.saturating_sub(received.len());
    received.extend(next_events(&mut listener, missing).await);
    mosquitto.kill();
    while let Ok(message) = listener.next().await {
        received.push(id(&message));
    }
    assert_eq!(received, ids(&all[..received.len()]));

    mosquitto.restart();
    let mut listener = subscriber(&mosquitto, Topic::Events).await;
    let rest = &all[acknowledged..];
    publisher.publish(rest).await.unwrap();
    let again = next_events(&mut listener, rest.len()).await;
    assert_eq!(again, ids(rest));
    let received: HashSet<EventId> = received.into_iter().chain(again).collect();
    assert_eq!(received, ids(&all).into_iter().collect());
}

#[tokio::test]
async fn a_broker_that_hangs_from_the_beginning_is_not_waited_for_long() {
    let mosquitto = Mosquitto::start(&Setup::default());
    mosquitto.pause();
    let mut publisher = impatient_publisher(&mosquitto);
    let begin = Instant::now();
    let failure = publisher.publish(&created(0..1)).await.unwrap_err();
    assert_eq!((failure.acknowledged, failure.error), (0, BrokerError::TimedOut));
    assert_eq!(publisher.idle().await, BrokerError::TimedOut);
    assert!(begin.elapsed() < Duration::from_secs(6), "{:?}", begin.elapsed());

    mosquitto.resume();
    publisher.publish(&created(0..1)).await.unwrap();
}

#[tokio::test]
async fn idle_ends_when_the_broker_does() {
    let mut mosquitto = Mosquitto::start(&Setup::default());
    let mut publisher = publisher(&mosquitto);
    publisher.publish(&created(0..1)).await.unwrap();
    let idle = tokio::spawn(async move { (publisher.idle().await, publisher) });
    mosquitto.kill();
    let (error, mut publisher) = idle.await.unwrap();
    assert_eq!(error.to_string(), "the connection to the broker broke: the broker closed it");
    assert!(!publisher.is_connected());

    mosquitto.restart();
    publisher.publish(&created(1..2)).await.unwrap();
    assert!(publisher.is_connected());
}
