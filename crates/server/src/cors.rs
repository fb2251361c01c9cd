//! Cross-origin requests of browsers (CORS).

use std::str::FromStr;

use actix_cors::Cors;
use actix_web::http::header::HeaderName;

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
    let Ok(uri) = text.parse::<actix_web::http::Uri>() else { return false };
    let authority = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    authority
        && matches!(uri.scheme_str(), Some("http" | "https"))
        && !text.ends_with('/')
        && uri.path() == "/"
}

impl CorsOrigins {
    /// The middleware.
    pub(crate) fn middleware(&self) -> Cors {
        let cors = Cors::default()
            .allow_any_method()
            .allow_any_header()
            .expose_headers(EXPOSED)
            .max_age(PREFLIGHT_SECS);
        match self {
            // The same answer for all, so that a cache in between needs to keep only one.
            Self::Any => cors.allow_any_origin().send_wildcard().disable_vary_header(),
            Self::These(origins) => origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin)),
            Self::None => cors,
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
            "ftp://a",
            "https://u@a",
        ] {
            assert!(text.parse::<CorsOrigins>().is_err(), "{text}");
        }
    }
}
