//! `GET /albums/{album}/images`: pages through the names of an album's images.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, web};
use api::{ErrorBody, ImageList, NameText};
use server::caller::AskedBy;
use server::query::OwnerAsked;

use crate::error::Error;
use crate::paging;
use crate::routes::albums::album_of;
use crate::state::AppState;

/// Pages through the names of an album's images, in the order of their bytes.
#[utoipa::path(get, path = "/albums/{album}/images", tag = "albums",
    params(
        ("album" = NameText, Path, description = "The name of the album"),
        ("owner" = Option<String>, Query, description = "Whose album it is; the caller's own if absent"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 10_000, description = "Names in a page; 1000 unless given"),
        ("cursor" = Option<String>, Query, min_length = 2, pattern = "^[A-Za-z0-9_-]+$", description = "The nextCursor of the page before"),
    ),
    responses((status = 200, body = ImageList), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(crate) async fn list_album_images(
    state: web::Data<AppState>,
    request: HttpRequest,
    AskedBy(caller): AskedBy,
) -> Result<HttpResponse, Error> {
    let album = album_of(&request, &caller, OwnerAsked::of(&request)?)?;
    let (limit, after) = paging::parse_names(&request)?;

    let page = state.library.album_images(&caller, &album, limit, after.as_ref()).await?;

    let (image_list, next_cursor) = paging::names(page);
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(ImageList { image_list, next_cursor }))
}
