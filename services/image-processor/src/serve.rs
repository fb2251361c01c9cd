//! A derived image, or a description, from its request to its answer; the same for every
//! route.

use std::borrow::Cow;
use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::{ACCEPT, HeaderName, HeaderValue, VARY};
use actix_web::{HttpRequest, HttpResponse, ResponseError as _};
use bytes::Bytes;
use cache::Outcome;
use domain::ImageId;
use domain::plan::{Accept, FormatChoice, Options};
use server::conditional::{Decision, decide};
use server::image_response::{ImageHeaders, part_of};
use server::request_id;
use tokio::time::timeout;

use crate::derivations::{Derived, Identity};
use crate::error::Error;
use crate::sources::{Found, SourceError};
use crate::state::AppState;
use crate::work::{Wish, Work};

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
    state: &AppState,
    request: &HttpRequest,
    id: &str,
    options: &Options,
) -> Result<HttpResponse, Error> {
    let answer = serve(state, request, id, &Wish::Image(*options)).await;
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
    state: &AppState,
    request: &HttpRequest,
    id: &str,
    wish: &Wish,
) -> Result<HttpResponse, Error> {
    let id: ImageId = id.parse()?;
    // The common answer waits for nothing.
    if let Some(found) = state.sources.fresh(id) {
        let wanted = Wanted::of(state, found, wish)?;
        if let Some(derived) = state.derivations.in_memory(wanted.identity) {
            return wanted.answer(state, request, &derived, Outcome::Memory);
        }
    }
    let limit = state.request_timeout;
    timeout(limit, find_or_make(state, request, id, wish)).await.unwrap_or(Err(Error::TimedOut(limit)))
}

async fn find_or_make(
    state: &AppState,
    request: &HttpRequest,
    id: ImageId,
    wish: &Wish,
) -> Result<HttpResponse, Error> {
    let request_id = request_id::current().unwrap_or_default();
    let found = state.sources.find(id, request_id.as_str()).await.map_err(|error| missing(state, error))?;
    let wanted = Wanted::of(state, found, wish)?;

    // The entity tag is known before the image is: a client that has it needs no work.
    let etag = wanted.identity.etag();
    let headers = wanted.headers(state, &etag);
    match decide(request.method(), request.headers(), headers.representation(u64::MAX)) {
        Decision::NotModified => return Ok(headers.not_modified().finish()),
        Decision::PreconditionFailed => return Err(Error::PreconditionFailed),
        Decision::Full | Decision::Part(_) | Decision::RangeNotSatisfiable => {}
    }
    let get = || {
        let original = Arc::clone(&wanted.found.original);
        state.derivations.get(wanted.identity, original, wanted.work, request_id.clone())
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
            let error = state.sources.forget(id).await;
            Err(missing(state, error))
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
    fn of(state: &AppState, found: Found, wish: &Wish) -> Result<Self, Error> {
        let work = Work::resolve(wish, &found.original, state.max_output_pixels)?;
        let identity = Identity::of(found.original.hash, &work);
        Ok(Self { found, work, identity })
    }

    fn headers<'a>(&'a self, state: &'a AppState, etag: &'a HeaderValue) -> ImageHeaders<'a> {
        let original = &self.found.original;
        ImageHeaders {
            content_type: self.work.content_type(),
            etag,
            last_modified: &original.last_modified,
            disposition: match &self.work {
                Work::Image(plan) => Some(original.disposition(plan.format)),
                Work::Description { .. } => None,
            },
            // A stale answer may be of an image that was deleted; no cache is to keep it.
            cache_control: if self.found.stale { &state.ask_again } else { &state.cache_control },
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
    Ok(if bytes.is_empty() { response.finish() } else { response.body(bytes) })
}

/// How the answer came about, by RFC 9211. A negative `ttl` marks a stale one.
fn status(outcome: Outcome, stale: bool) -> &'static str {
    match (outcome, stale) {
        (Outcome::Memory, false) => "image-processor; hit; detail=memory",
        (Outcome::Volume, false) => "image-processor; hit; detail=volume",
        (Outcome::Memory | Outcome::Volume, true) => "image-processor; hit; ttl=-1; detail=stale",
        (Outcome::Made, _) => "image-processor; fwd=miss; detail=miss",
        (Outcome::Coalesced, _) => "image-processor; fwd=miss; collapsed; detail=coalesced",
    }
}

/// A deleted original takes its derived images with it.
fn missing(state: &AppState, error: SourceError) -> Error {
    if let SourceError::Missing { hash: Some(hash), .. } = &error {
        state.derivations.drop_all_of(*hash);
    }
    error.into()
}
