//! `GET` and `HEAD /albums/{album}/images/{name}`: a derived image, by name.

use actix_web::{HttpRequest, HttpResponse, web};
use api::NameText;
use server::caller::AskedBy;
use server::query::pairs_but_owner;

use super::image_of;
use crate::error::Error;
use crate::routes::responses::{DerivedImage, NotDerived};
use crate::serve::{options, serve_image};
use crate::state::AppState;

/// A derived image, by the name of its original.
///
/// The same as `/images/{id}` for the image that has the name now. Caches revalidate each
/// time, since another image may have the name tomorrow.
#[utoipa::path(get, path = "/albums/{album}/images/{name}", tag = "images",
    params(
        ("album" = NameText, Path, description = "The name of the album"),
        ("name" = NameText, Path, description = "The name of the image"),
        ("owner" = Option<String>, Query, description = "Whose album it is; the caller's own if absent"),
    ),
    responses(DerivedImage, NotDerived))]
pub(crate) async fn get_album_image(
    state: web::Data<AppState>,
    request: HttpRequest,
    AskedBy(caller): AskedBy,
) -> Result<HttpResponse, Error> {
    let which = image_of(&request, &caller)?;
    serve_image(&state, &request, &caller, &which, &options(&state, &request, pairs_but_owner(&request))?)
        .await
}
