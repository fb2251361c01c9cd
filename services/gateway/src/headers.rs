//! What becomes of headers on their way: those of one connection end here (RFC 9110,
//! section 7.6.1), and what says where a request came from is ours to say.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header::{
    self, ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, CONNECTION,
    CONTENT_LENGTH, CONTENT_TYPE, EXPECT, FORWARDED, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN, RANGE,
    TE, TRAILER, TRANSFER_ENCODING, UPGRADE, VIA,
};
use server::network::Network;
use server::request_id::{self, X_REQUEST_ID};
use server::trace::TRACEPARENT;

use crate::error::Error;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const OURS: HeaderValue = HeaderValue::from_static("1.1 safelight");

/// Of one connection, and never passed on.
const HOP_BY_HOP: [HeaderName; 9] = [
    CONNECTION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// Of a request, what the gateway says itself or answers itself. CORS is the gateway's: the
/// services behind it have no pages of other origins as their clients.
const NOT_ON: [HeaderName; 8] = [
    HOST,
    CONTENT_LENGTH,
    EXPECT,
    FORWARDED,
    ORIGIN,
    ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD,
    TRACEPARENT,
];

/// Must not be taken out of a request on its way by naming them in `Connection`: the service
/// would see another request than the one that was sent.
const END_TO_END: [HeaderName; 6] = [AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, RANGE, X_REQUEST_ID];

/// The headers of a client's request for the service behind.
pub(crate) fn onward(request: &HttpRequest, trusted: &[Network]) -> Result<HeaderMap, Error> {
    let given = request.headers();
    let named = named_by_connection(given);
    if let Some(name) =
        named.iter().find(|name| END_TO_END.contains(name) || name.as_str().starts_with("if-"))
    {
        return Err(Error::Connection { name: name.as_str().to_owned() });
    }
    let mut onward = HeaderMap::with_capacity(given.len() + 6);
    for (name, value) in given {
        let drop = HOP_BY_HOP.contains(name) || NOT_ON.contains(name) || named.contains(name);
        if !drop && !tells_where_from(name) {
            onward.append(name.clone(), value.clone());
        }
    }
    if let Some(id) = request_id::current() {
        onward.insert(X_REQUEST_ID, id.header().clone());
        onward.insert(TRACEPARENT, id.trace().header());
    }
    onward.append(VIA, OURS);
    add_forwarded(request, trusted, &mut onward);
    Ok(onward)
}

/// The headers of a service's answer for the client. The length is that of the body, which
/// says it by itself.
pub(crate) fn back(given: &HeaderMap) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    let named = named_by_connection(given);
    let passed = given.iter().filter(move |(name, _)| {
        !HOP_BY_HOP.contains(name)
            && !named.contains(name)
            && **name != CONTENT_LENGTH
            && !name.as_str().starts_with("access-control-")
    });
    let passed = passed.map(|(name, value)| (name.clone(), value.clone()));
    passed.chain(std::iter::once((VIA, OURS)))
}

/// What `Connection` says is of one connection.
fn named_by_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    let values = headers.get_all(CONNECTION).filter_map(|value| value.to_str().ok());
    let names = values.flat_map(|value| value.split(','));
    names.filter_map(|name| HeaderName::from_bytes(name.trim().as_bytes()).ok()).collect()
}

fn tells_where_from(name: &HeaderName) -> bool {
    let name = name.as_str();
    name.starts_with("x-forwarded-") || name == "x-real-ip"
}

/// Says where the request came from, in the standard's words (RFC 7239) and in the old ones.
/// A trusted proxy in front is believed about its own client; its old headers are read, which
/// all of them send.
fn add_forwarded(request: &HttpRequest, trusted: &[Network], onward: &mut HeaderMap) {
    let peer = request.peer_addr().map(|peer| peer.ip().to_canonical());
    let believed = peer.is_some_and(|peer| trusted.iter().any(|network| network.contains(peer)));
    let told = |name: &HeaderName| {
        let value = request.headers().get(name).filter(|_| believed)?;
        value.to_str().ok().map(str::trim)
    };
    // Each proxy adds whom it was asked by; what is no address is nobody's word.
    let before = told(&X_FORWARDED_FOR).into_iter().flat_map(|text| text.split(','));
    let before: Vec<IpAddr> = before.filter_map(|address| address.trim().parse().ok()).collect();
    let hops: Vec<IpAddr> = before.into_iter().chain(peer).collect();
    let mut forwarded: Vec<String> = Vec::with_capacity(hops.len() + 2);
    forwarded.extend(
        hops.iter().map(|ip| if ip.is_ipv6() { format!("for=\"[{ip}]\"") } else { format!("for={ip}") }),
    );
    let own_host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let host = told(&X_FORWARDED_HOST).or(own_host).filter(|host| is_harmless(host));
    let own_scheme = if request.app_config().secure() { "https" } else { "http" };
    let scheme =
        told(&X_FORWARDED_PROTO).filter(|scheme| matches!(*scheme, "http" | "https")).unwrap_or(own_scheme);
    let mut last = forwarded.pop().into_iter().collect::<Vec<_>>();
    if let Some(host) = host {
        last.push(format!("host=\"{host}\""));
        insert(onward, X_FORWARDED_HOST, host);
    }
    last.push(format!("proto={scheme}"));
    forwarded.push(last.join(";"));
    let addresses: Vec<String> = hops.iter().map(IpAddr::to_string).collect();
    if !addresses.is_empty() {
        insert(onward, X_FORWARDED_FOR, &addresses.join(", "));
    }
    insert(onward, X_FORWARDED_PROTO, scheme);
    insert(onward, FORWARDED, &forwarded.join(", "));
}

/// Whether a host can stand in a quoted string as it is.
fn is_harmless(host: &str) -> bool {
    (1..=255).contains(&host.len())
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b))
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn of(headers: &[(&str, &str)]) -> Result<HeaderMap, Error> {
        with(headers, &[])
    }

    fn with(headers: &[(&str, &str)], trusted: &[Network]) -> Result<HeaderMap, Error> {
        let mut request = TestRequest::get().peer_addr("192.0.2.7:1".parse().unwrap());
        for (name, value) in headers {
            request = request.append_header((*name, *value));
        }
        onward(&request.to_http_request(), trusted)
    }

    #[test]
    fn what_is_of_one_connection_ends_here() {
        let headers = of(&[
            ("connection", "close, x-private"),
            ("x-private", "1"),
            ("te", "trailers"),
            ("upgrade", "websocket"),
            ("keep-alive", "timeout=5"),
            ("proxy-authorization", "Basic x"),
            ("authorization", "Bearer x"),
            ("accept", "image/*"),
        ])
        .unwrap();
        for name in ["connection", "x-private", "te", "upgrade", "keep-alive", "proxy-authorization"] {
            assert!(!headers.contains_key(name), "{name}");
        }
        assert_eq!(headers.get("authorization").unwrap(), "Bearer x");
        assert_eq!(headers.get("accept").unwrap(), "image/*");
        assert_eq!(headers.get("via").unwrap(), "1.1 safelight");
    }

    #[test]
    fn connection_cannot_take_away_what_the_service_decides_by() {
        for name in ["authorization", "Content-Length", "host", "if-none-match", "range"] {
            assert!(matches!(of(&[("connection", name)]), Err(Error::Connection { .. })), "{name}");
        }
    }

    #[test]
    fn where_a_request_came_from_is_the_gateways_to_say() {
        let headers = of(&[
            ("host", "photos.example"),
            ("x-forwarded-for", "10.0.0.1"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-user", "root"),
            ("x-real-ip", "10.0.0.1"),
            ("forwarded", "for=10.0.0.1"),
        ])
        .unwrap();
        assert_eq!(headers.get("forwarded").unwrap(), "for=192.0.2.7;host=\"photos.example\";proto=http");
        assert_eq!(
            headers.get_all("x-forwarded-for").map(|v| v.to_str().unwrap()).collect::<Vec<_>>(),
            ["192.0.2.7"]
        );
        assert_eq!(headers.get("x-forwarded-proto").unwrap(), "http");
        assert!(!headers.contains_key("x-forwarded-user") && !headers.contains_key("x-real-ip"));
        let odd = of(&[("host", "a\";for=1")]).unwrap();
        assert_eq!(odd.get("forwarded").unwrap(), "for=192.0.2.7;proto=http");
    }

    #[test]
    fn a_trusted_proxy_is_believed_about_its_client() {
        let given = [
            ("host", "10.0.0.1"),
            ("x-forwarded-for", "198.51.100.4, nonsense"),
            ("x-forwarded-host", "photos.example"),
            ("x-forwarded-proto", "https"),
        ];
        let headers = with(&given, &["192.0.2.0/24".parse().unwrap()]).unwrap();
        assert_eq!(
            headers.get("forwarded").unwrap(),
            "for=198.51.100.4, for=192.0.2.7;host=\"photos.example\";proto=https"
        );
        assert_eq!(headers.get("x-forwarded-for").unwrap(), "198.51.100.4, 192.0.2.7");
        let stranger = with(&given, &["203.0.113.0/24".parse().unwrap()]).unwrap();
        assert_eq!(stranger.get("x-forwarded-for").unwrap(), "192.0.2.7");
        assert_eq!(stranger.get("x-forwarded-proto").unwrap(), "http");
    }
}
