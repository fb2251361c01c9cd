//! `GET` and `HEAD /albums/{album}/images/{name}`: the original bytes, by name.

use actix_web::{HttpRequest, HttpResponse, web};
use api::{ErrorBody, NameText};
use server::caller::AskedBy;
use server::query::OwnerAsked;

use crate::error::Error;
use crate::routes::albums::image_of;
use crate::serve::serve;
use crate::state::AppState;

/// The original, byte for byte. Answers conditional requests, and ranges of one part.
/// Caches ask again each time, since there may be another image of that name tomorrow.
#[utoipa::path(get, path = "/albums/{album}/images/{name}", tag = "albums",
    params(
        ("album" = NameText, Path, description = "The name of the album"),
        ("name" = NameText, Path, description = "The name of the image"),
        ("owner" = Option<String>, Query, description = "Whose album it is; the caller's own if absent"),
        ("download" = Option<bool>, Query, description = "Whether the image is to be saved and not shown"),
    ),
    responses(
        (status = 200, body = Vec<u8>, content_type = "image/*"),
        (status = 206, body = Vec<u8>, content_type = "image/*", description = "The range asked for"),
        (status = 304, description = "The client has it"),
        (status = 400, body = ErrorBody, description = "A name that is not possible, or a parameter that originals do not take"),
        (status = 404, body = ErrorBody),
        (status = 412, body = ErrorBody),
        (status = 416, body = ErrorBody),
    ))]
pub(crate) async fn get_album_image(
    state: web::Data<AppState>,
    request: HttpRequest,
    AskedBy(caller): AskedBy,
) -> Result<HttpResponse, Error> {
    let which = image_of(&request, &caller, OwnerAsked::of(&request)?)?;
    serve(&state, &request, &caller, which).await
}
