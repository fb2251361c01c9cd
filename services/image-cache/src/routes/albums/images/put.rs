//! `PUT /albums/{album}/images/{name}`: takes an image as the body itself.

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, web};
use api::{ErrorBody, NameText, UploadedImage};
use server::caller::AskedBy;
use server::query::OfOwner;

use crate::error::Error;
use crate::ingest::ingest_raw;
use crate::routes::albums::{album_of, names_of};
use crate::routes::images::uploaded;
use crate::routes::refusals::UploadRefused;
use crate::state::AppState;

/// Takes an image into an album, under the name in the path; `curl -T` does this. The type
/// is read from the bytes. An image that is there is never replaced: delete it first.
#[utoipa::path(put, path = "/albums/{album}/images/{name}", tag = "albums",
    params(
        ("album" = NameText, Path, description = "The name of the album"),
        ("name" = NameText, Path, description = "The name of the image"),
        ("owner" = Option<String>, Query, description = "Whose album it is; the caller's own if absent"),
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 201, body = UploadedImage, headers(("Location" = String, description = "Where the image is"))),
        (status = 400, body = ErrorBody, description = "A name that is not possible, or a part of an image"),
        (status = 412, body = ErrorBody, description = "If-Match, and there is no such image; or If-None-Match: *, and there is one"),
        UploadRefused,
    ))]
pub(crate) async fn put_album_image(
    state: web::Data<AppState>,
    request: HttpRequest,
    AskedBy(caller): AskedBy,
    payload: web::Payload,
    OfOwner(asked): OfOwner,
) -> Result<HttpResponse, Error> {
    let name = names_of(&request)?.1;
    let album = album_of(&request, &caller, asked)?;

    let added = ingest_raw(&state, &request, &caller, payload, album, name).await?;

    let location = request.uri().path().to_owned();
    Ok(HttpResponse::Created().insert_header((LOCATION, location)).json(uploaded(&state, &caller, &added)))
}
