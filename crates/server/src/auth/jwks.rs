//! The key set of an identity provider, fetched when it is needed and not more often.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use access::jwt::{Algorithm, KeySet, MAX_JWKS_BYTES};
use actix_web::http::Uri;
use reqwest::Client;
use reqwest::header::CACHE_CONTROL;
use reqwest::redirect::Policy;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

/// How long a fetch may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How long it is at least from one fetch to the next, however many tokens ask for keys that
/// are not known, and whether or not they succeed.
const APART: Duration = Duration::from_secs(10);
/// How long keys are believed for, where the provider does not say.
const FRESH: Duration = Duration::from_secs(600);
const LEAST_FRESH: Duration = Duration::from_secs(60);
const MOST_FRESH: Duration = Duration::from_secs(3600);
/// How long keys are used if the provider cannot be asked.
const STALE: Duration = Duration::from_secs(24 * 3600);

/// Where a key set is: an https URL, or an http one of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JwksUrl(String);

impl FromStr for JwksUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const ACCEPTS: &str =
            "it takes an https URL, or an http one whose host is 127.0.0.1, [::1] or localhost";
        let uri: Uri = text.parse().map_err(|_| ACCEPTS)?;
        let host = uri.host().ok_or(ACCEPTS)?;
        let is_here = matches!(host, "127.0.0.1" | "[::1]" | "localhost");
        let is_plain = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
        match uri.scheme_str() {
            Some("https") if is_plain => Ok(Self(text.to_owned())),
            Some("http") if is_plain && is_here => Ok(Self(text.to_owned())),
            _ => Err(ACCEPTS),
        }
    }
}

impl fmt::Display for JwksUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A key set that is fetched.
#[derive(Debug)]
pub(super) struct Jwks {
    url: JwksUrl,
    client: Client,
    allowed: Vec<Algorithm>,
    keys: RwLock<Arc<KeySet>>,
    fetches: Mutex<Fetches>,
}

#[derive(Debug, Default)]
struct Fetches {
    /// When the last one began because a token asked for a key that was not known.
    asked: Option<Instant>,
    /// When the last one succeeded.
    succeeded: Option<Instant>,
}

impl Jwks {
    pub(super) fn new(url: JwksUrl, allowed: Vec<Algorithm>) -> Result<Self, String> {
        let client = Client::builder()
            .timeout(TIMEOUT)
            .connect_timeout(TIMEOUT)
            // Where the keys are is what was set, and not what somebody else says.
            .redirect(Policy::none())
            .build()
            .map_err(|error| format!("no HTTP client for --jwt-jwks-url: {error}"))?;
        Ok(Self { url, client, allowed, keys: RwLock::default(), fetches: Mutex::default() })
    }

    /// The keys that are known.
    pub(super) fn get(&self) -> Arc<KeySet> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Fetches the keys, because a token asks for one that is not known, unless that was done
    /// a moment ago. Whoever asks meanwhile waits for the same fetch.
    pub(super) async fn refresh(&self) {
        let mut fetches = self.fetches.lock().await;
        if fetches.asked.is_some_and(|asked| asked.elapsed() < APART) {
            return;
        }
        // Noted before it is tried: a fetch that fails counts too.
        fetches.asked = Some(Instant::now());
        self.fetch(&mut fetches).await;
    }

    /// Keeps the keys fresh until the service stops.
    pub(super) async fn keep_fresh(self: Arc<Self>, stop: CancellationToken) {
        loop {
            let next = self.fetch(&mut *self.fetches.lock().await).await;
            if tokio::time::timeout(next, stop.cancelled()).await.is_ok() {
                return;
            }
        }
    }

    /// Fetches the keys; says when to fetch them again.
    async fn fetch(&self, fetches: &mut Fetches) -> Duration {
        let (keys, fresh) = match self.ask().await {
            Ok(answer) => answer,
            Err(error) => {
                log::warn!("fetch the key set {}: {error}", self.url);
                if fetches.succeeded.is_some_and(|succeeded| succeeded.elapsed() > STALE) {
                    log::error!(
                        "the key set {} has not been fetched for a day; its keys count no more",
                        self.url
                    );
                    self.put(KeySet::default());
                }
                return APART;
            }
        };
        fetches.succeeded = Some(Instant::now());
        self.put(keys);
        fresh
    }

    fn put(&self, keys: KeySet) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    async fn ask(&self) -> Result<(KeySet, Duration), String> {
        let failed = |error: reqwest::Error| error.without_url().to_string();
        let mut response = self.client.get(&self.url.0).send().await.map_err(failed)?;
        if response.status() != reqwest::StatusCode::OK {
            return Err(format!("the answer is {}", response.status()));
        }
        let fresh = response.headers().get(CACHE_CONTROL).and_then(|value| value.to_str().ok());
        let fresh = fresh.and_then(max_age).unwrap_or(FRESH).clamp(LEAST_FRESH, MOST_FRESH);
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if bytes.len() + chunk.len() > MAX_JWKS_BYTES {
                return Err(format!("the answer has more than {MAX_JWKS_BYTES} bytes"));
            }
            bytes.extend_from_slice(&chunk);
        }
        let keys = KeySet::parse_jwks(&bytes).map_err(|error| error.to_string())?.only(&self.allowed);
        if keys.is_empty() { Err("it has no key of --jwt-algorithms".to_owned()) } else { Ok((keys, fresh)) }
    }
}

/// The `max-age` of a `Cache-Control`.
fn max_age(header: &str) -> Option<Duration> {
    header.split(',').find_map(|part| {
        let (name, value) = part.trim().split_once('=')?;
        let seconds = value.trim_matches('"').parse().ok()?;
        name.eq_ignore_ascii_case("max-age").then(|| Duration::from_secs(seconds))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_fetched_from_elsewhere_by_https_only() {
        for text in [
            "https://id.example/jwks",
            "http://127.0.0.1:8080/jwks",
            "http://localhost/jwks",
            "http://[::1]:1/",
        ] {
            assert!(text.parse::<JwksUrl>().is_ok(), "{text}");
        }
        for text in [
            "",
            "/jwks",
            "http://id.example/jwks",
            "ftp://localhost/",
            "https://user@id.example/",
            "file:///etc/jwks",
        ] {
            assert!(text.parse::<JwksUrl>().is_err(), "{text}");
        }
    }

    #[test]
    fn freshness_is_what_the_provider_says() {
        assert_eq!(max_age("public, max-age=120"), Some(Duration::from_secs(120)));
        assert_eq!(max_age("Max-Age=\"5\""), Some(Duration::from_secs(5)));
        assert_eq!(max_age("no-store, s-maxage=3"), None);
    }
}
