//! `GET` and `HEAD /blurred-images/{id}`: a blurred image.

use actix_web::{HttpRequest, HttpResponse, web};
use api::ErrorBody;
use domain::plan::{Options, Sigma};

use crate::error::Error;
use crate::serve::{options, serve_image};
use crate::state::AppState;

/// The image, blurred with a sigma of 10 unless another is given. Takes every other option too.
#[utoipa::path(get, path = "/blurred-images/{id}", tag = "images",
    params(("id" = String, Path, format = Uuid, description = "The id of the original")),
    responses(
        (status = 200, body = Vec<u8>, content_type = "image/*"),
        (status = 206, body = Vec<u8>, content_type = "image/*"),
        (status = 304, description = "The client has it"),
        (status = 400, body = ErrorBody, description = "Not an id, or an option that is unknown, repeated or malformed"),
        (status = 404, body = ErrorBody),
        (status = 412, body = ErrorBody),
        (status = 415, body = ErrorBody, description = "An original that is stored but not processed"),
        (status = 416, body = ErrorBody),
        (status = 422, body = ErrorBody, description = "A corrupt original, too many pixels, or more bytes than `max_bytes`"),
        (status = 502, body = ErrorBody),
        (status = 503, body = ErrorBody),
        (status = 504, body = ErrorBody),
    ))]
pub(crate) async fn get_blurred_image(
    state: web::Data<AppState>,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    serve_image(&state, &request, &id, &blurred(&request)?).await
}

/// The headers of the blurred image, which is made if need be.
#[utoipa::path(head, path = "/blurred-images/{id}", tag = "images",
    params(("id" = String, Path, format = Uuid, description = "The id of the original")),
    responses((status = 200), (status = 304), (status = 400), (status = 404), (status = 422), (status = 503)))]
pub(crate) async fn head_blurred_image(
    state: web::Data<AppState>,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    serve_image(&state, &request, &id, &blurred(&request)?).await
}

/// The options of the request, with a blur in any case.
fn blurred(request: &HttpRequest) -> Result<Options, Error> {
    let options = options(request)?;
    Ok(Options { blur: options.blur.or(Some(Sigma::DEFAULT)), ..options })
}
