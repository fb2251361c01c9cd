//! A typed HTTP client for image-cache, over the shared contract.
//!
//! Every wait has a limit. Only a failure to connect is tried again, once: nothing has
//! been asked then, so nothing can be done twice.

mod albums;
mod events;
mod images;
mod keys;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use api::{ErrorBody, ImageInfo, paths};
use bytes::{Bytes, BytesMut};
use domain::{ContentHash, ImageId};
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Client, ClientBuilder, Method, RequestBuilder, Response, StatusCode, Url};
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

pub use events::{Listener, Notice};

/// Less than a server of ours keeps an idle connection (75 s), so that it is always the
/// client that lets go of one.
const POOL_IDLE: Duration = Duration::from_secs(60);
/// More than the longest page of a list, 10,000 names of 255 bytes each.
const MAX_PAGE_BYTES: u64 = 16 * 1024 * 1024;
/// More than the longest answer about one thing, with its four names of 255 bytes each.
const MAX_SHORT_BYTES: u64 = 64 * 1024;
const PAUSE_BEFORE_SECOND_TRY: Duration = Duration::from_millis(50);
const X_REQUEST_ID: &str = "x-request-id";
const TRACEPARENT: &str = "traceparent";

/// Where an image-cache is, such as `http://127.0.0.1:3000`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

impl FromStr for BaseUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text).map_err(|_| "it takes a URL such as http://127.0.0.1:3000")?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err("it takes an http or https URL such as http://127.0.0.1:3000");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("it takes a URL without `?` and `#`, such as http://127.0.0.1:3000");
        }
        Ok(Self(url))
    }
}

impl BaseUrl {
    /// The URL without a slash at its end.
    fn root(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How long to wait for what.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For a connection.
    pub connect: Duration,
    /// For the next bytes of an answer.
    pub read: Duration,
    /// For a short answer as a whole: information, health.
    pub short: Duration,
    /// For an original as a whole, either way.
    pub original: Duration,
}

/// Why image-cache gave no answer that can be used.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// There is no such image.
    #[error("image-cache has no such image")]
    NotFound,
    /// No connection, or it broke.
    #[error("image-cache cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// No answer in time.
    #[error("image-cache did not answer in time")]
    TimedOut(#[source] reqwest::Error),
    /// It answered with an error.
    #[error("image-cache answered {status}{}", told(message))]
    Refused {
        /// The status.
        status: StatusCode,
        /// What was wrong, in its words; empty if it did not say.
        message: String,
    },
    /// A body that is not what the contract says.
    #[error("image-cache's answer cannot be read: {reason}")]
    Unreadable {
        /// What is wrong with it.
        reason: String,
    },
    /// More bytes than the caller takes.
    #[error("the original has more than {max_bytes} bytes")]
    TooLarge {
        /// The caller's limit.
        max_bytes: u64,
    },
    /// Other bytes than image-cache announced: it, its disk or something on the way is broken.
    #[error("image-cache sent other bytes than those it announced: {reason}")]
    Mismatch {
        /// What is wrong with them.
        reason: String,
    },
}

fn told(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

/// What image-cache has told of an original's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Announced {
    /// How many there are.
    pub bytes: u64,
    /// Their hash.
    pub sha256: ContentHash,
}

/// What a client shows to say who it is: a token, an API key, the admin's key or that of a
/// service. Printing it shows nothing of it.
#[derive(Clone)]
pub struct Credential(HeaderValue);

/// The text cannot be a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a credential; it takes a token or a key without spaces or control characters")]
pub struct InvalidCredential;

impl FromStr for Credential {
    type Err = InvalidCredential;

    fn from_str(text: &str) -> Result<Self, InvalidCredential> {
        let text = text.trim();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidCredential);
        }
        let mut header = HeaderValue::from_str(&format!("Bearer {text}")).map_err(|_| InvalidCredential)?;
        header.set_sensitive(true);
        Ok(Self(header))
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(…)")
    }
}

/// The request that image-cache is asked because of. Its log lines carry both.
#[derive(Debug, Clone, Copy)]
pub struct Cause<'a> {
    /// The id of the request.
    pub request_id: &'a str,
    /// Its place in a trace, as the header of W3C Trace Context; none outside of any.
    pub traceparent: Option<&'a str>,
}

/// A client of one image-cache. Cheap to clone; clones share connections.
#[derive(Debug, Clone)]
pub struct ImageCacheClient {
    base: String,
    http: Client,
    timeouts: Timeouts,
}

impl ImageCacheClient {
    /// A client that shows this credential with every request; nothing is connected yet.
    ///
    /// # Errors
    ///
    /// When the TLS of the system cannot be set up.
    pub fn new(
        base: &BaseUrl,
        timeouts: Timeouts,
        credential: Option<&Credential>,
    ) -> Result<Self, ClientError> {
        let builder = builder(timeouts.connect, timeouts.read, credential);
        let http = builder.build().map_err(ClientError::Unreachable)?;
        Ok(Self { base: base.root().to_owned(), http, timeouts })
    }

    /// What is known of an image.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub async fn info(&self, id: ImageId, cause: Cause<'_>) -> Result<ImageInfo, ClientError> {
        self.info_at(&paths::IMAGE_INFO.replace("{id}", &id.to_string()), cause).await
    }

    pub(crate) async fn info_at(&self, path: &str, cause: Cause<'_>) -> Result<ImageInfo, ClientError> {
        let response = self.get(path, self.timeouts.short, cause).await?;
        read_json(&read_json_bytes(expect_ok(response)?, MAX_SHORT_BYTES).await?)
    }

    /// The bytes of an original: exactly as many as announced, with exactly this hash.
    ///
    /// They are hashed while they arrive, and not one more than announced is taken.
    ///
    /// # Errors
    ///
    /// [`ClientError`]; [`ClientError::Mismatch`] for any other bytes.
    pub async fn original(
        &self,
        id: ImageId,
        announced: &Announced,
        cause: Cause<'_>,
    ) -> Result<Bytes, ClientError> {
        let path = paths::IMAGE.replace("{id}", &id.to_string());
        let response = self.get(&path, self.timeouts.original, cause).await?;
        read_announced(expect_ok(response)?, announced).await
    }

    /// Whether image-cache is alive.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub async fn health(&self) -> Result<(), ClientError> {
        let cause = Cause { request_id: "health", traceparent: None };
        let status = self.get(paths::HEALTH, self.timeouts.short, cause).await?.status();
        if status.is_success() {
            Ok(())
        } else {
            Err(ClientError::Refused { status, message: String::new() })
        }
    }

    /// Sends a request about one thing, once, and reads the answer.
    async fn send<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, ClientError> {
        self.send_for(request, MAX_SHORT_BYTES).await
    }

    /// The same for a page of a list.
    async fn send_for_page<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, ClientError> {
        self.send_for(request, MAX_PAGE_BYTES).await
    }

    async fn send_for<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        max_bytes: u64,
    ) -> Result<T, ClientError> {
        let response = request.send().await.map_err(transport)?;
        let status = response.status();
        let body = read_json_bytes(response, max_bytes).await?;
        if status.is_success() {
            return read_json(&body);
        }
        let told: Result<ErrorBody, _> = serde_json::from_slice(&body);
        Err(ClientError::Refused { status, message: told.map(|told| told.message).unwrap_or_default() })
    }

    /// A request for a short answer.
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base)).timeout(self.timeouts.short)
    }

    async fn get(&self, path: &str, timeout: Duration, cause: Cause<'_>) -> Result<Response, ClientError> {
        let url = format!("{}{path}", self.base);
        let request = || {
            let request = self.http.get(&url).timeout(timeout).header(X_REQUEST_ID, cause.request_id);
            match cause.traceparent {
                Some(traceparent) => request.header(TRACEPARENT, traceparent).send(),
                None => request.send(),
            }
        };
        match request().await {
            Err(error) if error.is_connect() && !error.is_timeout() => {
                tokio::time::sleep(PAUSE_BEFORE_SECOND_TRY).await;
                request().await.map_err(transport)
            }
            answer => answer.map_err(transport),
        }
    }
}

/// What is the same for all connections.
fn builder(connect: Duration, read: Duration, credential: Option<&Credential>) -> ClientBuilder {
    let shown = credential.map(|credential| (AUTHORIZATION, credential.0.clone()));
    Client::builder()
        .default_headers(shown.into_iter().collect())
        .connect_timeout(connect)
        .read_timeout(read)
        .pool_idle_timeout(POOL_IDLE)
        .tcp_nodelay(true)
        .redirect(reqwest::redirect::Policy::none())
        // A proxy of the environment is for the outside world.
        .no_proxy()
}

fn expect_ok(response: Response) -> Result<Response, ClientError> {
    match response.status() {
        StatusCode::OK => Ok(response),
        StatusCode::NOT_FOUND => Err(ClientError::NotFound),
        status => Err(ClientError::Refused { status, message: String::new() }),
    }
}

/// The body of an answer in JSON. A server that does not end it must not fill our memory.
async fn read_json_bytes(response: Response, max_bytes: u64) -> Result<Bytes, ClientError> {
    match read_bytes(response, max_bytes).await {
        Err(ClientError::TooLarge { .. }) => {
            Err(ClientError::Unreadable { reason: format!("it is longer than {max_bytes} bytes") })
        }
        read => read,
    }
}

fn read_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, ClientError> {
    serde_json::from_slice(body).map_err(|error| ClientError::Unreadable { reason: error.to_string() })
}

/// The body, if it is what was announced.
async fn read_announced(mut response: Response, announced: &Announced) -> Result<Bytes, ClientError> {
    let mismatch = |reason: String| Err(ClientError::Mismatch { reason });
    let length = announced.bytes;
    if let Some(declared) = response.content_length()
        && declared != length
    {
        return mismatch(format!("it declares {declared} bytes, and {length} were announced"));
    }
    let mut bytes = BytesMut::with_capacity(usize::try_from(length).unwrap_or(0));
    let mut hash = Sha256::new();
    while let Some(chunk) = response.chunk().await.map_err(transport)? {
        if bytes.len() as u64 + chunk.len() as u64 > length {
            return mismatch(format!("there are more than the {length} bytes that were announced"));
        }
        hash.update(&chunk);
        bytes.extend_from_slice(&chunk);
    }
    if bytes.len() as u64 != length {
        return mismatch(format!("there are {} bytes, and {length} were announced", bytes.len()));
    }
    let hash = ContentHash::from_bytes(hash.finalize().into());
    if hash != announced.sha256 {
        return mismatch(format!("their SHA-256 is {hash}, and {} was announced", announced.sha256));
    }
    Ok(bytes.freeze())
}

/// The body, unless it is longer than `max_bytes`.
async fn read_bytes(mut response: Response, max_bytes: u64) -> Result<Bytes, ClientError> {
    let announced = response.content_length().unwrap_or(0);
    if announced > max_bytes {
        return Err(ClientError::TooLarge { max_bytes });
    }
    let mut bytes = BytesMut::with_capacity(usize::try_from(announced).unwrap_or(0));
    while let Some(chunk) = response.chunk().await.map_err(transport)? {
        if bytes.len() as u64 + chunk.len() as u64 > max_bytes {
            return Err(ClientError::TooLarge { max_bytes });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

fn transport(error: reqwest::Error) -> ClientError {
    if error.is_timeout() {
        ClientError::TimedOut(error)
    } else if error.is_decode() {
        ClientError::Unreadable { reason: error.to_string() }
    } else {
        ClientError::Unreachable(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_an_http_url_without_query() {
        for text in ["http://127.0.0.1:3000", "https://images.example/store/", "http://[::1]:3000"] {
            assert!(text.parse::<BaseUrl>().is_ok(), "{text}");
        }
        for text in ["", "127.0.0.1:3000", "ftp://a", "http://", "http://a/?b", "http://a/#b", "/a"] {
            assert!(text.parse::<BaseUrl>().is_err(), "{text}");
        }
    }
}
