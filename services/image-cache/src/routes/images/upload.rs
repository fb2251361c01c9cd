//! `POST /images`: takes an upload.

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, web};
use api::{ErrorBody, UploadedImage};
use server::caller::AskedBy;
use server::query::NoQuery;
use utoipa::ToSchema;

use super::uploaded;
use crate::error::Error;
use crate::ingest::ingest_multipart;
use crate::routes::refusals::UploadRefused;
use crate::state::AppState;

/// The parts of an upload.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only describes the parts; they are read as they arrive")]
pub(crate) struct Upload {
    /// The image; its type is read from its bytes.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// The name of the album that it goes into, if any; the name of the file is then its
    /// name in the album.
    album: Option<String>,
    /// Who besides its owner may see it: private, unlisted or public.
    visibility: Option<String>,
}

/// Takes an image. When this is answered with 201, the image survives a crash.
#[utoipa::path(post, path = "/images", tag = "images",
    request_body(content = inline(Upload), content_type = "multipart/form-data"),
    responses(
        (status = 201, body = UploadedImage, headers(("Location" = String, description = "Where the image is"))),
        (status = 400, body = ErrorBody, description = "Not a multipart upload of one part named file and at most one named album"),
        UploadRefused,
    ))]
pub(crate) async fn upload_image(
    state: web::Data<AppState>,
    request: HttpRequest,
    AskedBy(caller): AskedBy,
    payload: web::Payload,
    _: NoQuery,
) -> Result<HttpResponse, Error> {
    let added = ingest_multipart(&state, &request, &caller, payload, None).await?;

    let location = format!("{}/{}", request.path().trim_end_matches('/'), added.value.id);
    Ok(HttpResponse::Created().insert_header((LOCATION, location)).json(uploaded(&state, &caller, &added)))
}
