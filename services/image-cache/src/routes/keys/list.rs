//! `GET /keys`: pages through API keys.

use access::KeyId;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, web};
use api::{ApiKeyPage, ErrorBody};
use server::caller::AskedBy;

use super::{describe, managed};
use crate::error::Error;
use crate::paging;
use crate::state::AppState;

/// Pages through the caller's API keys, without the keys themselves; through everyone's for
/// who runs the store.
#[utoipa::path(get, path = "/keys", tag = "keys",
    params(
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "Keys in a page; 100 unless given"),
        ("cursor" = Option<String>, Query, pattern = "^[a-z2-7]{8}$", description = "The nextCursor of the page before"),
    ),
    responses((status = 200, body = ApiKeyPage), (status = 400, body = ErrorBody)))]
pub(crate) async fn list_keys(
    state: web::Data<AppState>,
    request: HttpRequest,
    AskedBy(caller): AskedBy,
) -> Result<HttpResponse, Error> {
    let (limit, after) = paging::parse(&request, &paging::IMAGES, |cursor| cursor.parse::<KeyId>().ok())?;

    let keys = state.library.storage.keys(managed(&caller), limit + 1, after.as_ref()).await?;

    let page = keys.get(..limit as usize).unwrap_or(&keys);
    let next_cursor = page.last().filter(|_| page.len() < keys.len()).map(|key| key.id.to_string());
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(ApiKeyPage { keys: page.iter().map(describe).collect(), next_cursor }))
}
