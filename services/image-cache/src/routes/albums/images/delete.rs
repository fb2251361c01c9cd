//! `DELETE /albums/{album}/images/{name}`: deletes an image of an album.

use actix_web::{HttpRequest, HttpResponse, web};
use api::{ErrorBody, Message, NameText};

use server::caller::AskedBy;
use server::query::OfOwner;

use crate::error::Error;
use crate::routes::albums::image_of;
use crate::routes::images::delete::delete;
use crate::routes::refusals::ChangeRefused;
use crate::state::AppState;

/// Deletes an image of an album, at once, and its bytes unless another image has equal ones.
#[utoipa::path(delete, path = "/albums/{album}/images/{name}", tag = "albums",
    params(
        ("album" = NameText, Path, description = "The name of the album"),
        ("name" = NameText, Path, description = "The name of the image"),
        ("owner" = Option<String>, Query, description = "Whose album it is; the caller's own if absent"),
    ),
    responses(
        (status = 200, body = Message),
        (status = 400, body = ErrorBody, description = "A name that is not possible"),
        (status = 404, body = ErrorBody),
        (status = 412, body = ErrorBody, description = "If-Match does not hold"),
        ChangeRefused,
    ))]
pub(crate) async fn delete_album_image(
    state: web::Data<AppState>,
    request: HttpRequest,
    AskedBy(caller): AskedBy,
    OfOwner(asked): OfOwner,
) -> Result<HttpResponse, Error> {
    let which = image_of(&request, &caller, asked)?;
    delete(&state, &request, &caller, which).await
}
