//! `PATCH /albums/{album}`: gives an album another name, or others the right to see it.

use access::{Action, MAX_READERS};
use actix_web::{HttpRequest, HttpResponse, web};
use api::{ErrorBody, Message, NameText};
use domain::{Name, Owner};
use server::caller::AskedBy;
use server::query::OfOwner;
use storage::AlbumUpdate;

use super::{album_of, expect_unconditional};
use crate::body;
use crate::error::{BodyError, Error};
use crate::routes::message;
use crate::routes::refusals::{BodyRefused, ChangeRefused};
use crate::state::AppState;

/// Gives an album another name, or others the right to see it. Its images go with it, and no
/// file moves. None of them is seen by more people than their album.
#[utoipa::path(patch, path = "/albums/{album}", tag = "albums", request_body = api::AlbumUpdate,
    params(
        ("album" = NameText, Path, description = "The name of the album"),
        ("owner" = Option<String>, Query, description = "Whose album it is; the caller's own if absent"),
    ),
    responses(
        (status = 200, body = Message),
        (status = 400, body = ErrorBody, description = "Not the JSON that is wanted, or a name that is not possible"),
        (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody, description = "There is an album of the new name"),
        (status = 412, body = ErrorBody, description = "If-Match does not hold"),
        BodyRefused,
        ChangeRefused,
    ))]
pub(crate) async fn update_album(
    state: web::Data<AppState>,
    request: HttpRequest,
    AskedBy(caller): AskedBy,
    payload: web::Payload,
    OfOwner(asked): OfOwner,
) -> Result<HttpResponse, Error> {
    let album = album_of(&request, &caller, asked)?;
    expect_unconditional(&state, &request, &caller, Action::Change, &album).await?;
    let body: api::AlbumUpdate = body::long_json(payload, &state.limits).await?;
    let to = AlbumUpdate {
        name: body.album_name.as_deref().map(Name::parse).transpose().map_err(BodyError::Name)?,
        visibility: body::visibility(body.visibility)?,
        readers: body.readers.map(readers).transpose()?,
        revoke_links: false,
    };
    if to == AlbumUpdate::default() {
        return Err(BodyError::NothingToChange("albumName, visibility and readers, any of them").into());
    }

    let changed = state.library.update_album(&caller, Action::Change, album, to).await?;

    Ok(HttpResponse::Ok().json(Message { message: message(&changed.changes) }))
}

/// Each once, in the order of their names.
fn readers(names: Vec<String>) -> Result<Vec<Owner>, BodyError> {
    if names.len() > MAX_READERS {
        return Err(BodyError::Readers(format!("there are {}; {MAX_READERS} are taken", names.len())));
    }
    let readers = names.iter().map(|name| Owner::parse(name));
    let mut readers =
        readers.collect::<Result<Vec<_>, _>>().map_err(|error| BodyError::Readers(error.to_string()))?;
    readers.sort_unstable();
    readers.dedup();
    Ok(readers)
}
