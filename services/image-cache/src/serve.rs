//! Serving the bytes of an original, by its id or by its name in an album.

use std::borrow::Cow;

use access::{Action, Caller};
use actix_web::body::SizedStream;
use actix_web::http::Method;
use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use futures_util::stream;
use server::conditional::{Decision, decide};
use server::image_response::Under;
use storage::{BlobReader, ImageRef, StorageError};

use crate::error::Error;
use crate::original::Content;
use crate::state::AppState;

/// Answers a GET or HEAD: conditions first, which open no file, then the bytes.
pub(crate) async fn serve(
    state: &AppState,
    request: &HttpRequest,
    caller: &Caller,
    which: ImageRef,
) -> Result<HttpResponse, Error> {
    let download = match which {
        ImageRef::Id(_) => wants_download(server::query::pairs(request))?,
        ImageRef::Named { .. } => wants_download(server::query::pairs_but_owner(request))?,
    };
    let original = state.library.find(caller, Action::ReadOriginal, &which).await?;
    let length = original.record.bytes;
    let under = match which {
        ImageRef::Id(_) => Under::Id,
        ImageRef::Named { .. } => Under::Name,
    };
    let cache_control = state.library.keeping.of(caller, &original.acl, under);
    let headers = original.headers(&cache_control);

    let part = match decide(request.method(), request.headers(), headers.representation(length)) {
        Decision::NotModified => return Ok(headers.not_modified().finish()),
        Decision::PreconditionFailed => return Err(Error::PreconditionFailed),
        Decision::RangeNotSatisfiable => return Err(Error::Range { length }),
        Decision::Full => None,
        Decision::Part(range) => Some(range),
    };
    let served = part.as_ref().map_or(length, |part| part.end - part.start);
    let mut response = headers.start(part.as_ref(), length);
    if download {
        response.insert_header((CONTENT_DISPOSITION, original.attachment()));
    }
    if request.method() == Method::HEAD {
        // The length is announced, no file is opened.
        let nothing = stream::empty::<Result<Bytes, StorageError>>();
        return Ok(response.body(SizedStream::new(length, nothing)));
    }
    let content =
        state.library.content(&original, part.as_ref()).await?.ok_or(StorageError::NoImage(which))?;
    Ok(match content {
        Content::Memory(bytes) => response.body(bytes),
        Content::Volume(reader) => response.body(SizedStream::new(served, chunks(reader))),
    })
}

/// Whether the client wants to save the image and not to show it.
fn wants_download<'a>(query: impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)>) -> Result<bool, Error> {
    let mut download = false;
    for (name, value) in query {
        match (&*name, &*value) {
            ("download", "true") => download = true,
            ("download", "false") => download = false,
            ("download", _) => {
                return Err(Error::Parameter { name: name.into_owned(), accepts: "true or false" });
            }
            _ => {
                let accepts =
                    "download; originals are served as they are, and image-processor transforms them";
                return Err(Error::Parameter { name: name.into_owned(), accepts });
            }
        }
    }
    Ok(download)
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
