//! `GET` and `HEAD /images/{id}/description`: what an image is and what it looks like.

use std::borrow::Cow;

use actix_web::{HttpRequest, HttpResponse, web};
use api::ImageDescription;
use server::caller::AskedBy;
use server::query::pairs;

use crate::error::Error;
use crate::known::ImageRef;
use crate::routes::responses::NotDerived;
use crate::serve::serve;
use crate::state::AppState;
use crate::work::Wish;

/// What an image looks like.
///
/// Sizes, colors, placeholders, and the notes of its camera. Computed once, from the image
/// reduced to 100 pixels a side, and cached like a derived image.
#[utoipa::path(get, path = "/images/{id}/description", tag = "images",
    params(
        ("id" = String, Path, format = Uuid, description = "The id of the original"),
        ("gps" = Option<bool>, Query, description = "Whether to include where the image was taken; false by default"),
    ),
    responses(
        (status = 200, body = ImageDescription, description = "The description"),
        (status = 304, description = "The client's copy is current"),
        NotDerived,
    ))]
pub(crate) async fn get_image_description(
    state: web::Data<AppState>,
    request: HttpRequest,
    AskedBy(caller): AskedBy,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    serve(&state, &request, &caller, &ImageRef::Id(id.parse()?), &wish(pairs(&request))?).await
}

/// What an image looks like, under the old name of `/images/{id}/description`.
///
/// The same answer. On image-cache `/images/{id}/info` is something else, so new clients
/// should ask for the description.
#[utoipa::path(get, path = "/images/{id}/info", tag = "images",
    params(
        ("id" = String, Path, format = Uuid, description = "The id of the original"),
        ("gps" = Option<bool>, Query, description = "Whether to include where the image was taken; false by default"),
    ),
    responses(
        (status = 200, body = ImageDescription, description = "The description"),
        (status = 304, description = "The client's copy is current"),
        NotDerived,
    ))]
#[expect(dead_code, reason = "only describes; both paths have the one handler")]
pub(crate) fn get_image_info() {}

/// Reads the query. Where an image was taken is private, so it is told only to those who ask.
pub(crate) fn wish<'a>(query: impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)>) -> Result<Wish, Error> {
    let mut gps = None;
    for (name, value) in query {
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
