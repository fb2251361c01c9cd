//! `PATCH /images/{id}`: gives an image another name or album.

use actix_web::{HttpRequest, HttpResponse, web};
use api::{ErrorBody, ImageUpdate, Message};
use domain::Name;
use server::query::NoQuery;
use storage::{ImageRef, Move};

use super::condition;
use crate::body;
use crate::error::{BodyError, Error};
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
    id: web::Path<String>,
    payload: web::Payload,
    _: NoQuery,
) -> Result<HttpResponse, Error> {
    update(&state, &request, ImageRef::Id(id.parse()?), payload).await
}

/// Moves the image as the body says.
pub(crate) async fn update(
    state: &AppState,
    request: &HttpRequest,
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

    let moved = state.originals.move_image(which.clone(), to, only_if).await?;

    let (image, change) = moved.ok_or(Error::NoImage(which))?;
    let message = match change {
        Some(change) => change.sentences().join(", "),
        None => format!("{} image modified to {0}", image.name()),
    };
    Ok(HttpResponse::Ok().json(Message { message }))
}
