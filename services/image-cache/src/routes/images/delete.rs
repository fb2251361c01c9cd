//! `DELETE /images/{id}`: deletes an image.

use actix_web::{HttpRequest, HttpResponse, web};
use api::{ErrorBody, Message};
use server::query::NoQuery;
use storage::ImageRef;

use super::condition;
use crate::error::Error;
use crate::routes::refusals::ChangeRefused;
use crate::state::AppState;

/// Deletes an image, at once, and its bytes unless another image has equal ones.
#[utoipa::path(delete, path = "/images/{id}", tag = "images",
    params(("id" = String, Path, format = Uuid, description = "The id of the image")),
    responses(
        (status = 200, body = Message),
        (status = 400, body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 412, body = ErrorBody, description = "If-Match does not hold"),
        ChangeRefused,
    ))]
pub(crate) async fn delete_image(
    state: web::Data<AppState>,
    request: HttpRequest,
    id: web::Path<String>,
    _: NoQuery,
) -> Result<HttpResponse, Error> {
    delete(&state, &request, ImageRef::Id(id.parse()?)).await
}

/// Deletes the image.
pub(crate) async fn delete(
    state: &AppState,
    request: &HttpRequest,
    which: ImageRef,
) -> Result<HttpResponse, Error> {
    let only_if = condition(request, &which);

    let deleted = state.originals.delete(which.clone(), only_if).await?.ok_or(Error::NoImage(which))?;

    Ok(HttpResponse::Ok().json(Message { message: deleted.change.sentences().concat() }))
}
