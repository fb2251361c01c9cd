//! `GET /images/{id}/info`: what is known of an image.

use access::{Action, Caller};
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use api::{ErrorBody, ImageInfo};
use server::caller::AskedBy;
use server::query::NoQuery;
use storage::ImageRef;

use super::describe;
use crate::error::Error;
use crate::state::AppState;

/// What is known of an image.
#[utoipa::path(get, path = "/images/{id}/info", tag = "images",
    params(("id" = String, Path, format = Uuid, description = "The id of the image")),
    responses(
        (status = 200, body = ImageInfo),
        (status = 400, body = ErrorBody),
        (status = 404, body = ErrorBody),
    ))]
pub(crate) async fn get_image_info(
    state: web::Data<AppState>,
    AskedBy(caller): AskedBy,
    id: web::Path<String>,
    _: NoQuery,
) -> Result<HttpResponse, Error> {
    info(&state, &caller, ImageRef::Id(id.parse()?)).await
}

/// What is known of the image.
pub(crate) async fn info(state: &AppState, caller: &Caller, which: ImageRef) -> Result<HttpResponse, Error> {
    let original = state.library.find(caller, Action::ReadInfo, &which).await?;

    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(describe(
        state,
        caller,
        &original.record,
    )))
}
