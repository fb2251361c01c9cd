//! `DELETE /images/{id}`: deletes an image.

use actix_web::{HttpResponse, web};
use api::{ErrorBody, Message};
use storage::ImageRef;

use crate::error::Error;
use crate::state::AppState;

/// Deletes an image, at once, and its bytes unless another image has equal ones.
#[utoipa::path(delete, path = "/images/{id}", tag = "images",
    params(("id" = String, Path, format = Uuid, description = "The id of the image")),
    responses(
        (status = 200, body = Message),
        (status = 400, body = ErrorBody),
        (status = 404, body = ErrorBody),
    ))]
pub(crate) async fn delete_image(
    state: web::Data<AppState>,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    delete(&state, ImageRef::Id(id.parse()?)).await
}

/// Deletes the image.
pub(crate) async fn delete(state: &AppState, which: ImageRef) -> Result<HttpResponse, Error> {
    let deleted = state.originals.delete(which.clone()).await?.ok_or(Error::NoImage(which))?;

    Ok(HttpResponse::Ok().json(Message { message: deleted.change.sentences().concat() }))
}
