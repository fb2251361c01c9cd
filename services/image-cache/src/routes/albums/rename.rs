//! `PATCH /albums/{album}`: gives an album another name.

use actix_web::{HttpRequest, HttpResponse, web};
use api::{AlbumName, ErrorBody, Message, NameText};
use domain::Name;
use server::caller::AskedBy;
use server::conditional::Precondition;
use server::query::NoQuery;

use super::album_of;
use crate::body;
use crate::error::{BodyError, Error};
use crate::routes::message;
use crate::routes::refusals::{BodyRefused, ChangeRefused};
use crate::state::AppState;

/// Gives an album another name. Its images go with it, and no file moves.
#[utoipa::path(patch, path = "/albums/{album}", tag = "albums", request_body = AlbumName,
    params(("album" = NameText, Path, description = "The name of the album")),
    responses(
        (status = 200, body = Message),
        (status = 400, body = ErrorBody, description = "Not the JSON that is wanted, or a name that is not possible"),
        (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody, description = "There is an album of the new name"),
        (status = 412, body = ErrorBody, description = "If-Match does not hold"),
        BodyRefused,
        ChangeRefused,
    ))]
pub(crate) async fn rename_album(
    state: web::Data<AppState>,
    request: HttpRequest,
    AskedBy(caller): AskedBy,
    payload: web::Payload,
    _: NoQuery,
) -> Result<HttpResponse, Error> {
    let album = state.library.album(&caller, album_of(&request)?);
    if !Precondition::of(request.headers()).holds_without_tag() {
        return Err(Error::AlbumPreconditionFailed);
    }
    let body: AlbumName = body::json(payload, &state.limits).await?;
    let to = Name::parse(&body.album_name).map_err(BodyError::Name)?;

    let renamed = state.library.rename_album(&caller, album, to).await?;

    Ok(HttpResponse::Ok().json(Message { message: message(&renamed.changes) }))
}
