//! Cross-origin requests of browsers (CORS).

use std::str::FromStr;

use actix_cors::Cors;
use actix_web::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, HeaderName};
use actix_web::http::{Method, Uri};
use actix_web::middleware::DefaultHeaders;

/// What a page of another origin may read of an answer, besides its body.
const EXPOSED: [HeaderName; 9] = [
    HeaderName::from_static("accept-ranges"),
    HeaderName::from_static("cache-status"),
    HeaderName::from_static("content-disposition"),
    HeaderName::from_static("content-range"),
    HeaderName::from_static("etag"),
    HeaderName::from_static("last-modified"),
    HeaderName::from_static("location"),
    HeaderName::from_static("retry-after"),
    HeaderName::from_static("x-request-id"),
];
/// What changes nothing.
const READING: [Method; 2] = [Method::GET, Method::HEAD];
/// How long a browser may remember what it was allowed. No browser takes more than two hours.
const PREFLIGHT_SECS: usize = 7200;
const ACCEPTS: &str =
    "it takes * for any origin, none, or origins such as https://example.com separated by commas";

/// Which origins' pages may use the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CorsOrigins {
    /// All of them, without credentials.
    Any,
    /// These, without credentials.
    These(Vec<String>),
    /// No other origin's.
    None,
}

impl FromStr for CorsOrigins {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim() {
            "*" => return Ok(Self::Any),
            "none" => return Ok(Self::None),
            _ => {}
        }
        let origins: Vec<String> = text.split(',').map(|origin| origin.trim().to_owned()).collect();
        if origins.iter().all(|origin| is_origin(origin)) { Ok(Self::These(origins)) } else { Err(ACCEPTS) }
    }
}

/// Whether a text is a scheme and an authority, as a browser writes an origin.
fn is_origin(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else { return false };
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return false };
    // A browser writes it in lower case and leaves out the scheme's own port.
    let own_port = match scheme {
        "http" => 80,
        "https" => 443,
        _ => return false,
    };
    uri.port_u16() != Some(own_port)
        && !authority.as_str().contains(['@', '*'])
        && !text.bytes().any(|byte| byte.is_ascii_uppercase())
        && text.ends_with(authority.as_str())
}

impl CorsOrigins {
    /// The middleware that answers browsers. In an open service pages of any origin may only
    /// read; those that may change something have to be listed.
    pub(crate) fn middleware(&self, is_open: bool) -> Cors {
        let cors = Cors::default().allow_any_header().expose_headers(EXPOSED).max_age(PREFLIGHT_SECS);
        let cors = if is_open && *self == Self::Any {
            cors.allowed_methods(READING)
        } else {
            cors.allow_any_method()
        };
        match self {
            Self::Any => cors.allow_any_origin().send_wildcard().disable_vary_header(),
            Self::These(origins) => origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin)),
            Self::None => cors,
        }
    }

    /// What stands on every answer, whoever asks. A browser that shows an image asks without
    /// an `Origin` and keeps the answer; a script that then wants the same image gets it
    /// from there. So if all may read it, the kept answer has to say so.
    pub(crate) fn for_everyone(&self) -> DefaultHeaders {
        match self {
            Self::Any => DefaultHeaders::new().add((ACCESS_CONTROL_ALLOW_ORIGIN, "*")).add((
                ACCESS_CONTROL_EXPOSE_HEADERS,
                EXPOSED.map(|name| name.as_str().to_owned()).join(", "),
            )),
            Self::These(_) | Self::None => DefaultHeaders::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_a_star_none_or_a_list() {
        assert_eq!("*".parse(), Ok(CorsOrigins::Any));
        assert_eq!("none".parse(), Ok(CorsOrigins::None));
        let two = CorsOrigins::These(vec!["https://a.example".into(), "http://localhost:8080".into()]);
        assert_eq!("https://a.example, http://localhost:8080".parse(), Ok(two));
        for text in [
            "",
            "a.example",
            "https://a.example/",
            "https://a.example/x",
            "https://*,",
            "https://*.example.com",
            "https://EXAMPLE.com",
            "https://a:443",
            "ftp://a",
            "https://u@a",
        ] {
            assert!(text.parse::<CorsOrigins>().is_err(), "{text}");
        }
    }
}
