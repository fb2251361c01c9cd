//! `GET` and `HEAD /images/{id}`: the original bytes.

use actix_web::body::SizedStream;
use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use api::ErrorBody;
use bytes::Bytes;
use domain::ImageId;
use futures_util::stream;
use server::conditional::{Decision, decide};
use storage::{BlobReader, StorageError};

use crate::error::Error;
use crate::originals::Content;
use crate::state::AppState;

/// The original, byte for byte. Answers conditional requests, and ranges of one part.
#[utoipa::path(get, path = "/images/{id}", tag = "images",
    params(("id" = String, Path, description = "The id of the image")),
    responses(
        (status = 200, body = Vec<u8>, content_type = "image/*"),
        (status = 206, body = Vec<u8>, content_type = "image/*", description = "The range asked for"),
        (status = 304, description = "The client has it"),
        (status = 400, body = ErrorBody, description = "Not an id, or a query, which originals do not take"),
        (status = 404, body = ErrorBody),
        (status = 412, body = ErrorBody),
        (status = 416, body = ErrorBody),
    ))]
pub(crate) async fn get_image(
    state: web::Data<AppState>,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    serve(&state, &request, &id).await
}

/// The headers of the original.
#[utoipa::path(head, path = "/images/{id}", tag = "images",
    params(("id" = String, Path, description = "The id of the image")),
    responses((status = 200), (status = 304), (status = 400), (status = 404), (status = 412)))]
pub(crate) async fn head_image(
    state: web::Data<AppState>,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    serve(&state, &request, &id).await
}

async fn serve(state: &AppState, request: &HttpRequest, id: &str) -> Result<HttpResponse, Error> {
    let id: ImageId = id.parse()?;
    if let Some((name, _)) = server::query::pairs(request).next() {
        let accepts = "nothing; originals are served as they are, and image-processor transforms them";
        return Err(Error::Parameter { name: name.into_owned(), accepts });
    }
    let original = state.originals.find(id).await?.ok_or(Error::NoImage(id))?;
    let length = original.record.bytes;

    let part = match decide(request.method(), request.headers(), original.headers().representation(length)) {
        Decision::NotModified => return Ok(original.headers().not_modified().finish()),
        Decision::PreconditionFailed => return Err(Error::PreconditionFailed),
        Decision::RangeNotSatisfiable => return Err(Error::Range { length }),
        Decision::Full => None,
        Decision::Part(range) => Some(range),
    };
    let served = part.as_ref().map_or(length, |part| part.end - part.start);
    if request.method() == Method::HEAD {
        // The length is announced, no file is opened.
        let nothing = stream::empty::<Result<Bytes, StorageError>>();
        return Ok(original.headers().start(None, length).body(SizedStream::new(length, nothing)));
    }
    let content = state.originals.content(&original, part.as_ref()).await?;
    let mut response = original.headers().start(part.as_ref(), length);
    Ok(match content {
        Content::Memory(bytes) => response.body(bytes),
        Content::Volume(reader) => response.body(SizedStream::new(served, chunks(reader))),
    })
}

/// The chunks of a file. An error cuts the answer short, which the client sees, since the
/// length was announced.
fn chunks(reader: BlobReader) -> impl futures_util::Stream<Item = Result<Bytes, StorageError>> {
    Box::pin(stream::unfold(reader, |mut reader| async move {
        let chunk = reader.next().await?;
        if let Err(error) = &chunk {
            log::error!("cut an answer short: {error}");
        }
        Some((chunk, reader))
    }))
}
