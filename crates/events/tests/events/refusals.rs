//! Brokers that ask who is there, and clients that do.

use std::path::PathBuf;

use events::{BrokerError, MqttSettings, Publisher, Topic};
use tempfile::TempDir;
use testkit::mosquitto::{Mosquitto, Setup, Tls};

use crate::certificates::{Authority, Signed};
use crate::support::{broker, created, settings, subscriber};

/// Publishes an event with the settings.
async fn publish(settings: &MqttSettings) -> Result<(), BrokerError> {
    let mut publisher = Publisher::new(&broker(settings));
    publisher.publish(&created(0..1)).await.map_err(|failure| failure.error)
}

async fn refused(settings: &MqttSettings) -> String {
    publish(settings).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_broker_with_a_password_takes_only_that() {
    let mosquitto = Mosquitto::start(&Setup { login: Some(("user", "se cret")), ..Setup::default() });
    let plain = settings(&mosquitto);
    let with = |user: &str, password: &str| MqttSettings {
        mqtt_user: Some(user.to_owned()),
        mqtt_password: Some(password.to_owned()),
        ..plain.clone()
    };
    assert_eq!(publish(&with("user", "se cret")).await, Ok(()));
    let url = mosquitto.url().replace("://", "://user:se%20cret@");
    assert_eq!(publish(&MqttSettings { mqtt_url: Some(url), ..plain.clone() }).await, Ok(()));
    for wrong in [with("user", "other"), with("other", "se cret"), plain.clone()] {
        assert_eq!(refused(&wrong).await, "the broker refuses the connection: not authorized");
        let error = Publisher::new(&broker(&wrong)).idle().await;
        assert!(matches!(error, BrokerError::Refused { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_broker_that_forbids_publishing_refuses_the_message() {
    let access = Some("topic read imagestore/#\ntopic write imagestore/notifier\n");
    let mosquitto = Mosquitto::start(&Setup { access, ..Setup::default() });
    let mut notifier = subscriber(&mosquitto, Topic::Notifier).await;
    assert_eq!(refused(&settings(&mosquitto)).await, "the broker refuses the message: not authorized");
    assert_eq!(notifier.next().await.unwrap(), "a0 album created");
}

#[tokio::test]
async fn a_message_that_is_too_large_for_the_broker_is_refused() {
    let mosquitto = Mosquitto::start(&Setup { lines: "max_packet_size 100", ..Setup::default() });
    let error = refused(&settings(&mosquitto)).await;
    assert!(error.starts_with("the broker refuses the message: "), "{error}");
}

/// A folder with the PEM files that settings name.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, text: &str) -> Option<PathBuf> {
        let file = self.0.path().join(name);
        #[expect(clippy::disallowed_methods, reason = "settings name files")]
        std::fs::write(&file, text).unwrap();
        Some(file)
    }
}

fn start(ca: &Authority, signed: &Signed, require_certificate: bool) -> Mosquitto {
    let ca = &ca.certificate();
    let tls = Tls { ca, certificate: &signed.certificate, key: &signed.key, require_certificate };
    Mosquitto::start(&Setup { tls: Some(tls), ..Setup::default() })
}

#[tokio::test]
async fn a_broker_with_a_certificate_is_trusted_if_its_authority_is() {
    let (files, ours, theirs) = (Files::new(), Authority::new("ours"), Authority::new("theirs"));
    let mosquitto = start(&ours, &ours.sign("127.0.0.1"), false);
    let trusting = |authority: &Authority, name| MqttSettings {
        mqtt_ca_file: files.write(name, &authority.certificate()),
        ..settings(&mosquitto)
    };
    assert_eq!(publish(&trusting(&ours, "ours")).await, Ok(()), "{}", mosquitto.log());
    assert_eq!(
        refused(&trusting(&theirs, "theirs")).await,
        "the broker's certificate is not trusted: signed by an unknown authority"
    );
    let plain = mosquitto.url().replace("mqtts:", "mqtt:");
    assert_eq!(
        refused(&MqttSettings { mqtt_url: Some(plain), ..MqttSettings::default() }).await,
        "the broker cannot be reached: it hangs up at once; it may want mqtts://"
    );
}

#[tokio::test]
async fn a_certificate_that_has_expired_or_is_for_another_host_is_not_trusted() {
    let (files, ours) = (Files::new(), Authority::new("ours"));
    let mqtt_ca_file = files.write("ours", &ours.certificate());
    for (signed, reason) in [
        (ours.sign_expired("127.0.0.1"), "expired"),
        (ours.sign("broker.example"), "not for the name 127.0.0.1"),
    ] {
        let mosquitto = start(&ours, &signed, false);
        let error =
            refused(&MqttSettings { mqtt_ca_file: mqtt_ca_file.clone(), ..settings(&mosquitto) }).await;
        assert_eq!(error, format!("the broker's certificate is not trusted: {reason}"));
    }
}

#[tokio::test]
async fn a_broker_that_asks_for_a_certificate_takes_one_of_its_authority() {
    let (files, ours, theirs) = (Files::new(), Authority::new("ours"), Authority::new("theirs"));
    let mosquitto = start(&ours, &ours.sign("127.0.0.1"), true);
    let without =
        MqttSettings { mqtt_ca_file: files.write("ours", &ours.certificate()), ..settings(&mosquitto) };
    let with = |signed: &Signed| MqttSettings {
        mqtt_client_cert_file: files.write("certificate", &signed.certificate),
        mqtt_client_key_file: files.write("key", &signed.key),
        ..without.clone()
    };
    assert_eq!(publish(&with(&ours.sign("image-cache"))).await, Ok(()), "{}", mosquitto.log());
    for settings in [without.clone(), with(&theirs.sign("image-cache"))] {
        let error = refused(&settings).await;
        assert!(error.contains("client certificate"), "{error}");
    }
}

#[tokio::test]
async fn a_broker_without_tls_is_no_broker_with_it() {
    let (files, ours) = (Files::new(), Authority::new("ours"));
    let mosquitto = Mosquitto::start(&Setup::default());
    let settings = MqttSettings {
        mqtt_url: Some(mosquitto.url().replace("mqtt:", "mqtts:")),
        mqtt_ca_file: files.write("ours", &ours.certificate()),
        ..MqttSettings::default()
    };
    assert_eq!(
        refused(&settings).await,
        "the broker cannot be spoken to with TLS: it hangs up; it may not speak TLS at this port"
    );
}
