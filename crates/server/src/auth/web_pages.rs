//! What web pages may do with an open service.
//!
//! A service at 127.0.0.1 is reached by every page that is open in a browser on the same
//! machine. Two things keep them out. A page whose name its owner points to 127.0.0.1 (DNS
//! rebinding) shows by the `Host` header that it believes to be elsewhere. A page of another
//! origin shows it by the `Origin` header, which browsers put on whatever could change
//! something.

use std::fmt;

use actix_web::http::header::{HOST, HeaderMap, ORIGIN};
use actix_web::http::{Method, Uri};
use api::ErrorCode;

use super::exposure::{Host, host_of};
use crate::cors::CorsOrigins;

/// What web pages may do.
#[derive(Debug, Clone)]
pub(crate) struct WebPages {
    /// The names, besides `localhost`, by which the service may be called.
    public_hosts: Vec<String>,
    /// The origins, besides the service's own, whose pages may change something.
    origins: Vec<String>,
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It was meant for another host.
    Host(String),
    /// A page of another origin sent it.
    Origin(String),
}

impl WebPages {
    pub(crate) fn new(public_hosts: Vec<String>, cors: &CorsOrigins) -> Self {
        let origins = match cors {
            CorsOrigins::These(origins) => origins.clone(),
            CorsOrigins::Any | CorsOrigins::None => Vec::new(),
        };
        Self { public_hosts, origins }
    }

    /// Looks at the head of a request.
    pub(super) fn check(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Refused> {
        // The authority of the request line counts before the header (RFC 9112, section 3.2.2).
        let host = match uri.authority() {
            Some(authority) => Some(authority.as_str()),
            None => match headers.get(HOST) {
                Some(host) => Some(host.to_str().map_err(|_| Refused::Host(String::new()))?),
                None => None,
            },
        };
        // Browsers always name the host.
        if let Some(host) = host
            && !self.is_ours(host)
        {
            return Err(Refused::Host(cut(host)));
        }
        if !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
            && let Some(origin) = headers.get(ORIGIN)
        {
            let origin = origin.to_str().unwrap_or("an origin that is no text");
            let is_own = host.is_some_and(|host| {
                ["http://", "https://"].into_iter().any(|scheme| {
                    origin.strip_prefix(scheme).is_some_and(|origin| origin.eq_ignore_ascii_case(host))
                })
            });
            if !is_own && !self.origins.iter().any(|allowed| allowed == origin) {
                return Err(Refused::Origin(cut(origin)));
            }
        }
        Ok(())
    }

    /// Whether a `Host` is a literal address, which no name server can point elsewhere,
    /// `localhost`, or a name that was set.
    fn is_ours(&self, host: &str) -> bool {
        match host_of(host) {
            Host::Ip(_) => true,
            Host::Name(name) => {
                name.eq_ignore_ascii_case("localhost")
                    || self.public_hosts.iter().any(|ours| ours.eq_ignore_ascii_case(name))
            }
        }
    }
}

impl Refused {
    pub(super) fn code(&self) -> ErrorCode {
        match self {
            Self::Host(_) => ErrorCode::MisdirectedRequest,
            Self::Origin(_) => ErrorCode::Forbidden,
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(host) => write!(
                f,
                "the service is not called `{host}`; without keys it is reached by its address, as localhost, or by a name of --public-host"
            ),
            Self::Origin(origin) => write!(
                f,
                "pages of `{origin}` may not change anything here; --cors-origin lists the origins that may"
            ),
        }
    }
}

impl std::error::Error for Refused {}

fn cut(text: &str) -> String {
    text.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn pages() -> WebPages {
        let cors = CorsOrigins::These(vec!["https://app.example".to_owned()]);
        WebPages::new(vec!["images.example".to_owned()], &cors)
    }

    fn check(method: Method, headers: &[(&'static str, &'static str)]) -> Result<(), Refused> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        pages().check(&method, &Uri::from_static("/images"), &map)
    }

    #[test]
    fn a_service_answers_to_its_address_and_to_its_names() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:3000",
            "[::1]:3000",
            "[::1]",
            "10.0.0.7:80",
            "localhost",
            "LOCALHOST:3000",
            "images.example:8080",
            "Images.Example",
        ] {
            assert_eq!(check(Method::GET, &[("host", host)]), Ok(()), "{host}");
        }
        assert_eq!(check(Method::GET, &[]), Ok(()), "no browser leaves it out");
        for host in [
            "evil.example",
            "evil.example:3000",
            "localhost.evil.example",
            "127.0.0.1.evil.example:3000",
            "images.example.",
            "",
            "[::1",
            "127.0.0.1@evil.example",
        ] {
            assert!(matches!(check(Method::GET, &[("host", host)]), Err(Refused::Host(_))), "{host}");
        }
    }

    #[test]
    fn the_request_line_says_more_than_the_header() {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static("127.0.0.1"));
        let refused = pages().check(&Method::GET, &Uri::from_static("http://evil.example/images"), &headers);
        assert_eq!(refused, Err(Refused::Host("evil.example".to_owned())));
    }

    #[test]
    fn pages_of_other_origins_change_nothing() {
        let host = ("host", "127.0.0.1:3000");
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            for origin in ["http://127.0.0.1:3000", "https://127.0.0.1:3000", "https://app.example"] {
                assert_eq!(check(method.clone(), &[host, ("origin", origin)]), Ok(()), "{origin}");
            }
            assert_eq!(check(method.clone(), &[host]), Ok(()), "no browser leaves it out");
            for origin in [
                "https://evil.example",
                "null",
                "",
                "http://127.0.0.1:3001",
                "http://127.0.0.1",
                "ftp://127.0.0.1:3000",
            ] {
                let refused = check(method.clone(), &[host, ("origin", origin)]);
                assert_eq!(refused, Err(Refused::Origin(origin.to_owned())));
            }
        }
        assert_eq!(check(Method::GET, &[host, ("origin", "https://evil.example")]), Ok(()));
    }
}
