//! Why a broker cannot be used, each in one line.

use std::io::{self, ErrorKind};

use rumqttc::v5::mqttbytes::Error as PacketError;
use rumqttc::v5::{ConnectionError, StateError, TlsError};
use rustls::{AlertDescription, CertificateError, Error as RustlsError};

use crate::reason;

/// Why a broker cannot be used. The connection is gone after each of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokerError {
    /// No connection came about.
    #[error("the broker cannot be reached: {reason}")]
    Unreachable {
        /// What the system said.
        reason: String,
    },
    /// The broker does not want this client: its user, its password, its id.
    #[error("the broker refuses the connection: {reason}")]
    Refused {
        /// What the broker said.
        reason: String,
    },
    /// The broker's certificate has expired, or is for another name, or is signed by an
    /// authority that is not trusted.
    #[error("the broker's certificate is not trusted: {reason}")]
    Untrusted {
        /// What is wrong with it.
        reason: String,
    },
    /// The broker wants a client certificate and got none, or one that it does not trust.
    #[error("the broker does not accept the client certificate: {reason}")]
    ClientCertificate {
        /// What is wrong with it.
        reason: String,
    },
    /// TLS failed for another reason.
    #[error("the broker cannot be spoken to with TLS: {reason}")]
    Tls {
        /// What failed.
        reason: String,
    },
    /// No connection, or no acknowledgement, in the time that [`crate::Limits`] give.
    #[error("the broker did not answer in time")]
    TimedOut,
    /// The broker does not take a message: this one, or from this user, or so large.
    #[error("the broker refuses the message: {reason}")]
    RefusedMessage {
        /// What the broker said.
        reason: String,
    },
    /// The broker does not let this user listen.
    #[error("the broker refuses the subscription: {reason}")]
    RefusedSubscription {
        /// What the broker said.
        reason: String,
    },
    /// A connection that was good broke, or the broker ended it.
    #[error("the connection to the broker broke: {reason}")]
    Lost {
        /// How it broke.
        reason: String,
    },
    /// Something that is not MQTT 5, or not in its order.
    #[error("the broker cannot be understood: {reason}")]
    NotMqtt {
        /// What came.
        reason: String,
    },
}

/// How far a connection had come when it failed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stage {
    /// The broker had accepted it.
    pub(crate) accepted: bool,
    /// It was to be one with TLS.
    pub(crate) tls: bool,
}

impl BrokerError {
    /// What an error of the library means.
    pub(crate) fn new(error: ConnectionError, stage: Stage) -> Self {
        match error {
            ConnectionError::MqttState(error) => of_state(error, stage),
            ConnectionError::Timeout(_) => Self::TimedOut,
            ConnectionError::Tls(TlsError::Io(error)) if is_closed(&error) => {
                Self::Tls { reason: "it hangs up; it may not speak TLS at this port".to_owned() }
            }
            ConnectionError::Tls(TlsError::Io(error)) | ConnectionError::Io(error) => of_io(&error, stage),
            ConnectionError::Tls(TlsError::TLS(error)) => of_tls(&error),
            ConnectionError::Tls(error) => Self::Tls { reason: error.to_string() },
            ConnectionError::ConnectionRefused(code) => Self::Refused { reason: reason::of_refusal(code) },
            error @ ConnectionError::NotConnAck(_) => Self::NotMqtt { reason: error.to_string() },
            // It has a sender of its own, so this cannot be.
            error @ ConnectionError::RequestsDone => Self::Lost { reason: error.to_string() },
        }
    }
}

fn of_state(error: StateError, stage: Stage) -> BrokerError {
    match error {
        StateError::Io(error) | StateError::Deserialization(PacketError::Io(error)) => of_io(&error, stage),
        error @ (StateError::OutgoingPacketTooLarge { .. }
        | StateError::Deserialization(PacketError::OutgoingPacketTooLarge { .. })) => {
            BrokerError::RefusedMessage { reason: error.to_string() }
        }
        StateError::ConnectionAborted => closed(stage),
        StateError::AwaitPingResp | StateError::CollisionTimeout => BrokerError::TimedOut,
        StateError::ServerDisconnect { reason_code, .. } => {
            BrokerError::Lost { reason: reason::of_end(reason_code) }
        }
        StateError::ConnFail { reason } => BrokerError::Refused { reason: reason::of_refusal(reason) },
        error @ (StateError::Coversion(_)
        | StateError::InvalidState
        | StateError::Unsolicited(_)
        | StateError::WrongPacket
        | StateError::EmptySubscription
        | StateError::Deserialization(_)
        | StateError::InvalidAlias { .. }
        | StateError::IncomingPacketTooLarge { .. }) => BrokerError::NotMqtt { reason: error.to_string() },
    }
}

fn of_io(error: &io::Error, stage: Stage) -> BrokerError {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<RustlsError>());
    if let Some(error) = tls {
        return of_tls(error);
    }
    if is_closed(error) {
        return closed(stage);
    }
    let reason = error.to_string();
    if stage.accepted { BrokerError::Lost { reason } } else { BrokerError::Unreachable { reason } }
}

fn is_closed(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof)
}

/// A broker that hangs up on a stranger says nothing, so the likeliest reason is named.
/// One that misses a client certificate does say so, but what it says is lost when its
/// system resets the connection because of what we had already sent.
fn closed(stage: Stage) -> BrokerError {
    match stage {
        Stage { accepted: true, .. } => BrokerError::Lost { reason: "the broker closed it".to_owned() },
        Stage { tls: true, .. } => BrokerError::Unreachable {
            reason: "it hangs up at once; it may want a client certificate".to_owned(),
        },
        Stage { tls: false, .. } => {
            BrokerError::Unreachable { reason: "it hangs up at once; it may want mqtts://".to_owned() }
        }
    }
}

fn of_tls(error: &RustlsError) -> BrokerError {
    if let RustlsError::InvalidCertificate(error) = error {
        return BrokerError::Untrusted { reason: untrusted(error) };
    }
    let RustlsError::AlertReceived(alert) = error else {
        let not_tls = matches!(error, RustlsError::InvalidMessage(_));
        let reason = if not_tls { "what it answers is not TLS".to_owned() } else { error.to_string() };
        return BrokerError::Tls { reason };
    };
    match REFUSALS.iter().find(|(refusal, _)| refusal == alert) {
        Some((_, reason)) => BrokerError::ClientCertificate { reason: (*reason).to_owned() },
        None => BrokerError::Tls { reason: format!("it gives the alert {alert:?}") },
    }
}

/// What a broker says to a client whose certificate it does not like.
const REFUSALS: [(AlertDescription, &str); 9] = [
    (AlertDescription::CertificateRequired, "it wants one"),
    // Before TLS 1.3 there was no alert of its own for it.
    (AlertDescription::HandshakeFailure, "it wants one"),
    (AlertDescription::UnknownCA, "it does not know who signed it"),
    (AlertDescription::CertificateExpired, "it has expired"),
    (AlertDescription::CertificateRevoked, "it is revoked"),
    (AlertDescription::BadCertificate, "it finds it bad"),
    (AlertDescription::UnsupportedCertificate, "it cannot read it"),
    (AlertDescription::CertificateUnknown, "it finds something wrong with it"),
    (AlertDescription::AccessDenied, "it does not let it in"),
];

fn untrusted(error: &CertificateError) -> String {
    if matches!(error, CertificateError::Expired | CertificateError::ExpiredContext { .. }) {
        "expired".to_owned()
    } else if matches!(error, CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }) {
        "not valid yet".to_owned()
    } else if matches!(error, CertificateError::UnknownIssuer | CertificateError::BadSignature) {
        "signed by an unknown authority".to_owned()
    } else if let CertificateError::NotValidForNameContext { expected, .. } = error {
        format!("not for the name {}", expected.to_str())
    } else {
        error.to_string()
    }
}
