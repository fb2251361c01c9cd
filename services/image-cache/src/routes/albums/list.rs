//! `GET /albums`: pages through the names of albums.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, web};
use api::{AlbumList, ErrorBody};
use server::caller::AskedBy;
use server::query::OwnerAsked;

use crate::error::Error;
use crate::paging;
use crate::state::AppState;

/// Pages through the names of albums, in the order of their bytes.
#[utoipa::path(get, path = "/albums", tag = "albums",
    params(
        ("owner" = Option<String>, Query, description = "Whose they are; the caller's own if absent, of others those that everyone may see, and `*` for everyone's, which only who runs the store may ask for"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 10_000, description = "Names in a page; 1000 unless given"),
        ("cursor" = Option<String>, Query, min_length = 2, pattern = "^[A-Za-z0-9_-]+$", description = "The nextCursor of the page before"),
    ),
    responses((status = 200, body = AlbumList), (status = 400, body = ErrorBody)))]
pub(crate) async fn list_albums(
    state: web::Data<AppState>,
    request: HttpRequest,
    AskedBy(caller): AskedBy,
) -> Result<HttpResponse, Error> {
    let (limit, after) = paging::parse_names(&request)?;

    let page = state.library.albums(&caller, OwnerAsked::of(&request)?, limit, after.as_ref()).await?;

    let (album_list, next_cursor) = paging::names(page);
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(AlbumList { album_list, next_cursor }))
}
