//! `DELETE /images/{id}`: deletes an image.

use actix_web::{HttpResponse, web};
use api::{ErrorBody, Message};
use domain::ImageId;

use crate::error::Error;
use crate::state::AppState;

/// Deletes an image, at once, and its bytes unless another image has equal ones.
#[utoipa::path(delete, path = "/images/{id}", tag = "images",
    params(("id" = String, Path, description = "The id of the image")),
    responses(
        (status = 200, body = Message),
        (status = 400, body = ErrorBody),
        (status = 404, body = ErrorBody),
    ))]
pub(crate) async fn delete_image(
    state: web::Data<AppState>,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let id: ImageId = id.parse()?;

    let name = state.originals.delete(id).await?.ok_or(Error::NoImage(id))?;

    Ok(HttpResponse::Ok().json(Message { message: format!("{name} image deleted") }))
}
