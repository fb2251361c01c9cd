//! `PATCH /images/{id}`: gives an image another name or album, or others the right to see it.

use access::{Action, Caller};
use actix_web::{HttpRequest, HttpResponse, web};
use api::{ErrorBody, Message};
use domain::Name;
use server::caller::AskedBy;
use server::query::NoQuery;
use storage::{ImageRef, ImageUpdate};

use super::condition;
use crate::body;
use crate::error::{BodyError, Error};
use crate::routes::message;
use crate::routes::refusals::{BodyRefused, ChangeRefused};
use crate::state::AppState;

/// Gives an image another name or album, or others the right to see it; `"albumName": null`
/// moves it out of its album. No file moves.
#[utoipa::path(patch, path = "/images/{id}", tag = "images", request_body = api::ImageUpdate,
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

/// Changes the image as the body says.
pub(crate) async fn update(
    state: &AppState,
    request: &HttpRequest,
    caller: &Caller,
    which: ImageRef,
    payload: web::Payload,
) -> Result<HttpResponse, Error> {
    // Before the body is looked at.
    if *caller != Caller::Operator {
        state.library.find(caller, Action::Change, &which).await?;
    }
    let body: api::ImageUpdate = body::json(payload, &state.limits).await?;
    let name = |text: String| Name::parse(&text).map_err(BodyError::Name);
    let to = ImageUpdate {
        name: body.image_name.map(name).transpose()?,
        album: body.album_name.map(|album| album.map(name).transpose()).transpose()?,
        visibility: body::visibility(body.visibility)?,
        revoke_links: false,
    };
    if to == ImageUpdate::default() {
        return Err(BodyError::NothingToChange("imageName, albumName and visibility, any of them").into());
    }

    let only_if = condition(request, &which);

    let moved = state.library.update_image(caller, Action::Change, which, to, only_if).await?;

    Ok(HttpResponse::Ok().json(Message { message: message(&moved.changes) }))
}
