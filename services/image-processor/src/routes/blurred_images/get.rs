//! `GET` and `HEAD /blurred-images/{id}`: a blurred image.

use actix_web::{HttpRequest, HttpResponse, web};
use domain::plan::{Options, Sigma};
use server::caller::AskedBy;
use server::query::pairs;

use crate::error::Error;
use crate::known::ImageRef;
use crate::routes::responses::{DerivedImage, NotDerived};
use crate::serve::{options, serve_image};
use crate::state::AppState;

/// The image, blurred with a sigma of 10 unless another is given. Takes every other option too.
#[utoipa::path(get, path = "/blurred-images/{id}", tag = "images",
    params(("id" = String, Path, format = Uuid, description = "The id of the original")),
    responses(DerivedImage, NotDerived))]
pub(crate) async fn get_blurred_image(
    state: web::Data<AppState>,
    request: HttpRequest,
    AskedBy(caller): AskedBy,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    serve_image(&state, &request, &caller, &ImageRef::Id(id.parse()?), &blurred(&state, &request)?).await
}

/// The options of the request, with a blur in any case.
fn blurred(state: &AppState, request: &HttpRequest) -> Result<Options, Error> {
    let options = options(state, request, pairs(request))?;
    Ok(Options { blur: options.blur.or(Some(Sigma::DEFAULT)), ..options })
}
