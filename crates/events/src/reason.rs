//! What a broker means by its reason codes.

use std::fmt::Debug;

use rumqttc::v5::mqttbytes::v5::{
    ConnectReturnCode, DisconnectReasonCode, PubAckReason, SubscribeReasonCode,
};

/// Why a connection is refused.
pub(crate) fn of_refusal(code: ConnectReturnCode) -> String {
    if code == ConnectReturnCode::BadUserNamePassword {
        "bad user name or password".to_owned()
    } else {
        words(code)
    }
}

/// Why the broker ends a connection.
pub(crate) fn of_end(code: DisconnectReasonCode) -> String {
    words(code)
}

/// Why a message is refused; none if it is not. That nobody listens is no refusal.
pub(crate) fn of_message(code: PubAckReason) -> Option<String> {
    let taken = matches!(code, PubAckReason::Success | PubAckReason::NoMatchingSubscribers);
    (!taken).then(|| words(code))
}

/// Why a subscription is refused; none if it is not.
pub(crate) fn of_subscription(codes: &[SubscribeReasonCode]) -> Option<String> {
    codes.iter().find(|code| !matches!(code, SubscribeReasonCode::Success(_))).map(words)
}

/// The library names its codes as the specification does, so the words of the name say
/// what is meant: `SessionTakenOver` is "session taken over".
fn words(code: impl Debug) -> String {
    let mut words = String::new();
    for letter in format!("{code:?}").replace("QoS", "Qos").chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use rumqttc::v5::mqttbytes::QoS;

    use super::*;

    #[test]
    fn codes_are_told_in_words() {
        assert_eq!(of_refusal(ConnectReturnCode::BadUserNamePassword), "bad user name or password");
        assert_eq!(of_refusal(ConnectReturnCode::QoSNotSupported), "qos not supported");
        assert_eq!(of_end(DisconnectReasonCode::SessionTakenOver), "session taken over");
        let codes = [SubscribeReasonCode::Success(QoS::AtLeastOnce), SubscribeReasonCode::NotAuthorized];
        assert_eq!(of_subscription(&codes).as_deref(), Some("not authorized"));
    }

    #[test]
    fn a_message_that_nobody_listens_to_is_not_refused() {
        assert_eq!(of_message(PubAckReason::Success), None);
        assert_eq!(of_message(PubAckReason::NoMatchingSubscribers), None);
        assert_eq!(of_message(PubAckReason::QuotaExceeded).as_deref(), Some("quota exceeded"));
    }
}
