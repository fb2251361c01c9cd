//! Publishing events.

use domain::Event;
use rumqttc::Outgoing;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, PublishProperties};
use rumqttc::v5::{Event as Traffic, MqttOptions};

use crate::batch::{Batch, Message};
use crate::broker::{Broker, Topic};
use crate::connection::{Connection, Limits};
use crate::error::BrokerError;
use crate::reason;

/// A whole event is the message, which the CloudEvents binding for MQTT calls structured.
const CLOUD_EVENT: &str = "application/cloudevents+json";

/// Publishes events to one broker with MQTT 5, QoS 1, not retained.
///
/// Whoever has nothing to publish waits in [`Self::idle`], which is also what answers the
/// broker while nothing happens.
pub struct Publisher {
    broker: Broker,
    options: MqttOptions,
    limits: Limits,
    connection: Option<Connection>,
}

/// Not all events have been published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct PublishFailure {
    /// How many events, from the first on, the broker has acknowledged. It may have some
    /// of the others too; they are to be published again nevertheless.
    pub acknowledged: usize,
    /// Why the others have not been.
    pub error: BrokerError,
}

impl Publisher {
    /// A publisher; it connects when it is first used.
    pub fn new(broker: &Broker) -> Self {
        Self::with_limits(broker, Limits::default())
    }

    /// The same with other limits.
    pub fn with_limits(broker: &Broker, limits: Limits) -> Self {
        let options = broker.options(limits.connect);
        Self { broker: broker.clone(), options, limits, connection: None }
    }

    /// Whether there is a connection, as far as can be known without using it.
    pub fn is_connected(&self) -> bool {
        self.connection.as_ref().is_some_and(Connection::is_accepted)
    }

    /// Publishes the events in their order: of each its sentences, and then the event.
    /// Returns when the broker has acknowledged all of them.
    ///
    /// Dropped while it waits it closes the connection, because what is on its way in it
    /// would be taken for what is published next.
    ///
    /// # Errors
    ///
    /// [`PublishFailure`], which says where to go on.
    pub async fn publish(&mut self, events: &[Event]) -> Result<(), PublishFailure> {
        if events.is_empty() {
            return Ok(());
        }
        // Not kept in `self` meanwhile, so that it is dropped if this future is.
        let connection = self.connection.take();
        let mut connection = connection.unwrap_or_else(|| Connection::new(&self.options, self.limits));
        let mut batch = Batch::new(events);
        match deliver(&self.broker, &mut connection, &mut batch).await {
            Ok(()) => {
                self.connection = Some(connection);
                Ok(())
            }
            Err(error) => Err(PublishFailure { acknowledged: batch.acknowledged(), error }),
        }
    }

    /// Connects if need be, and returns once the broker has accepted the connection.
    ///
    /// # Errors
    ///
    /// When it has not.
    pub async fn connect(&mut self) -> Result<(), BrokerError> {
        let connection = self.connection.get_or_insert_with(|| Connection::new(&self.options, self.limits));
        let accepted = connection.accepted().await;
        if accepted.is_err() {
            self.connection = None;
        }
        accepted
    }

    /// Connects if need be, and keeps the connection alive until it fails. May be dropped
    /// at any time; the next call goes on where it was.
    pub async fn idle(&mut self) -> BrokerError {
        let connection = self.connection.get_or_insert_with(|| Connection::new(&self.options, self.limits));
        loop {
            if let Err(error) = connection.next().await {
                self.connection = None;
                return error;
            }
        }
    }

    /// Takes leave of the broker, which takes a second at most. Without it the broker
    /// would note that the client had vanished.
    pub async fn disconnect(self) {
        if let Some(connection) = self.connection {
            connection.end().await;
        }
    }
}

/// Not a method: a publisher can be sent to another thread but not shared with one, and a
/// future with a reference to one could not be sent.
async fn deliver(
    broker: &Broker,
    connection: &mut Connection,
    batch: &mut Batch<'_>,
) -> Result<(), BrokerError> {
    connection.accepted().await?;
    connection.expect_progress();
    while !batch.is_done() {
        let refused = |error: serde_json::Error| BrokerError::RefusedMessage { reason: error.to_string() };
        while let Some(message) = batch.next().map_err(refused)? {
            send(broker, connection, message)?;
        }
        match connection.next().await? {
            Traffic::Outgoing(Outgoing::Publish(id)) => batch.sent(id),
            Traffic::Incoming(Packet::PubAck(answer)) => {
                if let Some(reason) = reason::of_message(answer.reason) {
                    return Err(BrokerError::RefusedMessage { reason });
                }
                batch.acknowledge(answer.pkid);
                connection.expect_progress();
            }
            Traffic::Incoming(_) | Traffic::Outgoing(_) => {}
        }
    }
    connection.expect_nothing();
    Ok(())
}

fn send(broker: &Broker, connection: &Connection, message: Message) -> Result<(), BrokerError> {
    let content_type = match message.topic {
        Topic::Notifier => None,
        Topic::Events => Some(CLOUD_EVENT.to_owned()),
    };
    let properties = PublishProperties { content_type, ..PublishProperties::default() };
    let topic = broker.topic(message.topic);
    let client = connection.client();
    client
        .try_publish_with_properties(topic, QoS::AtLeastOnce, false, message.payload, properties)
        // The queue holds a window, and the batch gives no more than that.
        .map_err(|error| BrokerError::Lost { reason: error.to_string() })
}
