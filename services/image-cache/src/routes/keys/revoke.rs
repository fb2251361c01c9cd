//! `DELETE /keys/{id}`: revokes an API key.

use access::KeyId;
use actix_web::{HttpResponse, web};
use api::{ErrorBody, Message};
use server::auth::Door;
use server::caller::AskedBy;
use server::query::NoQuery;

use super::managed;
use crate::error::{Error, KeyError};
use crate::routes::refusals::ChangeRefused;
use crate::state::AppState;

/// Revokes an API key, which is good for nothing from now on; within five seconds on the
/// other services.
#[utoipa::path(delete, path = "/keys/{id}", tag = "keys",
    params(("id" = String, Path, pattern = "^[a-z2-7]{8}$", description = "The id of the key")),
    responses((status = 200, body = Message), (status = 404, body = ErrorBody), ChangeRefused))]
pub(crate) async fn revoke_key(
    state: web::Data<AppState>,
    door: web::Data<Door>,
    AskedBy(caller): AskedBy,
    id: web::Path<String>,
    _: NoQuery,
) -> Result<HttpResponse, Error> {
    let missing = || KeyError::Missing { id: id.chars().take(64).collect() };
    let id: KeyId = id.parse().map_err(|_| missing())?;
    let key = state.library.storage.key(&id).await?.ok_or_else(missing)?;
    if managed(&caller).is_some_and(|owner| *owner != key.owner) {
        return Err(missing().into());
    }
    state.library.storage.revoke_key(key).await?;
    door.forget_key(&id);
    Ok(HttpResponse::Ok().json(Message { message: format!("{id} key revoked") }))
}
