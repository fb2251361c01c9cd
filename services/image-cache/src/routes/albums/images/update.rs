//! `PATCH /albums/{album}/images/{name}`: gives an image another name or album.

use actix_web::{HttpRequest, HttpResponse, web};
use api::{ErrorBody, ImageUpdate, Message, NameText};

use server::caller::AskedBy;
use server::query::OfOwner;

use crate::error::Error;
use crate::routes::albums::image_of;
use crate::routes::images::update::update;
use crate::routes::refusals::{BodyRefused, ChangeRefused};
use crate::state::AppState;

/// Gives an image of an album another name, another album, or both. No file moves.
#[utoipa::path(patch, path = "/albums/{album}/images/{name}", tag = "albums", request_body = ImageUpdate,
    params(
        ("album" = NameText, Path, description = "The name of the album"),
        ("name" = NameText, Path, description = "The name of the image"),
        ("owner" = Option<String>, Query, description = "Whose album it is; the caller's own if absent"),
    ),
    responses(
        (status = 200, body = Message),
        (status = 400, body = ErrorBody, description = "Not the JSON that is wanted, or a name that is not possible"),
        (status = 404, body = ErrorBody, description = "No such image, or no such album"),
        (status = 409, body = ErrorBody, description = "The album has an image of the new name"),
        (status = 412, body = ErrorBody, description = "If-Match does not hold"),
        BodyRefused,
        ChangeRefused,
    ))]
pub(crate) async fn update_album_image(
    state: web::Data<AppState>,
    request: HttpRequest,
    AskedBy(caller): AskedBy,
    payload: web::Payload,
    OfOwner(asked): OfOwner,
) -> Result<HttpResponse, Error> {
    let which = image_of(&request, &caller, asked)?;
    update(&state, &request, &caller, which, payload).await
}
