//! `GET /images`: pages through images.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, web};
use api::{ErrorBody, ImagePage};
use domain::ImageId;

use super::describe;
use crate::error::Error;
use crate::state::AppState;

const DEFAULT_LIMIT: u32 = 100;
const MAX_LIMIT: u32 = 1000;
const LIMIT_ACCEPTS: &str = "a whole number from 1 to 1000";
const CURSOR_ACCEPTS: &str = "the nextCursor of the page before";

/// Pages through images, newest first.
#[utoipa::path(get, path = "/images", tag = "images",
    params(
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "Images in a page; 100 unless given"),
        ("cursor" = Option<String>, Query, description = "The nextCursor of the page before"),
    ),
    responses((status = 200, body = ImagePage), (status = 400, body = ErrorBody)))]
pub(crate) async fn list_images(
    state: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let (limit, cursor) = parse(&request)?;

    let page = state.originals.storage().images(limit, cursor).await?;

    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(ImagePage {
        images: page.images.iter().map(describe).collect(),
        next_cursor: page.next.map(|id| id.to_string()),
    }))
}

fn parse(request: &HttpRequest) -> Result<(u32, Option<ImageId>), Error> {
    let (mut limit, mut cursor) = (None, None);
    for (name, value) in server::query::pairs(request) {
        let malformed = |accepts| Error::Parameter { name: name.to_string(), accepts };
        match &*name {
            "limit" if limit.is_none() => {
                let number: Option<u32> = value.parse().ok();
                let number = number.filter(|number| (1..=MAX_LIMIT).contains(number));
                limit = Some(number.ok_or_else(|| malformed(LIMIT_ACCEPTS))?);
            }
            "cursor" if cursor.is_none() => {
                cursor = Some(value.parse().map_err(|_| malformed(CURSOR_ACCEPTS))?);
            }
            _ => return Err(malformed("limit and cursor, each once")),
        }
    }
    Ok((limit.unwrap_or(DEFAULT_LIMIT), cursor))
}
