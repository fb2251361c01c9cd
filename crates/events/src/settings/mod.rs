//! The settings of the broker, as flags.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use rustls::ClientConfig;

use crate::address::{Address, without_login};
use crate::broker::{Broker, Login};
use crate::files;
use crate::tls::{self, keep};

/// So that every topic stays far below the 65535 bytes that MQTT can name.
const MAX_TOPIC_PREFIX: usize = 1_024;
/// Brokers take at least 23, and most take all that MQTT can carry.
const MAX_CLIENT_ID: usize = 1_024;

/// The flags for an MQTT broker. They are taken as text, and checked all together by
/// [`Self::broker`]. Shown without the password.
#[derive(Args, Clone)]
pub struct MqttSettings {
    /// MQTT broker to publish changes to, such as mqtt://host:1883 or mqtts://host:8883; without
    /// one nothing is published
    #[arg(long, hide_env_values = true)]
    pub mqtt_url: Option<String>,
    /// User name at the broker
    #[arg(long)]
    pub mqtt_user: Option<String>,
    /// Password at the broker
    #[arg(long, hide_env_values = true)]
    pub mqtt_password: Option<String>,
    /// File with the password
    #[arg(long)]
    pub mqtt_password_file: Option<PathBuf>,
    /// PEM file with the certificate authorities to trust for the broker, instead of the system's
    #[arg(long)]
    pub mqtt_ca_file: Option<PathBuf>,
    /// PEM file with the client certificate to present to the broker
    #[arg(long)]
    pub mqtt_client_cert_file: Option<PathBuf>,
    /// PEM file with the private key of the client certificate
    #[arg(long)]
    pub mqtt_client_key_file: Option<PathBuf>,
    /// MQTT client id, unique at the broker; random by default
    #[arg(long)]
    pub mqtt_client_id: Option<String>,
    /// Prefix of the topics: changes go to PREFIX/notifier and PREFIX/events
    #[arg(long, default_value = api::events::TOPIC_PREFIX)]
    pub mqtt_topic_prefix: String,
}

impl Default for MqttSettings {
    fn default() -> Self {
        Self {
            mqtt_url: None,
            mqtt_user: None,
            mqtt_password: None,
            mqtt_password_file: None,
            mqtt_ca_file: None,
            mqtt_client_cert_file: None,
            mqtt_client_key_file: None,
            mqtt_client_id: None,
            mqtt_topic_prefix: api::events::TOPIC_PREFIX.to_owned(),
        }
    }
}

impl MqttSettings {
    /// The broker; none without `--mqtt-url`. Reads the files that the settings name.
    ///
    /// # Errors
    ///
    /// Every mistake in the settings, each a sentence that names its flag.
    pub fn broker(&self) -> Result<Option<Broker>, Vec<String>> {
        let mut mistakes = Vec::new();
        let address = self.mqtt_url.as_deref().and_then(|url| keep(Address::parse(url), &mut mistakes));
        mistakes.extend(self.without_a_use(address.as_ref()));
        let login = self.login(address.as_ref(), &mut mistakes);
        let tls = self.tls(address.as_ref(), &mut mistakes);
        mistakes.extend(wrong_topic_prefix(&self.mqtt_topic_prefix));
        mistakes.extend(self.mqtt_client_id.as_deref().and_then(wrong_client_id));
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        Ok(address.map(|Address { host, port, .. }| Broker {
            tls,
            host,
            port,
            login,
            client_id: self.mqtt_client_id.clone(),
            topic_prefix: self.mqtt_topic_prefix.clone(),
        }))
    }

    /// What is given and would never be looked at.
    fn without_a_use(&self, address: Option<&Address>) -> Vec<String> {
        let for_tls = [
            ("--mqtt-ca-file", self.mqtt_ca_file.is_some()),
            ("--mqtt-client-cert-file", self.mqtt_client_cert_file.is_some()),
            ("--mqtt-client-key-file", self.mqtt_client_key_file.is_some()),
        ];
        let for_all = [
            ("--mqtt-user", self.mqtt_user.is_some()),
            ("--mqtt-password", self.mqtt_password.is_some()),
            ("--mqtt-password-file", self.mqtt_password_file.is_some()),
            ("--mqtt-client-id", self.mqtt_client_id.is_some()),
        ];
        match address {
            None if self.mqtt_url.is_none() => {
                let flags = given(&for_all).chain(given(&for_tls));
                flags.map(|flag| format!("{flag} needs --mqtt-url")).collect()
            }
            Some(address) if !address.tls => {
                given(&for_tls).map(|flag| format!("{flag} needs an --mqtt-url with mqtts://")).collect()
            }
            // What is wrong with the URL is said by itself.
            Some(_) | None => Vec::new(),
        }
    }

    fn login(&self, address: Option<&Address>, mistakes: &mut Vec<String>) -> Option<Login> {
        let (url_user, url_password) = match address {
            Some(address) => (address.user.clone(), address.password.clone()),
            None => (None, None),
        };
        let users =
            [("--mqtt-user", self.mqtt_user.is_some()), ("the user in --mqtt-url", url_user.is_some())];
        let passwords = [
            ("--mqtt-password", self.mqtt_password.is_some()),
            ("--mqtt-password-file", self.mqtt_password_file.is_some()),
            ("the password in --mqtt-url", url_password.is_some()),
        ];
        for ways in [&users[..], &passwords[..]] {
            let pairs = given(ways).zip(given(ways).skip(1));
            mistakes.extend(pairs.map(|(one, other)| format!("{one} and {other} are both given")));
        }
        let user = self.mqtt_user.clone().or(url_user);
        match &user {
            None => mistakes.extend(given(&passwords).map(|flag| format!("{flag} needs --mqtt-user"))),
            // To the library no user at all.
            Some(user) if user.is_empty() => mistakes.push("--mqtt-user is empty".to_owned()),
            Some(_) => {}
        }
        let file = self.mqtt_password_file.as_deref();
        let file_password =
            file.and_then(|file| keep(files::password("--mqtt-password-file", file), mistakes));
        let password = self.mqtt_password.clone().or(file_password).or(url_password);
        user.map(|user| Login { user, password: password.unwrap_or_default() })
    }

    fn tls(&self, address: Option<&Address>, mistakes: &mut Vec<String>) -> Option<Arc<ClientConfig>> {
        let client = match (&self.mqtt_client_cert_file, &self.mqtt_client_key_file) {
            (Some(certificate), Some(key)) => Some((certificate.as_path(), key.as_path())),
            (Some(_), None) => {
                mistakes.push("--mqtt-client-cert-file needs --mqtt-client-key-file".to_owned());
                None
            }
            (None, Some(_)) => {
                mistakes.push("--mqtt-client-key-file needs --mqtt-client-cert-file".to_owned());
                None
            }
            (None, None) => None,
        };
        if !address?.tls {
            return None;
        }
        let configuration = tls::configuration(self.mqtt_ca_file.as_deref(), client);
        configuration.map_err(|more| mistakes.extend(more)).ok()
    }
}

impl fmt::Debug for MqttSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MqttSettings")
            .field("mqtt_url", &self.mqtt_url.as_deref().map(without_login))
            .field("mqtt_user", &self.mqtt_user)
            .field("mqtt_topic_prefix", &self.mqtt_topic_prefix)
            .finish_non_exhaustive()
    }
}

/// The flags that are given.
fn given<'a>(flags: &'a [(&'static str, bool)]) -> impl Iterator<Item = &'static str> + 'a {
    flags.iter().filter_map(|&(flag, given)| given.then_some(flag))
}

fn wrong_topic_prefix(prefix: &str) -> Option<String> {
    let wrong = prefix.is_empty()
        || prefix.contains(['+', '#', '\0'])
        || prefix.starts_with(['$', '/'])
        || prefix.ends_with('/')
        || prefix.len() > MAX_TOPIC_PREFIX;
    wrong.then(|| {
        format!(
            "--mqtt-topic-prefix is `{}`: it takes up to {MAX_TOPIC_PREFIX} bytes such as imagestore or \
             site/images, without + and #, with no $ at the start and no / at the start or the end",
            prefix.escape_debug()
        )
    })
}

fn wrong_client_id(id: &str) -> Option<String> {
    let wrong = id.is_empty() || id.contains('\0') || id.len() > MAX_CLIENT_ID;
    wrong.then(|| format!("--mqtt-client-id is `{}`: it takes 1 to {MAX_CLIENT_ID} bytes", id.escape_debug()))
}

#[cfg(test)]
mod tests;
