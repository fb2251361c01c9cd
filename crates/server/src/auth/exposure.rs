//! Whether an open service could be reached from another machine.

use std::net::{IpAddr, SocketAddr};

/// Where a service can be reached.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach<'a> {
    /// The address that the process listens at.
    pub(super) listens: SocketAddr,
    /// The address at which a container runtime publishes it, with or without a port.
    pub(super) published_at: Option<&'a str>,
    /// The addresses at which it may be open to others, which must be spelt again.
    pub(super) insecure_open_at: &'a [String],
}

/// What is wrong with an open service that can be reached so, if anything is. `resolve` finds
/// the addresses of a name.
pub(super) fn mistake(reach: Reach<'_>, resolve: impl Fn(&str) -> Vec<IpAddr>) -> Option<String> {
    let listens = reach.listens;
    let exposed_at = match reach.published_at {
        Some(published) if is_loopback(published, &resolve) => return None,
        Some(published) => published.to_owned(),
        None if is_loopback_ip(listens.ip()) => return None,
        None => listens.to_string(),
    };
    if reach.insecure_open_at.iter().any(|repeated| is_same(repeated, &exposed_at)) {
        return None;
    }
    Some(format!(
        "the address {listens} can be reached from other machines{}, and without keys everyone who reaches it may \
         read, change and delete everything: listen at 127.0.0.1, or set --admin-key-file, --jwt-key-file, \
         --jwt-jwks-url or --link-keys-file; in a container, say with --published-at which address of the host \
         the port is published at; or open it to everyone with --insecure-open-at {exposed_at}",
        match reach.published_at {
            Some(published) => format!(" (it is published at {published})"),
            None => String::new(),
        },
    ))
}

fn is_loopback_ip(ip: IpAddr) -> bool {
    // `::ffff:127.0.0.1` is 127.0.0.1 spelt in IPv6.
    ip.to_canonical().is_loopback()
}

/// Whether an address as it is published, with or without a port, is loopback. Of names
/// only `localhost` can be, if all that it stands for is.
fn is_loopback(published: &str, resolve: impl Fn(&str) -> Vec<IpAddr>) -> bool {
    match host_of(published) {
        Host::Ip(ip) => is_loopback_ip(ip),
        Host::Name(name) if name.eq_ignore_ascii_case("localhost") => {
            let addresses = resolve(name);
            !addresses.is_empty() && addresses.into_iter().all(is_loopback_ip)
        }
        Host::Name(_) => false,
    }
}

/// Whether two addresses are the same, however they are spelt.
fn is_same(one: &str, other: &str) -> bool {
    match (one.parse::<SocketAddr>(), other.parse::<SocketAddr>()) {
        (Ok(one), Ok(other)) => one == other,
        (Ok(_), Err(_)) | (Err(_), Ok(_)) => false,
        (Err(_), Err(_)) => match (host_of(one), host_of(other)) {
            (Host::Ip(one), Host::Ip(other)) => one == other,
            (Host::Ip(_), Host::Name(_)) | (Host::Name(_), Host::Ip(_) | Host::Name(_)) => one == other,
        },
    }
}

/// The host of an address: `127.0.0.1`, `[::1]`, `::1` or a name, with or without a port.
pub(super) enum Host<'a> {
    /// A literal address.
    Ip(IpAddr),
    /// Anything else.
    Name(&'a str),
}

/// Takes the port away and reads what is left.
pub(super) fn host_of(address: &str) -> Host<'_> {
    if let Ok(ip) = address.parse() {
        return Host::Ip(ip);
    }
    if let Ok(address) = address.parse::<SocketAddr>() {
        return Host::Ip(address.ip());
    }
    if let Some(ip) = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'))
        && let Ok(ip) = ip.parse()
    {
        return Host::Ip(IpAddr::V6(ip));
    }
    match address.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !name.contains(':') => {
            Host::Name(name)
        }
        Some(_) | None => Host::Name(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `localhost` is loopback here; spelt in capitals it is something else too.
    fn resolve(name: &str) -> Vec<IpAddr> {
        match name {
            "localhost" => vec!["127.0.0.1".parse().unwrap(), "::1".parse().unwrap()],
            "LOCALHOST" => vec!["127.0.0.1".parse().unwrap(), "10.0.0.7".parse().unwrap()],
            _ => vec!["127.0.0.1".parse().unwrap()],
        }
    }

    #[test]
    fn an_open_service_is_reached_from_loopback_only_or_says_where_else() {
        // listens, published, repeated, starts
        for (listens, published_at, insecure_open_at, starts) in [
            ("127.0.0.1:3000", None, None, true),
            ("127.0.0.1:0", None, None, true),
            ("127.1.2.3:3000", None, None, true),
            ("127.255.255.255:3000", None, None, true),
            ("[::1]:3000", None, None, true),
            ("[::ffff:127.0.0.1]:3000", None, None, true),
            ("0.0.0.0:3000", None, None, false),
            ("[::]:3000", None, None, false),
            ("[::ffff:0.0.0.0]:3000", None, None, false),
            ("10.0.0.1:3000", None, None, false),
            ("192.168.1.1:3000", None, None, false),
            ("169.254.0.1:3000", None, None, false),
            ("[fe80::1]:3000", None, None, false),
            ("128.0.0.1:3000", None, None, false),
            // In a container: it listens everywhere, and the runtime publishes it somewhere.
            ("0.0.0.0:3000", Some("127.0.0.1"), None, true),
            ("0.0.0.0:3000", Some("127.0.0.1:8080"), None, true),
            ("0.0.0.0:3000", Some("::1"), None, true),
            ("[::]:3000", Some("[::1]"), None, true),
            ("[::]:3000", Some("[::1]:8080"), None, true),
            ("0.0.0.0:3000", Some("localhost"), None, true),
            ("0.0.0.0:3000", Some("localhost:8080"), None, true),
            ("0.0.0.0:3000", Some("LOCALHOST"), None, false), // resolves elsewhere too
            ("0.0.0.0:3000", Some("localhost.example"), None, false),
            ("0.0.0.0:3000", Some("images.example"), None, false),
            ("0.0.0.0:3000", Some("0.0.0.0"), None, false),
            ("0.0.0.0:3000", Some("::"), None, false),
            ("0.0.0.0:3000", Some("10.0.0.1:80"), None, false),
            ("0.0.0.0:3000", Some(""), None, false),
            ("0.0.0.0:3000", Some("0"), None, false),
            ("127.0.0.1:3000", Some("0.0.0.0"), None, false),
            // The way out repeats the address.
            ("0.0.0.0:3000", None, Some("0.0.0.0:3000"), true),
            ("[::]:3000", None, Some("[::]:3000"), true),
            ("[::]:3000", None, Some("[0:0::0]:3000"), true),
            ("0.0.0.0:3000", None, Some("0.0.0.0"), false),
            ("0.0.0.0:3000", None, Some("0.0.0.0:3001"), false),
            ("0.0.0.0:3000", None, Some("[::]:3000"), false),
            ("0.0.0.0:3000", None, Some("true"), false),
            ("0.0.0.0:3000", None, Some(""), false),
            ("0.0.0.0:3000", Some("0.0.0.0"), Some("0.0.0.0"), true),
            ("0.0.0.0:3000", Some("0.0.0.0"), Some("0.0.0.0:3000"), false),
            ("0.0.0.0:3000", Some("10.0.0.1:80"), Some("10.0.0.1:80"), true),
            ("0.0.0.0:3000", Some("images.example"), Some("images.example"), true),
            ("0.0.0.0:3000", Some("images.example"), Some("other.example"), false),
        ] {
            let repeated: Vec<String> = insecure_open_at.into_iter().map(str::to_owned).collect();
            let reach =
                Reach { listens: listens.parse().unwrap(), published_at, insecure_open_at: &repeated };
            assert_eq!(mistake(reach, resolve).is_none(), starts, "{listens} {published_at:?} {repeated:?}");
        }
    }

    #[test]
    fn a_refusal_says_how_to_go_on() {
        let reach =
            Reach { listens: "0.0.0.0:3000".parse().unwrap(), published_at: None, insecure_open_at: &[] };
        let text = mistake(reach, resolve).unwrap();
        for word in ["--admin-key-file", "--published-at", "--insecure-open-at 0.0.0.0:3000"] {
            assert!(text.contains(word), "{text}");
        }
    }
}
