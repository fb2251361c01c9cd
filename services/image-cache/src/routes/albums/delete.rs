//! `DELETE /albums/{album}`: deletes an album with all its images.

use access::Action;
use actix_web::{HttpRequest, HttpResponse, web};
use api::{ErrorBody, Message, NameText};
use server::caller::AskedBy;
use server::query::OfOwner;

use super::{album_of, expect_unconditional};
use crate::error::Error;
use crate::routes::message;
use crate::routes::refusals::ChangeRefused;
use crate::state::AppState;

/// Deletes an album with all its images, at once; their bytes go in the background, unless
/// other images have equal ones.
#[utoipa::path(delete, path = "/albums/{album}", tag = "albums",
    params(
        ("album" = NameText, Path, description = "The name of the album"),
        ("owner" = Option<String>, Query, description = "Whose album it is; the caller's own if absent"),
    ),
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
    OfOwner(asked): OfOwner,
) -> Result<HttpResponse, Error> {
    let album = album_of(&request, &caller, asked)?;
    expect_unconditional(&state, &request, &caller, Action::Delete, &album).await?;
    let deleted = state.library.delete_album(&caller, album).await?;

    Ok(HttpResponse::Ok().json(Message { message: message(&deleted.changes) }))
}
