//! `PATCH /images/{id}`: gives an image another name or album.

use access::Caller;
use actix_web::{HttpRequest, HttpResponse, web};
use api::{ErrorBody, ImageUpdate, Message};
use domain::Name;
use server::caller::AskedBy;
use server::query::NoQuery;
use storage::{ImageRef, Move};

use super::condition;
use crate::body;
use crate::error::{BodyError, Error};
use crate::routes::message;
use crate::routes::refusals::{BodyRefused, ChangeRefused};
use crate::state::AppState;

/// Gives an image another name, another album, or both; `"albumName": null` moves it out
/// of its album. No file moves.
#[utoipa::path(patch, path = "/images/{id}", tag = "images", request_body = ImageUpdate,
    params(("id" = String, Path, format = Uuid, description = "The id of the image")),
    responses(
        (status = 200, body = Message),
        (status = 400, body = ErrorBody, description = "Not the JSON that is wanted, not an id, or a name that is not possible"),
        (status = 404, body = ErrorBody, description = "No such image, or no such album"),
        (status = 409, body = ErrorBody, description = "The album has an image of the new name"),
        (status = 412, body = ErrorBody, description = "If-Match does not hold"),
        BodyRefused,
        ChangeRefused,
    ))]
pub(crate) async fn update_image(
    state: web::Data<AppState>,
    request: HttpRequest,
    AskedBy(caller): AskedBy,
    id: web::Path<String>,
    payload: web::Payload,
    _: NoQuery,
) -> Result<HttpResponse, Error> {
    update(&state, &request, &caller, ImageRef::Id(id.parse()?), payload).await
}

/// Moves the image as the body says.
pub(crate) async fn update(
    state: &AppState,
    request: &HttpRequest,
    caller: &Caller,
    which: ImageRef,
    payload: web::Payload,
) -> Result<HttpResponse, Error> {
    let body: ImageUpdate = body::json(payload, &state.limits).await?;
    let name = |text: String| Name::parse(&text).map_err(BodyError::Name);
    let to = Move {
        name: body.image_name.map(name).transpose()?,
        album: body.album_name.map(|album| album.map(name).transpose()).transpose()?,
    };
    if to == Move::default() {
        return Err(BodyError::NothingToChange.into());
    }

    let only_if = condition(request, &which);

    let moved = state.library.move_image(caller, which, to, only_if).await?;

    Ok(HttpResponse::Ok().json(Message { message: message(&moved.changes) }))
}
