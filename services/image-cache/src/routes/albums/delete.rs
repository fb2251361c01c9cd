//! `DELETE /albums/{album}`: deletes an album with all its images.

use actix_web::{HttpRequest, HttpResponse, web};
use api::{ErrorBody, Message, NameText};
use server::caller::AskedBy;
use server::conditional::Precondition;
use server::query::NoQuery;

use super::album_of;
use crate::error::Error;
use crate::routes::message;
use crate::routes::refusals::ChangeRefused;
use crate::state::AppState;

/// Deletes an album with all its images, at once; their bytes go in the background, unless
/// other images have equal ones.
#[utoipa::path(delete, path = "/albums/{album}", tag = "albums",
    params(("album" = NameText, Path, description = "The name of the album")),
    responses(
        (status = 200, body = Message),
        (status = 400, body = ErrorBody, description = "A name that is not possible"),
        (status = 404, body = ErrorBody),
        (status = 412, body = ErrorBody, description = "If-Match does not hold"),
        ChangeRefused,
    ))]
pub(crate) async fn delete_album(
    state: web::Data<AppState>,
    request: HttpRequest,
    AskedBy(caller): AskedBy,
    _: NoQuery,
) -> Result<HttpResponse, Error> {
    let album = state.library.album(&caller, album_of(&request)?);

    if !Precondition::of(request.headers()).holds_without_tag() {
        return Err(Error::AlbumPreconditionFailed);
    }
    let deleted = state.library.delete_album(&caller, album).await?;

    Ok(HttpResponse::Ok().json(Message { message: message(&deleted.changes) }))
}
