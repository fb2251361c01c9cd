//! `GET` and `HEAD /albums/{album}/images/{name}/description`: what an image looks like, by name.

use actix_web::{HttpRequest, HttpResponse, web};
use api::{ImageDescription, NameText};
use server::caller::AskedBy;
use server::query::pairs_but_owner;

use super::image_of;
use crate::error::Error;
use crate::routes::images::description::wish;
use crate::routes::responses::NotDerived;
use crate::serve::serve;
use crate::state::AppState;

/// What an image looks like, by its name.
///
/// The same as `/images/{id}/description` for the image that has the name now.
#[utoipa::path(get, path = "/albums/{album}/images/{name}/description", tag = "images",
    params(
        ("album" = NameText, Path, description = "The name of the album"),
        ("name" = NameText, Path, description = "The name of the image"),
        ("owner" = Option<String>, Query, description = "Whose album it is; the caller's own if absent"),
        ("gps" = Option<bool>, Query, description = "Whether to include where the image was taken; false by default"),
    ),
    responses(
        (status = 200, body = ImageDescription, description = "The description"),
        (status = 304, description = "The client's copy is current"),
        NotDerived,
    ))]
pub(crate) async fn get_album_image_description(
    state: web::Data<AppState>,
    request: HttpRequest,
    AskedBy(caller): AskedBy,
) -> Result<HttpResponse, Error> {
    let which = image_of(&request, &caller)?;
    serve(&state, &request, &caller, &which, &wish(pairs_but_owner(&request))?).await
}
