//! Where a broker is, as a URL says it.

use percent_encoding::percent_decode_str;
use rustls::pki_types::ServerName;
use url::Url;

const PORT: u16 = 1883;
const PORT_WITH_TLS: u16 = 8883;
const EXPECTED: &str = "it takes mqtt://host:1883 or mqtts://host:8883";

/// The parts of `mqtt://user:password@host:1883`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) tls: bool,
    /// A name or an IP address, without the brackets that a URL puts around IPv6.
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
}

impl Address {
    /// Reads the URL.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong, without the password.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        read(text).map_err(|reason| format!("--mqtt-url is `{}`: {reason}", without_login(text)))
    }
}

fn read(text: &str) -> Result<Address, String> {
    let url = Url::parse(text).map_err(|_| EXPECTED)?;
    let tls = match url.scheme() {
        "mqtt" => false,
        "mqtts" => true,
        _ => return Err(EXPECTED.to_owned()),
    };
    if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        return Err(format!("{EXPECTED}, with nothing after it"));
    }
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    if ServerName::try_from(host).is_err() {
        return Err(EXPECTED.to_owned());
    }
    let port = url.port().unwrap_or(if tls { PORT_WITH_TLS } else { PORT });
    if port == 0 {
        return Err("there is no port 0".to_owned());
    }
    let user = Some(url.username()).filter(|user| !user.is_empty()).map(decoded).transpose()?;
    let password = url.password().map(decoded).transpose()?;
    Ok(Address { tls, host: host.to_owned(), port, user, password })
}

fn decoded(text: &str) -> Result<String, String> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(Into::into).map_err(|_| "its user and password must be UTF-8".to_owned())
}

/// The text with everything that may be a user or a password left out.
pub(crate) fn without_login(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((_, rest)) => format!("…@{rest}"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(tls: bool, host: &str, port: u16) -> Address {
        Address { tls, host: host.to_owned(), port, user: None, password: None }
    }

    #[test]
    fn a_url_says_where_the_broker_is_and_who_asks() {
        for (text, expected) in [
            ("mqtt://broker", address(false, "broker", 1883)),
            ("mqtts://broker.example/", address(true, "broker.example", 8883)),
            ("mqtt://127.0.0.1:2000", address(false, "127.0.0.1", 2000)),
            ("mqtts://[::1]", address(true, "::1", 8883)),
            ("mqtt://[::1]:2000", address(false, "::1", 2000)),
        ] {
            assert_eq!(Address::parse(text), Ok(expected), "{text}");
        }
        let login = Address::parse("mqtt://us%40er:p%C3%A4ss%3A@broker").unwrap();
        assert_eq!(login.user.as_deref(), Some("us@er"));
        assert_eq!(login.password.as_deref(), Some("päss:"));
        assert_eq!(login.host, "broker");
    }

    #[test]
    fn other_urls_are_refused() {
        for text in [
            "",
            "broker",
            "broker:1883",
            "http://broker",
            "mqtt://",
            "mqtt:broker",
            "mqtt://:1883",
            "mqtt://broker:0",
            "mqtt://broker:70000",
            "mqtt://broker/topic",
            "mqtt://broker?a",
            "mqtt://broker#a",
            "mqtt://two words",
            "mqtt://-",
            "mqtt://bröker",
        ] {
            assert!(Address::parse(text).is_err(), "{text}: {:?}", Address::parse(text));
        }
    }

    #[test]
    fn what_is_wrong_with_a_url_is_said_without_its_password() {
        for text in [
            "http://user:secret@broker",
            "user:secret@broker",
            "mqtt://user:se#cret@broker",
            "mqtt://user:secret@",
            "mqtt://user:secret@broker/topic",
            "mqtt://user:secret%ff@broker",
        ] {
            let mistake = Address::parse(text).unwrap_err();
            assert!(mistake.starts_with("--mqtt-url is `…@"), "{mistake}");
            assert!(!mistake.contains("cret"), "{mistake}");
        }
    }
}
