//! From a request to the service that answers it. Requests without a streamed body go by
//! awc, which costs about as much CPU as nginx; uploads go by [`crate::upload`].

use std::borrow::Cow;
use std::time::{Duration, Instant};

use access::Caller;
use access::link::{Link, LinkScope};
use actix_web::error::ParseError;
use actix_web::http::header::HeaderMap;
use actix_web::http::uri::PathAndQuery;
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, web};
use api::paths;
use awc::error::{ConnectError, SendRequestError};
use awc::{Client, ClientResponse, Connector};
use bytes::Bytes;
use domain::plan::{Options, Sigma};
use server::query::OWNER;
use tokio::time::timeout;

use crate::config::Settings;
use crate::error::{Cause, Error};
use crate::headers::onward;
use crate::relay::{Answer, Endings, relay};
use crate::replica::Replica;
use crate::routes::table::{Class, Row, Target};
use crate::state::AppState;
use crate::upload;

/// Enough for every JSON body that the services take.
const MAX_SMALL_BODY_BYTES: usize = 64 * 1024;
/// Shorter than the services keep theirs (75 s), so that it is never they who close a
/// connection in use.
const KEEP_ALIVE: Duration = Duration::from_secs(60);
/// So that connections follow a name whose address changes.
const CONNECTION_LIFETIME: Duration = Duration::from_secs(600);

pub(crate) const IMAGE_CACHE: &str = "image-cache";
pub(crate) const IMAGE_PROCESSOR: &str = "image-processor";

/// The HTTP clients of one worker; they stay on its thread.
pub(crate) struct Upstreams {
    requests: Client,
    /// Streams hold their connection for hours; they must not take those of requests.
    listeners: Client,
}

impl Upstreams {
    /// The clients of one of so many workers, each with its part of the connections.
    pub(crate) fn new(settings: &Settings, workers: usize) -> Self {
        let client = |limit: usize| {
            let connector = Connector::new()
                .timeout(settings.connect_timeout.duration())
                .limit((limit / workers.max(1)).max(1))
                .conn_keep_alive(KEEP_ALIVE)
                .conn_lifetime(CONNECTION_LIFETIME);
            // The wait for an answer is bounded here, by the class of the request.
            let builder = Client::builder().connector(connector).disable_timeout();
            builder.disable_redirects().no_default_headers().finish()
        };
        Self {
            requests: client(settings.max_upstream_connections),
            listeners: client(settings.max_listeners),
        }
    }
}

/// A request as it goes on.
struct Outgoing {
    method: Method,
    path: PathAndQuery,
    headers: HeaderMap,
    body: Bytes,
}

/// Answers a request of one row of the table.
pub(crate) async fn forward(
    row: &Row,
    request: &HttpRequest,
    payload: web::Payload,
    state: &AppState,
    upstreams: &Upstreams,
) -> Result<HttpResponse, Error> {
    // Before a byte of the body is read. What is said of who may do it, the service says again.
    let is_change = matches!(row.class, Class::Change | Class::Upload);
    if is_change && request.extensions().get() == Some(&Caller::Anonymous) {
        return Err(Error::Anonymous);
    }
    let headers = onward(request, &state.trusted_proxies)?;
    if row.class == Class::Upload {
        return upload::upload(request, headers, payload, state).await;
    }
    let to_processor = match row.target {
        Target::Cache => false,
        Target::Processor => true,
        Target::ByOptions => has_options(request),
    };
    let body = match row.class {
        Class::Change => small_body(payload, state.waits.upload_idle).await?,
        Class::Read | Class::Events | Class::Upload => Bytes::new(),
    };
    let path = path_of(request, to_processor)?;
    let outgoing = Outgoing { method: request.method().clone(), path, headers, body };
    state.retries.request();
    if to_processor {
        return derived(row, request, &outgoing, state, upstreams).await;
    }
    let (client, wait, endings, idle) = match row.class {
        Class::Events => {
            // A comment comes each 15 s.
            (&upstreams.listeners, state.waits.read, Endings::Endless, 3 * state.waits.idle)
        }
        Class::Change => (&upstreams.requests, state.waits.change, Endings::Untold, state.waits.idle),
        Class::Read | Class::Upload => {
            (&upstreams.requests, state.waits.read, Endings::Untold, state.waits.idle)
        }
    };
    let mut asked = ask(client, &state.cache, IMAGE_CACHE, &outgoing, wait).await;
    if let Err(error) = &asked
        && row.class == Class::Read
        && may_repeat(error)
        && state.retries.take(Instant::now())
    {
        log::info!("asking image-cache again: {error}");
        asked = ask(client, &state.cache, IMAGE_CACHE, &outgoing, wait).await;
    }
    pass(request, IMAGE_CACHE, asked?, endings, idle)
}

/// A derived image: from the replica whose it is, or else from the next one.
async fn derived(
    row: &Row,
    request: &HttpRequest,
    outgoing: &Outgoing,
    state: &AppState,
    upstreams: &Upstreams,
) -> Result<HttpResponse, Error> {
    let none = || Error::Unreachable { upstream: IMAGE_PROCESSOR, source: "no address is known".into() };
    let (first, second) = state.replicas.choose(&key(row, request), Instant::now()).ok_or_else(none)?;
    let wait = state.waits.derived;
    let mut asked = ask(&upstreams.requests, &first, IMAGE_PROCESSOR, outgoing, wait).await;
    let repeat = match &asked {
        // It is full; the next may not be.
        Ok(response) => {
            response.status() == StatusCode::SERVICE_UNAVAILABLE && first.named.name != second.named.name
        }
        Err(error) => may_repeat(error),
    };
    if repeat && state.retries.take(Instant::now()) {
        let name = &second.named.name;
        match &asked {
            Ok(_) => log::info!("image-processor is full; asking {name}"),
            Err(error) => log::info!("asking {name}: {error}"),
        }
        let again = ask(&upstreams.requests, &second, IMAGE_PROCESSOR, outgoing, wait).await;
        // That the first is full says more than that the second is broken.
        if again.is_ok() || asked.is_err() {
            asked = again;
        }
    }
    pass(request, IMAGE_PROCESSOR, asked?, Endings::Untold, state.waits.idle)
}

/// Sends a request and waits for the head of the answer.
async fn ask(
    client: &Client,
    replica: &Replica,
    upstream: &'static str,
    outgoing: &Outgoing,
    wait: Duration,
) -> Result<ClientResponse, Error> {
    let unusable = |reason: String| Error::Unusable { upstream, reason };
    let uri = replica.named.origin.uri(outgoing.path.clone()).map_err(|error| unusable(error.to_string()))?;
    let mut request = client.request(outgoing.method.clone(), uri).no_decompress();
    *request.headers_mut() = outgoing.headers.clone();
    let asked = match timeout(wait, request.send_body(outgoing.body.clone())).await {
        Ok(Ok(response)) if response.status().is_informational() => {
            Err(unusable(format!("its status is {}", response.status())))
        }
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) => Err(failure(upstream, error)),
        Err(_) => Err(Error::Slow { upstream, wait }),
    };
    match &asked {
        Ok(response) if response.status() == StatusCode::BAD_GATEWAY => replica.failed(Instant::now()),
        Ok(_) => replica.succeeded(),
        Err(_) => replica.failed(Instant::now()),
    }
    asked
}

/// What an error of awc means to us.
fn failure(upstream: &'static str, error: SendRequestError) -> Error {
    let broken = |source: Cause| Error::Broken { upstream, source };
    if let SendRequestError::Connect(ConnectError::Disconnected) = error {
        return broken("the connection was closed".into());
    }
    if let SendRequestError::Connect(error) = error {
        return Error::Unreachable { upstream, source: error.to_string().into() };
    }
    if let SendRequestError::Send(error) | SendRequestError::Response(ParseError::Io(error)) = error {
        return broken(error.into());
    }
    Error::Unusable { upstream, reason: error.to_string() }
}

/// Whether the service cannot have answered, so that another may be asked.
fn may_repeat(error: &Error) -> bool {
    matches!(error, Error::Unreachable { .. } | Error::Broken { .. } | Error::Unusable { .. })
}

fn pass(
    request: &HttpRequest,
    upstream: &'static str,
    response: ClientResponse,
    endings: Endings,
    idle: Duration,
) -> Result<HttpResponse, Error> {
    let (status, headers) = (response.status(), response.headers().clone());
    relay(request, &Answer { upstream, status, headers: &headers, endings, idle }, response)
}

/// The whole of a small body.
async fn small_body(payload: web::Payload, idle: Duration) -> Result<Bytes, Error> {
    let read = timeout(idle, payload.to_bytes_limited(MAX_SMALL_BODY_BYTES)).await;
    read.map_err(|_| Error::BodyTooSlow(idle))?
        .map_err(|_| Error::BodyTooLarge { max_bytes: MAX_SMALL_BODY_BYTES })?
        .map_err(|_| Error::BodyTruncated)
}

/// The path and query as the client sent them; image-processor has no `/api/v1`.
fn path_of(request: &HttpRequest, to_processor: bool) -> Result<PathAndQuery, Error> {
    let given = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
    let path = if to_processor { given.strip_prefix(paths::API_V1).unwrap_or(given) } else { given };
    path.parse().map_err(|_| Error::Path)
}

/// Whether the query asks for anything but the image as it is: a signature, and how the
/// original is to be saved, do not.
fn has_options(request: &HttpRequest) -> bool {
    server::query::pairs(request).any(|(name, _)| !matches!(&*name, OWNER | "download"))
        || is_of_link_to_derived(request)
}

/// Whether the request shows a link that opens what is derived from an image and not the
/// original.
fn is_of_link_to_derived(request: &HttpRequest) -> bool {
    matches!(request.extensions().get(), Some(Caller::Link(Link { scope: LinkScope::Derived, .. })))
}

/// What the replica is chosen by: the image and the options, however they are spelled.
fn key(row: &Row, request: &HttpRequest) -> Vec<u8> {
    let mut key: Vec<u8> = Vec::with_capacity(512);
    for (_, part) in request.match_info().iter() {
        key.extend_from_slice(part.as_bytes());
        key.push(b'/');
    }
    let options = Options::parse::<Cow<'_, str>, Cow<'_, str>>(server::query::pairs_but_owner(request));
    match options {
        Ok(mut options) => {
            if row.pattern == paths::BLURRED_IMAGE {
                options.blur = options.blur.or(Some(Sigma::DEFAULT));
            }
            key.extend_from_slice(format!("{options:?}").as_bytes());
        }
        // It will be refused, whoever is asked.
        Err(_) => key.extend_from_slice(request.query_string().as_bytes()),
    }
    key
}
