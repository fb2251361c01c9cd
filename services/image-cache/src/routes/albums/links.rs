//! `POST` and `DELETE /albums/{album}/links`: signed links to an album.

use access::Action;
use access::link::Grant;
use actix_web::{HttpRequest, HttpResponse, web};
use api::{ErrorBody, Message, NameText, NewAlbumLink, SignedLink, paths};
use server::auth::Door;
use server::caller::AskedBy;
use server::query::OfOwner;
use storage::{AlbumUpdate, StorageError};
use uuid::Uuid;

use super::album_of;
use crate::body;
use crate::error::{Error, LinkError};
use crate::links::{link, signer};
use crate::routes::message;
use crate::routes::refusals::{BodyRefused, ChangeRefused};
use crate::state::AppState;

/// Makes a signed link to everything in an album, or to upload one image into it.
#[utoipa::path(post, path = "/albums/{album}/links", tag = "albums", request_body = NewAlbumLink,
    params(
        ("album" = NameText, Path, description = "The name of the album"),
        ("owner" = Option<String>, Query, description = "Whose album it is; the caller's own if absent"),
    ),
    responses(
        (status = 201, body = SignedLink),
        (status = 400, body = ErrorBody, description = "Not the JSON that is wanted, or this server signs no links"),
        (status = 404, body = ErrorBody),
        BodyRefused,
    ))]
pub(crate) async fn create_album_link(
    state: web::Data<AppState>,
    door: web::Data<Door>,
    request: HttpRequest,
    AskedBy(caller): AskedBy,
    payload: web::Payload,
    OfOwner(asked): OfOwner,
) -> Result<HttpResponse, Error> {
    let album = album_of(&request, &caller, asked)?;
    let acl = state.library.expect_album(&caller, Action::Share, &album).await?;
    let wanted: NewAlbumLink = body::json(payload, &state.limits).await?;
    // An upload changes the album, so whoever lets others upload must be able to.
    if wanted.upload {
        state.library.expect_album(&caller, Action::Add, &album).await?;
    }
    let of = acl.album.ok_or_else(|| StorageError::NoAlbum(album.name.clone()))?;
    let (signer, expires) = signer(&door, wanted.expires_in.as_deref())?;
    let largest = state.limits.max_bytes;
    let grant = match (wanted.upload, wanted.max_bytes) {
        (false, None) => Grant::Album(of.id),
        (true, max_bytes) if max_bytes.is_none_or(|bytes| (1..=largest).contains(&bytes)) => Grant::Upload {
            album: of.id,
            max_bytes: max_bytes.unwrap_or(largest),
            // 64 of 122 random bits.
            nonce: Uuid::new_v4().as_u64_pair().1,
        },
        (true | false, _) => return Err(LinkError::MaxBytes { max_bytes: largest }.into()),
    };

    let path = paths::ALBUM_IMAGES.replace("{album}", &paths::segment(album.name.as_str()));
    // Whoever follows the link is nobody, whose albums are others.
    let query = if album.owner.is_nobody() {
        String::new()
    } else {
        format!("owner={}", paths::segment(album.owner.as_str()))
    };
    let made = link(&signer, &grant, of.link_epoch, expires, &path, &query);
    Ok(HttpResponse::Created().json(made))
}

/// Revokes all links to the album and for uploads into it.
#[utoipa::path(delete, path = "/albums/{album}/links", tag = "albums",
    params(
        ("album" = NameText, Path, description = "The name of the album"),
        ("owner" = Option<String>, Query, description = "Whose album it is; the caller's own if absent"),
    ),
    responses(
        (status = 200, body = Message),
        (status = 400, body = ErrorBody),
        (status = 404, body = ErrorBody),
        ChangeRefused,
    ))]
pub(crate) async fn revoke_album_links(
    state: web::Data<AppState>,
    request: HttpRequest,
    AskedBy(caller): AskedBy,
    OfOwner(asked): OfOwner,
) -> Result<HttpResponse, Error> {
    let album = album_of(&request, &caller, asked)?;
    let to = AlbumUpdate { revoke_links: true, ..AlbumUpdate::default() };
    let changed = state.library.update_album(&caller, Action::Share, album, to).await?;
    Ok(HttpResponse::Ok().json(Message { message: message(&changed.changes) }))
}
