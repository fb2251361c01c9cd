//! `GET /events`: every change, as it happens.

use std::fmt::Write as _;
use std::time::Duration;

use access::{Acl, Action, Caller, Refusal, Verdict, may};
use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use actix_web::{HttpRequest, HttpResponse, web};
use api::{CloudEvent, ErrorBody};
use bytes::Bytes;
use domain::{EventId, Owner};
use futures_util::{Stream, stream};
use server::caller::AskedBy;
use storage::{Outbox, Recorded, StorageError};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use crate::error::Error;
use crate::state::AppState;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Tells nginx not to hold events back.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
/// So often something is sent even if nothing happens: proxies close silent connections,
/// and a listener that hears nothing for longer knows that the connection is dead.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a browser waits before it connects again, in milliseconds.
const RETRY_MS: u32 = 1000;
/// Events that are read from the catalogue at once.
const BATCH: u32 = 200;
/// How long a listener that has all waits before it looks again, so that many listeners
/// and many changes are not as many look-ups as the product of both.
const BREATH: Duration = Duration::from_millis(50);

/// Every change of the caller's things, and of everyone's for who runs the store, from now on as server-sent events, each a CloudEvent in JSON. A listener
/// that connects again with `Last-Event-ID` gets first what it has missed. An event named
/// `gap` says that some of that is not kept any more; the nil UUID as `Last-Event-ID` asks
/// for all that is kept.
#[utoipa::path(get, path = "/events", tag = "events",
    params(("Last-Event-ID" = Option<String>, Header, format = Uuid, description = "The id of the last event that was received")),
    responses(
        (status = 200, body = CloudEvent, content_type = "text/event-stream"),
        (status = 400, body = ErrorBody, description = "Not the id of an event"),
        (status = 503, body = ErrorBody, description = "Too many listeners"),
    ))]
pub(crate) async fn get_events(
    state: web::Data<AppState>,
    request: HttpRequest,
    AskedBy(caller): AskedBy,
) -> Result<HttpResponse, Error> {
    if let Some((name, _)) = server::query::pairs(&request).next() {
        let accepts = "nothing; the header Last-Event-ID says where to go on";
        return Err(Error::Parameter { name: name.into_owned(), accepts });
    }
    let hears = Hears::of(&caller)?;
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CONTENT_TYPE, "text/event-stream"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((ACCEL_BUFFERING, "no"));
    if request.method() == Method::HEAD {
        return Ok(response.finish());
    }
    let permit = state.listeners.clone().try_acquire_owned().map_err(|_| Error::TooManyListeners)?;
    // From before the position is looked up, so that no change falls in between.
    let outbox = state.library.outbox();
    let (greeting, position) = begin(&outbox, last_event_id(&request)?).await?;

    let listener = Listener {
        outbox,
        hears,
        position,
        greeting: Some(greeting),
        next_look: Instant::now(),
        stop: state.stop.clone(),
        _permit: permit,
    };
    Ok(response.streaming(listener.chunks()))
}

fn last_event_id(request: &HttpRequest) -> Result<Option<EventId>, Error> {
    let Some(value) = request.headers().get(LAST_EVENT_ID) else { return Ok(None) };
    let given = String::from_utf8_lossy(value.as_bytes());
    let malformed = || Error::EventId { given: given.chars().filter(|c| !c.is_control()).take(64).collect() };
    given.parse().map(Some).map_err(|_| malformed())
}

/// The first chunk, and the position behind which the listener wants events.
async fn begin(outbox: &Outbox, last: Option<EventId>) -> Result<(String, i64), StorageError> {
    let retry = format!("retry: {RETRY_MS}\n");
    match last {
        // An id without data is remembered by the listener and not told to its program: if
        // the connection breaks before the first event, it goes on from here.
        None => {
            let (position, id) = outbox.last().await?.unwrap_or((0, EventId::BEGINNING));
            Ok((format!("{retry}id: {id}\n\n"), position))
        }
        Some(EventId::BEGINNING) => Ok((format!("{retry}\n"), 0)),
        Some(id) => match outbox.position_of(id).await? {
            Some(position) => Ok((format!("{retry}\n"), position)),
            None => Ok((format!("{retry}event: gap\ndata: {{}}\n\n"), 0)),
        },
    }
}

/// Whose changes a listener is told of.
enum Hears {
    /// Everyone's.
    All,
    /// Their own.
    Of(Owner),
}

impl Hears {
    fn of(caller: &Caller) -> Result<Self, Error> {
        match caller {
            Caller::Operator | Caller::Service => Ok(Self::All),
            // Events do not tell which album a key is for.
            Caller::Key { album: Some(_), .. } | Caller::Link(_) => Err(Refusal::Forbidden.into()),
            Caller::Anonymous => Err(Refusal::Unauthenticated.into()),
            Caller::User(_) | Caller::Key { .. } => {
                Ok(match may(caller, Action::Administer, &Acl::default()) {
                    Verdict::Yes => Self::All,
                    Verdict::No | Verdict::Hidden => Self::Of(caller.owner().clone()),
                })
            }
        }
    }

    fn hears(&self, recorded: &Recorded) -> bool {
        match self {
            Self::All => true,
            Self::Of(owner) => recorded.event.as_ref().is_some_and(|event| event.owner == *owner),
        }
    }
}

/// Somebody who listens.
struct Listener {
    outbox: Outbox,
    hears: Hears,
    position: i64,
    greeting: Option<String>,
    next_look: Instant,
    stop: CancellationToken,
    _permit: OwnedSemaphorePermit,
}

impl Listener {
    fn chunks(self) -> impl Stream<Item = Result<Bytes, StorageError>> {
        Box::pin(stream::unfold(self, |mut listener| async move {
            let chunk = listener.next().await?;
            if let Err(error) = &chunk {
                log::error!("cut a stream of events short: {error}");
            }
            Some((chunk.map(Bytes::from), listener))
        }))
    }

    /// The next text to send; none when the process stops.
    async fn next(&mut self) -> Option<Result<String, StorageError>> {
        if let Some(greeting) = self.greeting.take() {
            return Some(Ok(greeting));
        }
        loop {
            sleep_until(self.next_look).await;
            if self.stop.is_cancelled() {
                return None;
            }
            match self.outbox.after(self.position, BATCH).await {
                Err(error) => return Some(Err(error)),
                Ok(events) => {
                    if let Some(last) = events.last() {
                        self.position = last.position;
                        if events.len() < BATCH as usize {
                            self.next_look = Instant::now() + BREATH;
                        }
                        let heard = events.iter().filter(|recorded| self.hears.hears(recorded));
                        let text: String = heard.map(written).collect();
                        if text.is_empty() {
                            continue;
                        }
                        return Some(Ok(text));
                    }
                }
            }
            tokio::select! {
                () = self.stop.cancelled() => return None,
                changed = timeout(HEARTBEAT, self.outbox.changed()) => match changed {
                    Ok(true) => {}
                    // The store is gone, and the process with it in a moment.
                    Ok(false) => return None,
                    Err(_) => return Some(Ok(":\n\n".to_owned())),
                },
            }
        }
    }
}

/// An event as one message of the stream; nothing for a damaged one.
fn written(recorded: &Recorded) -> String {
    let mut text = String::new();
    if let Some(event) = &recorded.event {
        // It is made of strings; writing it cannot fail, and JSON has no line breaks.
        let json = serde_json::to_string(&CloudEvent::from(event)).unwrap_or_default();
        let _ = write!(text, "id: {}\ndata: {json}\n\n", event.id);
    }
    text
}
