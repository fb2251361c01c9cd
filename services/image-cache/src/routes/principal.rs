//! `GET /internal/principal`: whose an API key is, for the other services alone.

use access::KeyId;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, web};
use api::KeyPrincipal;
use domain::ContentHash;

use crate::error::{Error, KeyError};
use crate::routes::keys::describe;
use crate::state::AppState;

/// Answers with what another service needs to check the key itself.
pub(crate) async fn get_principal(
    state: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let mut pairs = server::query::pairs(&request);
    let (Some((name, id)), None) = (pairs.next(), pairs.next()) else {
        return Err(Error::Parameter { name: "key".to_owned(), accepts: "the id of an API key, once" });
    };
    let missing = || KeyError::Missing { id: id.chars().take(64).collect() };
    if name != "key" {
        return Err(Error::Parameter { name: name.into_owned(), accepts: "key" });
    }
    let id: KeyId = id.parse().map_err(|_| missing())?;
    let key = state.library.storage.key(&id).await?.ok_or_else(missing)?;

    let sha256 = ContentHash::from_bytes(*key.digest.as_bytes());
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(KeyPrincipal { sha256, info: describe(&key) }))
}
