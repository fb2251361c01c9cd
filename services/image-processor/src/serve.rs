//! A derived image from its request to its answer; the same for every route.

use std::borrow::Cow;

use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use cache::Outcome;
use domain::ImageId;
use domain::plan::{Options, Plan};
use server::conditional::{Decision, decide};
use server::image_response::ImageHeaders;
use server::request_id;

use crate::derivations::{Derived, Identity};
use crate::error::Error;
use crate::sources::{Known, SourceError};
use crate::state::AppState;

const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

/// The options in the request's query.
pub(crate) fn options(request: &HttpRequest) -> Result<Options, Error> {
    Ok(Options::parse::<Cow<'_, str>, Cow<'_, str>>(server::query::pairs(request))?)
}

/// Serves the image that the options make of the original.
pub(crate) async fn serve(
    state: &AppState,
    request: &HttpRequest,
    id: &str,
    options: &Options,
) -> Result<HttpResponse, Error> {
    let id: ImageId = id.parse()?;
    let request_id = || request_id::current().map(|id| id.as_str().to_owned()).unwrap_or_default();
    let found = match state.sources.find(id, &request_id()).await {
        Ok(found) => found,
        Err(error) => return Err(missing(state, error)),
    };
    let original = found.original;
    if !imaging::can_process(original.source.media_type) {
        return Err(Error::NotProcessed { media_type: original.source.media_type });
    }
    let plan = Plan::resolve(options, original.source, state.max_output_pixels)?;
    let identity = Identity::of(original.hash, &plan);

    let (derived, outcome) = match state.derivations.in_memory(identity) {
        Some(derived) => (derived, Outcome::Memory),
        None => {
            // The entity tag is known before the image is: a client that has it needs no work.
            let etag = identity.etag();
            let headers = headers(state, &original, &plan, &etag);
            match decide(request.method(), request.headers(), headers.representation(u64::MAX)) {
                Decision::NotModified => return Ok(headers.not_modified().finish()),
                Decision::PreconditionFailed => return Err(Error::PreconditionFailed),
                Decision::Full | Decision::Part(_) | Decision::RangeNotSatisfiable => {}
            }
            let made = state.derivations.get(identity, original.clone(), plan, request_id()).await;
            match made {
                Ok(made) => made,
                Err(failure) => {
                    if let crate::derivations::Failure::Client(client::ClientError::NotFound(_)) = &*failure {
                        let error = state.sources.forget(id).await;
                        return Err(missing(state, error));
                    }
                    return Err(failure.into());
                }
            }
        }
    };
    let headers = headers(state, &original, &plan, &derived.etag);
    answer(request, &headers, &derived, status(outcome, found.stale))
}

fn headers<'a>(
    state: &'a AppState,
    original: &'a Known,
    plan: &Plan,
    etag: &'a HeaderValue,
) -> ImageHeaders<'a> {
    ImageHeaders {
        media_type: plan.format.media_type(),
        etag,
        last_modified: &original.last_modified,
        disposition: original.disposition(plan.format),
        cache_control: &state.cache_control,
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
        Decision::Part(range) => (headers.start(Some(&range), length), part(&derived.bytes, &range)),
        Decision::NotModified => (headers.not_modified(), Bytes::new()),
        Decision::PreconditionFailed => return Err(Error::PreconditionFailed),
        Decision::RangeNotSatisfiable => return Err(Error::Range { length }),
    };
    response.insert_header((CACHE_STATUS, HeaderValue::from_static(status)));
    // actix leaves the body of an answer to HEAD away and keeps its length.
    debug_assert!(matches!(*request.method(), Method::GET | Method::HEAD));
    Ok(if bytes.is_empty() { response.finish() } else { response.body(bytes) })
}

fn part(bytes: &Bytes, range: &std::ops::Range<u64>) -> Bytes {
    let end = usize::try_from(range.end).unwrap_or(usize::MAX).min(bytes.len());
    let start = usize::try_from(range.start).unwrap_or(usize::MAX).min(end);
    bytes.slice(start..end)
}

/// How the answer came about, by RFC 9211. A negative `ttl` marks a stale one.
fn status(outcome: Outcome, stale: bool) -> &'static str {
    match (outcome, stale) {
        (Outcome::Memory, false) => "image-processor; hit; detail=memory",
        (Outcome::Volume, false) => "image-processor; hit; detail=volume",
        (Outcome::Memory | Outcome::Volume, true) => "image-processor; hit; ttl=-1; detail=stale",
        (Outcome::Made, _) => "image-processor; fwd=miss; stored; detail=miss",
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
