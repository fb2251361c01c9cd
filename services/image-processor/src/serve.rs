//! A derived image, or a description, from its request to its answer; the same for every
//! route.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use access::{Action, Caller, Verdict, may};
use actix_web::http::Method;
use actix_web::http::header::{ACCEPT, HeaderName, HeaderValue, VARY};
use actix_web::{HttpRequest, HttpResponse, ResponseError as _, web};
use bytes::Bytes;
use cache::Outcome;
use domain::plan::{Accept, FormatChoice, Options};
use server::conditional::{Decision, decide};
use server::image_response::{ImageHeaders, part_of};
use server::request_id;
use server::sliced_body::SlicedBody;
use tokio::time::{Instant, timeout_at};

use crate::changes::note_gone;
use crate::derivations::{Derived, Identity, Order};
use crate::error::Error;
use crate::known::{Found, ImageRef};
use crate::sources::SourceError;
use crate::state::AppState;
use crate::work::{Wish, Work};

/// How long after its deadline a request still waits for the reason why it is late.
const LAST_WORD: Duration = Duration::from_millis(300);
const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

/// The options in the request's query, and what its client takes.
pub(crate) fn options(request: &HttpRequest) -> Result<Options, Error> {
    let options = Options::parse::<Cow<'_, str>, Cow<'_, str>>(server::query::pairs(request))?;
    let accept = request.headers().get_all(ACCEPT).filter_map(|value| value.to_str().ok());
    Ok(match options.format {
        Some(FormatChoice::Auto) => Options { accept: Accept::parse(accept), ..options },
        Some(FormatChoice::Named(_)) | None => options,
    })
}

/// Serves the image that the options make of the original.
pub(crate) async fn serve_image(
    state: &web::Data<AppState>,
    request: &HttpRequest,
    caller: &Caller,
    which: &ImageRef,
    options: &Options,
) -> Result<HttpResponse, Error> {
    let answer = serve(state, request, caller, which, &Wish::Image(*options)).await;
    if options.format != Some(FormatChoice::Auto) {
        return answer;
    }
    // Refusals too: 412 and 416 depend on the format, and what is told of one format says
    // nothing of another.
    let mut response = answer.unwrap_or_else(|error| error.error_response());
    response.headers_mut().append(VARY, HeaderValue::from_static("Accept"));
    Ok(response)
}

/// Serves what is wished for of the original.
pub(crate) async fn serve(
    state: &web::Data<AppState>,
    request: &HttpRequest,
    caller: &Caller,
    which: &ImageRef,
    wish: &Wish,
) -> Result<HttpResponse, Error> {
    // The common answer waits for nothing.
    if let Some(found) = state.sources.fresh(which) {
        let wanted = Wanted::of(state, caller, which, found, wish)?;
        if let Some(derived) = state.derivations.in_memory(wanted.identity) {
            return wanted.answer(state, request, &derived, Outcome::Memory);
        }
    }
    let limit = state.request_timeout;
    let deadline = Instant::now() + limit;
    let answer = find_or_make(state, request, caller, which, wish, deadline);
    // Whatever is late says so itself and better; a waiter for what another request began
    // has only its own time.
    timeout_at(deadline + LAST_WORD, answer).await.unwrap_or(Err(Error::TimedOut(limit)))
}

async fn find_or_make(
    state: &web::Data<AppState>,
    request: &HttpRequest,
    caller: &Caller,
    which: &ImageRef,
    wish: &Wish,
    deadline: Instant,
) -> Result<HttpResponse, Error> {
    let request_id = request_id::current().unwrap_or_default();
    let find = state.sources.find(which, request_id.as_str());
    let found = match timeout_at(deadline, find).await {
        Ok(Ok(found)) => found,
        Err(_) => return Err(Error::TimedOut(state.request_timeout)),
        Ok(Err(error)) => {
            if let SourceError::Gone(ImageRef::Id(id)) = &error {
                note_gone(state, *id);
            }
            return Err(error.into());
        }
    };
    let wanted = Wanted::of(state, caller, which, found, wish)?;

    // The entity tag is known before the image is: a client that has it needs no work.
    let etag = wanted.identity.etag();
    let headers = wanted.headers(state, &etag);
    match decide(request.method(), request.headers(), headers.representation(u64::MAX)) {
        Decision::NotModified => return Ok(headers.not_modified().finish()),
        Decision::PreconditionFailed => return Err(Error::PreconditionFailed),
        Decision::Full | Decision::Part(_) | Decision::RangeNotSatisfiable => {}
    }
    let id = wanted.found.original.id;
    let get = || {
        state.derivations.get(Order {
            identity: wanted.identity,
            original: Arc::clone(&wanted.found.original),
            work: wanted.work,
            deadline,
            request_id: request_id.clone(),
        })
    };
    let mut made = get().await;
    // Images with equal bytes share one making. It may have been begun for another one
    // that is deleted by now, which says nothing of this one.
    if made.as_ref().is_err_and(|failure| failure.is_missing().is_some_and(|gone| gone != id)) {
        made = get().await;
    }
    match made {
        Ok((derived, outcome)) => wanted.answer(state, request, &derived, outcome),
        Err(failure) if failure.is_missing() == Some(id) => {
            note_gone(state, id);
            Err(Error::Missing(which.clone()))
        }
        Err(failure) => Err(failure.into()),
    }
}

/// What is wanted: an original that was found, what is to be done to it, and what that
/// is known by.
struct Wanted {
    found: Found,
    work: Work,
    identity: Identity,
}

impl Wanted {
    /// Asks for the right first: nothing that depends on the original is told before.
    fn of(
        state: &AppState,
        caller: &Caller,
        which: &ImageRef,
        found: Found,
        wish: &Wish,
    ) -> Result<Self, Error> {
        let original = &found.original;
        let action = match wish {
            Wish::Image(_) => Action::ReadDerived,
            Wish::Description { .. } => Action::ReadInfo,
        };
        match may(caller, action, &original.acl) {
            Verdict::Yes => {}
            // To a caller who may not see it, an image is as if it were missing.
            Verdict::No | Verdict::Hidden => return Err(Error::Missing(which.clone())),
        }
        let work = Work::resolve(wish, original, state.max_output_pixels)?;
        let identity = Identity::of(original, &work);
        Ok(Self { found, work, identity })
    }

    fn headers<'a>(&'a self, state: &'a AppState, etag: &'a HeaderValue) -> ImageHeaders<'a> {
        let original = &self.found.original;
        ImageHeaders {
            content_type: self.work.content_type(),
            etag,
            last_modified: match &self.found.named {
                Some(named) => &named.since,
                None => &original.last_modified,
            },
            disposition: match &self.work {
                Work::Image(plan) => Some(original.disposition(plan.format)),
                Work::Description { .. } => None,
            },
            // A stale answer may be of an image that was deleted, and under a name there may be
            // another image tomorrow.
            cache_control: if self.found.stale || self.found.named.is_some() {
                &state.ask_again
            } else {
                &state.cache_control
            },
        }
    }

    fn answer(
        &self,
        state: &AppState,
        request: &HttpRequest,
        derived: &Derived,
        outcome: Outcome,
    ) -> Result<HttpResponse, Error> {
        answer(request, &self.headers(state, &derived.etag), derived, status(outcome, self.found.stale))
    }
}

fn answer(
    request: &HttpRequest,
    headers: &ImageHeaders<'_>,
    derived: &Derived,
    status: &'static str,
) -> Result<HttpResponse, Error> {
    let length = derived.bytes.len() as u64;
    let decision = decide(request.method(), request.headers(), headers.representation(length));
    let (mut response, bytes) = match decision {
        Decision::Full => (headers.start(None, length), derived.bytes.clone()),
        Decision::Part(range) => (headers.start(Some(&range), length), part_of(&derived.bytes, &range)),
        Decision::NotModified => (headers.not_modified(), Bytes::new()),
        Decision::PreconditionFailed => return Err(Error::PreconditionFailed),
        Decision::RangeNotSatisfiable => return Err(Error::Range { length }),
    };
    response.insert_header((CACHE_STATUS, HeaderValue::from_static(status)));
    // actix leaves the body of an answer to HEAD away and keeps its length.
    debug_assert!(matches!(*request.method(), Method::GET | Method::HEAD));
    Ok(if bytes.is_empty() { response.finish() } else { response.body(SlicedBody::new(bytes)) })
}

/// How the answer came about, by RFC 9211. A negative `ttl` marks a stale one.
fn status(outcome: Outcome, stale: bool) -> &'static str {
    match (outcome, stale) {
        (Outcome::Memory, false) => "image-processor; hit; detail=memory",
        (Outcome::Shelf, false) => "image-processor; hit; detail=volume",
        (Outcome::Memory | Outcome::Shelf, true) => "image-processor; hit; ttl=-1; detail=stale",
        (Outcome::Made, _) => "image-processor; fwd=miss; detail=miss",
        (Outcome::Coalesced, _) => "image-processor; fwd=miss; collapsed; detail=coalesced",
    }
}
