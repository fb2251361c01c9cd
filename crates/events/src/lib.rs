//! The MQTT side of notifications: publishing changes to a broker, and listening.
//!
//! [`MqttSettings`] describe a [`Broker`]. A [`Publisher`] hands events to it and says
//! how many the broker has acknowledged; what it has not must be published again, from
//! wherever the caller keeps its events. A [`Subscriber`] gives what others published.
//!
//! Neither tries again by itself: each error ends the connection, the next call makes a
//! new one, and the caller waits in between as [`Backoff`] says. That is also how the
//! MQTT library is kept from losing messages: it forgets, without a word, what was on
//! its way when a connection breaks, so nothing is ever left to it to send again.

mod address;
mod backoff;
mod batch;
mod broker;
mod connection;
mod error;
mod files;
mod publisher;
mod reason;
mod settings;
mod subscriber;
mod tls;

pub use backoff::Backoff;
pub use broker::{Broker, Topic};
pub use connection::Limits;
pub use error::BrokerError;
pub use publisher::{PublishFailure, Publisher};
pub use settings::MqttSettings;
pub use subscriber::Subscriber;
