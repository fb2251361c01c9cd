//! Listening to what is published.

use std::collections::VecDeque;

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Packet;
use rumqttc::v5::{Event as Traffic, MqttOptions};

use crate::broker::{Broker, Topic};
use crate::connection::{Connection, Limits};
use crate::error::BrokerError;
use crate::reason;

/// Listens to one topic of one broker with MQTT 5, QoS 1.
///
/// It misses what is published while it is not connected; the broker keeps nothing for it.
pub struct Subscriber {
    topic: String,
    options: MqttOptions,
    limits: Limits,
    subscription: Option<Subscription>,
}

struct Subscription {
    connection: Connection,
    confirmed: bool,
    /// Messages that came before anyone asked for them.
    messages: VecDeque<String>,
}

impl Subscriber {
    /// A subscriber; it connects when it is first used.
    pub fn new(broker: &Broker, topic: Topic) -> Self {
        let limits = Limits::default();
        let options = broker.options(limits.connect);
        Self { topic: broker.topic(topic), options, limits, subscription: None }
    }

    /// Connects and subscribes if need be. Returns when the broker has confirmed it: what
    /// is published from then on, [`Self::next`] gives. May be dropped while it waits.
    ///
    /// # Errors
    ///
    /// [`BrokerError`].
    pub async fn ready(&mut self) -> Result<(), BrokerError> {
        while !self.subscription.as_ref().is_some_and(|subscription| subscription.confirmed) {
            self.advance().await?;
        }
        Ok(())
    }

    /// The payload of the next message, as text. Connects and subscribes if need be. May
    /// be dropped while it waits; nothing is lost by that.
    ///
    /// # Errors
    ///
    /// [`BrokerError`]; the next call connects again.
    pub async fn next(&mut self) -> Result<String, BrokerError> {
        loop {
            let message =
                self.subscription.as_mut().and_then(|subscription| subscription.messages.pop_front());
            if let Some(message) = message {
                return Ok(message);
            }
            self.advance().await?;
        }
    }

    async fn advance(&mut self) -> Result<(), BrokerError> {
        let subscription = self.subscription.get_or_insert_with(|| Subscription {
            connection: Connection::new(&self.options, self.limits),
            confirmed: false,
            messages: VecDeque::new(),
        });
        let advanced = subscription.advance(&self.topic).await;
        if advanced.is_err() {
            self.subscription = None;
        }
        advanced
    }
}

impl Subscription {
    async fn advance(&mut self, topic: &str) -> Result<(), BrokerError> {
        let Traffic::Incoming(packet) = self.connection.next().await? else { return Ok(()) };
        if let Packet::ConnAck(_) = packet {
            let asked = self.connection.client().try_subscribe(topic, QoS::AtLeastOnce);
            // The queue is empty, so this cannot be.
            asked.map_err(|error| BrokerError::Lost { reason: error.to_string() })?;
            self.connection.expect_progress();
        } else if let Packet::SubAck(answer) = packet {
            if let Some(reason) = reason::of_subscription(&answer.return_codes) {
                return Err(BrokerError::RefusedSubscription { reason });
            }
            self.confirmed = true;
            self.connection.expect_nothing();
        } else if let Packet::Publish(message) = packet {
            self.messages.push_back(String::from_utf8_lossy(&message.payload).into_owned());
        }
        Ok(())
    }
}
