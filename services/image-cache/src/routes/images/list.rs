//! `GET /images`: pages through images.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, web};
use api::{ErrorBody, ImagePage};
use server::caller::AskedBy;
use server::query::OwnerAsked;

use super::describe;
use crate::error::Error;
use crate::paging;
use crate::state::AppState;

/// Pages through images, newest first.
#[utoipa::path(get, path = "/images", tag = "images",
    params(
        ("owner" = Option<String>, Query, description = "Whose they are; the caller's own if absent, of others those that everyone may see, and `*` for everyone's, which only who runs the store may ask for"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "Images in a page; 100 unless given"),
        ("cursor" = Option<String>, Query, format = Uuid, description = "The nextCursor of the page before"),
    ),
    responses((status = 200, body = ImagePage), (status = 400, body = ErrorBody)))]
pub(crate) async fn list_images(
    state: web::Data<AppState>,
    request: HttpRequest,
    AskedBy(caller): AskedBy,
) -> Result<HttpResponse, Error> {
    let (limit, cursor) = paging::parse(&request, &paging::IMAGES, |cursor| cursor.parse().ok())?;

    let page = state.library.images(&caller, OwnerAsked::of(&request)?, limit, cursor).await?;

    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(ImagePage {
        images: page.images.iter().map(|image| describe(&state, &caller, image)).collect(),
        next_cursor: page.next.map(|id| id.to_string()),
    }))
}
