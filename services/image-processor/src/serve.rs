//! A derived image, or a description, from its request to its answer; the same for every
//! route.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use access::{Acl, AlbumAcl, Caller, Refusal, permit, refuse_missing};
use actix_web::http::Method;
use actix_web::http::header::{ACCEPT, HeaderName, HeaderValue, VARY};
use actix_web::{HttpRequest, HttpResponse, ResponseError as _, web};
use bytes::Bytes;
use cache::Outcome;
use domain::plan::{Accept, FormatChoice, Options};
use server::conditional::{Decision, decide};
use server::image_response::{ImageHeaders, Under, part_of};
use server::rates::Payer;
use server::request_id;
use server::sliced_body::SlicedBody;
use tokio::time::{Instant, timeout_at};

use crate::breaker::CallError;
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

/// The options in the request's query, of which `query` is all that can be one, and what its
/// client takes.
pub(crate) fn options<'a>(
    state: &AppState,
    request: &HttpRequest,
    query: impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)>,
) -> Result<Options, Error> {
    let options = state.presets.options(query)?;
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
            return wanted.answer(request, &derived, Outcome::Memory);
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
    let find = state.sources.find(which, &request_id);
    let found = match timeout_at(deadline, find).await {
        Ok(Ok(found)) => found,
        Err(_) => return Err(Error::TimedOut(state.request_timeout)),
        Ok(Err(error)) => {
            if let SourceError::Gone(ImageRef::Id(id)) = &error {
                note_gone(state, *id);
            }
            return Err(match &error {
                SourceError::Missing(_) | SourceError::Gone(_) => {
                    refused(refuse_missing(caller, wish.action()), which)
                }
                SourceError::Call(_) => error.into(),
            });
        }
    };
    let wanted = Wanted::of(state, caller, which, found, wish)?;

    // The entity tag is known before the image is: a client that has it needs no work.
    let etag = wanted.identity.etag();
    let headers = wanted.headers(&etag);
    match decide(request.method(), request.headers(), headers.representation(u64::MAX)) {
        Decision::NotModified => return Ok(headers.not_modified().finish()),
        Decision::PreconditionFailed => return Err(Error::PreconditionFailed),
        Decision::Full | Decision::Part(_) | Decision::RangeNotSatisfiable => {}
    }
    let id = wanted.found.original.id;
    let payer = Payer::of(request);
    let get = || {
        state.derivations.get(Order {
            identity: wanted.identity,
            original: Arc::clone(&wanted.found.original),
            work: wanted.work,
            deadline,
            request_id: request_id.clone(),
            payer: payer.clone(),
        })
    };
    let mut made = get().await;
    // Images with equal bytes share one making. It may have been begun for another one
    // that is deleted by now, which says nothing of this one.
    if made.as_ref().is_err_and(|failure| failure.is_missing().is_some_and(|gone| gone != id)) {
        made = get().await;
    }
    // It may also have been begun for a caller that has to wait, unlike this one.
    if made.as_ref().is_err_and(|failure| failure.is_of_another(payer.as_ref())) {
        made = get().await;
    }
    match made {
        Ok((derived, outcome)) => wanted.answer(request, &derived, outcome),
        Err(failure) if failure.is_missing() == Some(id) => {
            note_gone(state, id);
            Err(refused(refuse_missing(caller, wish.action()), which))
        }
        Err(failure) => Err(failure.into()),
    }
}

/// What a caller is told who may not have what they want of an image. To who may not know of
/// it, it is missing.
fn refused(refusal: Refusal, which: &ImageRef) -> Error {
    match refusal {
        Refusal::Missing => Error::Missing(which.clone()),
        Refusal::Unauthenticated | Refusal::Forbidden => Error::Refused(refusal),
    }
}

/// The same right without those that the album is shared with.
fn unshared(acl: &Acl) -> Acl {
    let album =
        acl.album.as_ref().map(|album| Arc::new(AlbumAcl { readers: Vec::new(), ..(**album).clone() }));
    Acl { album, ..acl.clone() }
}

/// What is wanted: an original that was found, what is to be done to it, and what that
/// is known by.
struct Wanted {
    found: Found,
    work: Work,
    identity: Identity,
    cache_control: HeaderValue,
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
        permit(caller, wish.action(), Some(&original.acl)).map_err(|refusal| refused(refusal, which))?;
        if found.stale && permit(caller, wish.action(), Some(&unshared(&original.acl))).is_err() {
            // With whom an album is shared may have changed since image-cache was last asked.
            return Err(CallError::Away.into());
        }
        let work = Work::resolve(wish, original, state.max_output_pixels)?;
        let identity = Identity::of(original, &work);
        // A stale answer may be of an image that was deleted, and under a name there may be
        // another image tomorrow.
        let under = if found.stale || found.named.is_some() { Under::Name } else { Under::Id };
        let cache_control = state.keeping.of(caller, &original.acl, under);
        Ok(Self { found, work, identity, cache_control })
    }

    fn headers<'a>(&'a self, etag: &'a HeaderValue) -> ImageHeaders<'a> {
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
            cache_control: &self.cache_control,
        }
    }

    fn answer(
        &self,
        request: &HttpRequest,
        derived: &Derived,
        outcome: Outcome,
    ) -> Result<HttpResponse, Error> {
        answer(request, &self.headers(&derived.etag), derived, status(outcome, self.found.stale))
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
