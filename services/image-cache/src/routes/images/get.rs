//! `GET` and `HEAD /images/{id}`: the original bytes.

use actix_web::{HttpRequest, HttpResponse, web};
use api::ErrorBody;
use server::caller::AskedBy;
use storage::ImageRef;

use crate::error::Error;
use crate::serve::serve;
use crate::state::AppState;

/// The original, byte for byte. Answers conditional requests, and ranges of one part.
#[utoipa::path(get, path = "/images/{id}", tag = "images",
    params(
        ("id" = String, Path, format = Uuid, description = "The id of the image"),
        ("download" = Option<bool>, Query, description = "Whether the image is to be saved and not shown"),
    ),
    responses(
        (status = 200, body = Vec<u8>, content_type = "image/*"),
        (status = 206, body = Vec<u8>, content_type = "image/*", description = "The range asked for"),
        (status = 304, description = "The client has it"),
        (status = 400, body = ErrorBody, description = "Not an id, or a parameter that originals do not take"),
        (status = 404, body = ErrorBody),
        (status = 412, body = ErrorBody),
        (status = 416, body = ErrorBody),
    ))]
pub(crate) async fn get_image(
    state: web::Data<AppState>,
    request: HttpRequest,
    AskedBy(caller): AskedBy,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    serve(&state, &request, &caller, ImageRef::Id(id.parse()?)).await
}
