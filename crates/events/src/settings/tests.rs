//! Mistakes in settings, all told at once.

use clap::{CommandFactory as _, Parser};

use super::*;

#[derive(Parser, Debug)]
struct Command {
    #[command(flatten)]
    mqtt: MqttSettings,
}

fn read(arguments: &[&str]) -> Result<Option<Broker>, Vec<String>> {
    Command::try_parse_from(std::iter::once(&"test").chain(arguments)).unwrap().mqtt.broker()
}

fn mistakes(arguments: &[&str]) -> Vec<String> {
    read(arguments).unwrap_err()
}

fn path(folder: &tempfile::TempDir, name: &str, text: &str) -> String {
    let file = folder.path().join(name);
    #[expect(clippy::disallowed_methods, reason = "a test writes the files that settings name")]
    std::fs::write(&file, text).unwrap();
    file.display().to_string()
}

#[test]
fn without_settings_there_is_no_broker() {
    assert!(read(&[]).unwrap().is_none());
    assert!(MqttSettings::default().broker().unwrap().is_none());
    Command::command().debug_assert();
}

#[test]
fn a_broker_is_shown_without_its_password() {
    let settings = MqttSettings {
        mqtt_url: Some("mqtt://user:secret@[::1]".to_owned()),
        mqtt_password: Some("secret".to_owned()),
        ..MqttSettings::default()
    };
    assert!(!format!("{settings:?}").contains("secret"), "{settings:?}");
    assert!(!settings.broker().unwrap_err().concat().contains("secret"));
    let broker = MqttSettings { mqtt_password: None, ..settings }.broker().unwrap().unwrap();
    assert_eq!(broker.to_string(), "mqtt://[::1]:1883");
    assert_eq!(format!("{broker:?}"), "Broker(mqtt://[::1]:1883)");
    assert_eq!(broker.login.unwrap().password, "secret");
}

#[test]
fn all_mistakes_are_told_at_once() {
    assert_eq!(
        mistakes(&[
            "--mqtt-url=http://x",
            "--mqtt-password=a",
            "--mqtt-password-file=/not/there",
            "--mqtt-client-key-file=/not/there",
            "--mqtt-client-id=",
            "--mqtt-topic-prefix=/a",
        ]),
        [
            "--mqtt-url is `http://x`: it takes mqtt://host:1883 or mqtts://host:8883",
            "--mqtt-password and --mqtt-password-file are both given",
            "--mqtt-password needs --mqtt-user",
            "--mqtt-password-file needs --mqtt-user",
            "--mqtt-password-file /not/there: No such file or directory (os error 2)",
            "--mqtt-client-key-file needs --mqtt-client-cert-file",
            "--mqtt-topic-prefix is `/a`: it takes up to 1024 bytes such as imagestore or site/images, \
             without + and #, with no $ at the start and no / at the start or the end",
            "--mqtt-client-id is ``: it takes 1 to 1024 bytes",
        ]
    );
}

#[test]
fn what_would_never_be_looked_at_is_a_mistake() {
    assert_eq!(
        mistakes(&["--mqtt-user=a", "--mqtt-ca-file=/a", "--mqtt-client-id=a"]),
        [
            "--mqtt-user needs --mqtt-url",
            "--mqtt-client-id needs --mqtt-url",
            "--mqtt-ca-file needs --mqtt-url",
        ]
    );
    assert_eq!(
        mistakes(&["--mqtt-url=mqtt://a", "--mqtt-ca-file=/a"]),
        ["--mqtt-ca-file needs an --mqtt-url with mqtts://"]
    );
    assert_eq!(
        mistakes(&["--mqtt-url=mqtt://a:b@c", "--mqtt-user=", "--mqtt-password=c"]),
        [
            "--mqtt-user and the user in --mqtt-url are both given",
            "--mqtt-password and the password in --mqtt-url are both given",
            "--mqtt-user is empty",
        ]
    );
}

#[test]
fn the_end_of_the_line_is_no_part_of_a_password_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    for (text, password) in [("a b\n", "a b"), ("é\r\n", "é"), (" a\n\n", " a\n"), ("a", "a")] {
        let file = format!("--mqtt-password-file={}", path(&folder, "password", text));
        let broker = read(&["--mqtt-url=mqtt://broker", "--mqtt-user=a", &file]).unwrap().unwrap();
        assert_eq!(broker.login.unwrap().password, password, "{text:?}");
    }
    let file = path(&folder, "password", "\n");
    let mistakes =
        mistakes(&["--mqtt-url=mqtt://broker", "--mqtt-user=a", &format!("--mqtt-password-file={file}")]);
    assert_eq!(mistakes, [format!("--mqtt-password-file {file}: no password in it")]);
}

#[test]
fn files_for_tls_must_hold_what_their_flags_say() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = [(); 2].map(|()| rcgen::generate_simple_self_signed(["a".to_owned()]).unwrap()).into();
    let certificate = path(&folder, "certificate", &one.cert.pem());
    let key = path(&folder, "key", &one.signing_key.serialize_pem());
    let other_key = path(&folder, "other_key", &other.signing_key.serialize_pem());
    let empty = path(&folder, "empty", "");
    let read = |ca: &str, certificate: &str, key: &str| {
        read(&[
            "--mqtt-url=mqtts://broker",
            &format!("--mqtt-ca-file={ca}"),
            &format!("--mqtt-client-cert-file={certificate}"),
            &format!("--mqtt-client-key-file={key}"),
        ])
    };
    assert_eq!(read(&certificate, &certificate, &key).unwrap().unwrap().to_string(), "mqtts://broker:8883");
    assert_eq!(
        read(&certificate, &certificate, &other_key).unwrap_err(),
        ["--mqtt-client-key-file does not fit --mqtt-client-cert-file"]
    );
    assert_eq!(
        read(&empty, &key, &certificate).unwrap_err(),
        [
            format!("--mqtt-ca-file {empty}: no certificate in it"),
            format!("--mqtt-client-cert-file {key}: no certificate in it"),
            format!("--mqtt-client-key-file {certificate}: no private key in it that is not encrypted"),
        ]
    );
}

#[test]
fn topics_are_under_the_prefix() {
    let broker = read(&["--mqtt-url=mqtt://broker"]).unwrap().unwrap();
    assert_eq!(broker.topic(crate::Topic::Notifier), "imagestore/notifier");
    let broker = read(&["--mqtt-url=mqtt://broker", "--mqtt-topic-prefix=a/b"]).unwrap().unwrap();
    assert_eq!(broker.topic(crate::Topic::Events), "a/b/events");
    for prefix in ["", "+", "a/#", "$a", "/a", "a/", "a\0"] {
        assert_eq!(mistakes(&[&format!("--mqtt-topic-prefix={prefix}")]).len(), 1, "{prefix:?}");
    }
}
