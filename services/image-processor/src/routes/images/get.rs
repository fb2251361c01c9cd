//! `GET` and `HEAD /images/{id}`: a derived image.

use actix_web::{HttpRequest, HttpResponse, web};
use server::caller::AskedBy;
use server::query::pairs;

use crate::error::Error;
use crate::known::ImageRef;
use crate::routes::responses::{DerivedImage, NotDerived};
use crate::serve::{options, serve_image};
use crate::state::AppState;

/// The image, transformed as the options say.
#[utoipa::path(get, path = "/images/{id}", tag = "images",
    params(("id" = String, Path, format = Uuid, description = "The id of the original")),
    responses(DerivedImage, NotDerived))]
pub(crate) async fn get_derived_image(
    state: web::Data<AppState>,
    request: HttpRequest,
    AskedBy(caller): AskedBy,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    serve_image(
        &state,
        &request,
        &caller,
        &ImageRef::Id(id.parse()?),
        &options(&state, &request, pairs(&request))?,
    )
    .await
}
