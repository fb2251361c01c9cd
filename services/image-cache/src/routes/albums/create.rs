//! `POST /albums`: creates an album.

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, web};
use api::{AlbumName, CreatedAlbum, ErrorBody};
use domain::Name;
use server::caller::AskedBy;
use server::query::NoQuery;

use crate::body;
use crate::error::{BodyError, Error};
use crate::routes::refusals::{BodyRefused, ChangeRefused};
use crate::state::AppState;

/// Creates an album.
#[utoipa::path(post, path = "/albums", tag = "albums", request_body = AlbumName,
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
    _: NoQuery,
) -> Result<HttpResponse, Error> {
    let body: AlbumName = body::json(payload, &state.limits).await?;
    let name = Name::parse(&body.album_name).map_err(BodyError::Name)?;
    let album = state.library.album(&caller, name.clone());

    state.library.create_album(&caller, album).await?;

    // What the store that this one replaces answered; to the broker it is `created`, there too.
    let message = format!("{name} album added");
    let location = format!("{}/{}", request.path().trim_end_matches('/'), api::paths::segment(name.as_str()));
    Ok(HttpResponse::Created()
        .insert_header((LOCATION, location))
        .json(CreatedAlbum { message, album_name: name.as_str().to_owned() }))
}
