//! `GET /albums/{album}/images/{name}/info`: what is known of an image, by name.

use actix_web::{HttpRequest, HttpResponse, web};
use api::{ErrorBody, ImageInfo, NameText};
use server::caller::AskedBy;
use server::query::OfOwner;

use crate::error::Error;
use crate::routes::albums::image_of;
use crate::routes::images::info::info;
use crate::state::AppState;

/// What is known of an image of an album; among it its id, which image-processor takes.
#[utoipa::path(get, path = "/albums/{album}/images/{name}/info", tag = "albums",
    params(
        ("album" = NameText, Path, description = "The name of the album"),
        ("name" = NameText, Path, description = "The name of the image"),
        ("owner" = Option<String>, Query, description = "Whose album it is; the caller's own if absent"),
    ),
    responses(
        (status = 200, body = ImageInfo),
        (status = 400, body = ErrorBody, description = "A name that is not possible"),
        (status = 404, body = ErrorBody),
    ))]
pub(crate) async fn get_album_image_info(
    state: web::Data<AppState>,
    request: HttpRequest,
    AskedBy(caller): AskedBy,
    OfOwner(asked): OfOwner,
) -> Result<HttpResponse, Error> {
    let which = image_of(&request, &caller, asked)?;
    info(&state, &caller, which).await
}
