//! `GET` and `HEAD /images/{id}/info`: what an image is and what it looks like.

use actix_web::{HttpRequest, HttpResponse, web};
use api::ImageDescription;

use crate::error::Error;
use crate::routes::responses::NotDerived;
use crate::serve::serve;
use crate::state::AppState;
use crate::work::Wish;

/// What an image is and what it looks like: sizes, colors, placeholders, and what its camera
/// noted. Made once, from the image at 100 pixels a side, and kept like a derived image.
#[utoipa::path(get, path = "/images/{id}/info", tag = "images",
    params(
        ("id" = String, Path, format = Uuid, description = "The id of the original"),
        ("gps" = Option<bool>, Query, description = "Whether to tell where the image was taken; false unless named."),
    ),
    responses(
        (status = 200, body = ImageDescription),
        (status = 304, description = "The client's copy is current"),
        NotDerived,
    ))]
pub(crate) async fn get_image_description(
    state: web::Data<AppState>,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    serve(&state, &request, &id, &wish(&request)?).await
}

/// Reads the query. A place is private, so it is told only to those who ask for it.
fn wish(request: &HttpRequest) -> Result<Wish, Error> {
    let mut gps = None;
    for (name, value) in server::query::pairs(request) {
        let refused = |accepts| Error::Parameter { name: name.chars().take(64).collect(), accepts };
        gps = match (&*name, &*value, gps) {
            ("gps", "true", None) => Some(true),
            ("gps", "false", None) => Some(false),
            ("gps", _, None) => return Err(refused("true or false")),
            _ => return Err(refused("gps, once")),
        };
    }
    Ok(Wish::Description { gps: gps.unwrap_or(false) })
}
