//! `POST /albums/{album}/images`: takes a multipart upload into an album.

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, web};
use api::{ErrorBody, NameText, UploadedImage};
use server::caller::AskedBy;
use server::query::OfOwner;
use utoipa::ToSchema;

use super::location;
use crate::error::Error;
use crate::ingest::ingest_multipart;
use crate::routes::albums::album_of;
use crate::routes::images::uploaded;
use crate::routes::refusals::UploadRefused;
use crate::state::AppState;

/// The parts of an upload into an album.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only describes the parts; they are read as they arrive")]
pub(crate) struct AlbumUpload {
    /// The image; its file name is its name in the album, its type is read from its bytes.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// Who besides its owner may see it: private, unlisted or public.
    visibility: Option<String>,
}

/// Takes an image into an album, under the name of the file. When this is answered with
/// 201, the image survives a crash.
#[utoipa::path(post, path = "/albums/{album}/images", tag = "albums",
    params(
        ("album" = NameText, Path, description = "The name of the album"),
        ("owner" = Option<String>, Query, description = "Whose album it is; the caller's own if absent"),
    ),
    request_body(content = inline(AlbumUpload), content_type = "multipart/form-data"),
    responses(
        (status = 201, body = UploadedImage, headers(("Location" = String, description = "Where the image is"))),
        (status = 400, body = ErrorBody, description = "Not a multipart upload of one part named file with a file name"),
        UploadRefused,
    ))]
pub(crate) async fn upload_album_image(
    state: web::Data<AppState>,
    request: HttpRequest,
    AskedBy(caller): AskedBy,
    payload: web::Payload,
    OfOwner(asked): OfOwner,
) -> Result<HttpResponse, Error> {
    let album = album_of(&request, &caller, asked)?;

    let added = ingest_multipart(&state, &request, &caller, payload, Some(album)).await?;

    let location = location(request.uri().path(), &added.value);
    Ok(HttpResponse::Created().insert_header((LOCATION, location)).json(uploaded(&state, &caller, &added)))
}
