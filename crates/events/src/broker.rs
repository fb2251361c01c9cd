//! A broker, as the settings describe it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rumqttc::v5::MqttOptions;
use rumqttc::v5::mqttbytes::v5::ConnectProperties;
use rumqttc::{NetworkOptions, TlsConfiguration, Transport};
use rustls::ClientConfig;
use uuid::Uuid;

/// How often a connection without traffic is checked. A broker that hangs is noticed when
/// the second ping is due, and sooner while something is published.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// The largest message that a broker may send; ours have less than 10 KiB.
const MAX_MESSAGE_BYTES: u32 = 1 << 20;
/// The most messages on their way to the broker at once, if it does not ask for fewer.
pub(crate) const WINDOW: u16 = 32;

/// A broker and how to connect to it. Shown without its password.
#[derive(Clone)]
pub struct Broker {
    pub(crate) tls: Option<Arc<ClientConfig>>,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) login: Option<Login>,
    pub(crate) client_id: Option<String>,
    pub(crate) topic_prefix: String,
}

/// A user and a password, which may be empty.
#[derive(Clone)]
pub(crate) struct Login {
    pub(crate) user: String,
    pub(crate) password: String,
}

/// One of the two topics under the prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// A sentence of plain text for each change.
    Notifier,
    /// The same changes as CloudEvents in JSON.
    Events,
}

impl Broker {
    /// The name of a topic, such as `imagestore/events`.
    pub fn topic(&self, topic: Topic) -> String {
        let name = match topic {
            Topic::Notifier => api::events::NOTIFIER_TOPIC,
            Topic::Events => api::events::EVENTS_TOPIC,
        };
        format!("{}/{name}", self.topic_prefix)
    }

    /// How one publisher or subscriber connects, each time that it does.
    ///
    /// The id stays the same: a broker ends the old connection of an id before it takes the
    /// new one, so that what was still on its way in the old one cannot come after what is
    /// published in the new one.
    pub(crate) fn options(&self, connect: Duration) -> MqttOptions {
        let id = self.client_id.clone().unwrap_or_else(|| format!("safelight-{}", Uuid::now_v7()));
        let mut options = MqttOptions::new(id, &self.host, self.port);
        if let Some(tls) = &self.tls {
            options.set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(Arc::clone(tls))));
        }
        if let Some(login) = &self.login {
            options.set_credentials(&login.user, &login.password);
        }
        let mut network = NetworkOptions::new();
        // Each message is a small packet of its own, and must not wait for the last one's
        // acknowledgement by TCP.
        network.set_tcp_nodelay(true);
        let mut properties = ConnectProperties::new();
        properties.max_packet_size = Some(MAX_MESSAGE_BYTES);
        options
            .set_network_options(network)
            .set_connect_properties(properties)
            .set_clean_start(true)
            .set_keep_alive(KEEP_ALIVE)
            .set_outgoing_inflight_upper_limit(WINDOW)
            // Our own limit comes first; this one only counts whole seconds.
            .set_connection_timeout(connect.as_secs() + 1);
        options
    }
}

impl fmt::Display for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls.is_some() { "mqtts" } else { "mqtt" };
        if self.host.contains(':') {
            write!(f, "{scheme}://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{scheme}://{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Broker({self})")
    }
}
