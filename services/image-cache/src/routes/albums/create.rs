//! `POST /albums`: creates an album.

use access::{Acl, Action, permit};
use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, web};
use api::{CreatedAlbum, ErrorBody, NewAlbum};
use domain::Name;
use server::caller::AskedBy;
use server::query::OfOwner;
use storage::AlbumRef;

use super::one_owner;
use crate::body;
use crate::error::{BodyError, Error};
use crate::routes::refusals::{BodyRefused, ChangeRefused};
use crate::state::AppState;

/// Creates an album.
#[utoipa::path(post, path = "/albums", tag = "albums", request_body = NewAlbum,
    params(("owner" = Option<String>, Query, description = "Whose it is to be; only who runs the store may name another")),
    responses(
        (status = 201, body = CreatedAlbum, headers(("Location" = String, description = "Where the album is"))),
        (status = 400, body = ErrorBody, description = "Not the JSON that is wanted, or a name that is not possible"),
        (status = 409, body = ErrorBody, description = "There is an album of that name"),
        BodyRefused,
        ChangeRefused,
    ))]
pub(crate) async fn create_album(
    state: web::Data<AppState>,
    request: HttpRequest,
    AskedBy(caller): AskedBy,
    payload: web::Payload,
    OfOwner(asked): OfOwner,
) -> Result<HttpResponse, Error> {
    let owner = one_owner(asked, &caller)?;
    // Before the body is looked at.
    permit(&caller, Action::Create, Some(&Acl::default()))?;
    let body: NewAlbum = body::json(payload, &state.limits).await?;
    let name = Name::parse(&body.album_name).map_err(BodyError::Name)?;
    let visibility = body::visibility(body.visibility)?.unwrap_or(state.default_visibility);
    let album = AlbumRef { owner, name: name.clone() };

    state.library.create_album(&caller, album, visibility).await?;

    // What the store that this one replaces answered; to the broker it is `created`, there too.
    let message = format!("{name} album added");
    let location = format!("{}/{}", request.path().trim_end_matches('/'), api::paths::segment(name.as_str()));
    Ok(HttpResponse::Created()
        .insert_header((LOCATION, location))
        .json(CreatedAlbum { message, album_name: name.as_str().to_owned() }))
}
