//! `DELETE /images/{id}`: deletes an image.

use access::Caller;
use actix_web::{HttpRequest, HttpResponse, web};
use api::{ErrorBody, Message};
use server::caller::AskedBy;
use server::query::NoQuery;
use storage::ImageRef;

use super::condition;
use crate::error::Error;
use crate::routes::message;
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
    AskedBy(caller): AskedBy,
    id: web::Path<String>,
    _: NoQuery,
) -> Result<HttpResponse, Error> {
    delete(&state, &request, &caller, ImageRef::Id(id.parse()?)).await
}

/// Deletes the image.
pub(crate) async fn delete(
    state: &AppState,
    request: &HttpRequest,
    caller: &Caller,
    which: ImageRef,
) -> Result<HttpResponse, Error> {
    let only_if = condition(request, &which);

    let deleted = state.library.delete(caller, which, only_if).await?;

    Ok(HttpResponse::Ok().json(Message { message: message(&deleted.changes) }))
}
