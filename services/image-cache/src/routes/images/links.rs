//! `POST` and `DELETE /images/{id}/links`: signed links to one image.

use access::Action;
use access::link::Grant;
use actix_web::{HttpRequest, HttpResponse, web};
use api::{ErrorBody, Message, NewImageLink, SignedLink, paths};
use domain::ImageId;
use domain::plan::Options;
use server::auth::Door;
use server::caller::AskedBy;
use server::query::NoQuery;
use storage::{ImageRef, ImageUpdate};

use super::condition;
use crate::body;
use crate::error::{Error, LinkError};
use crate::links::{link, signer};
use crate::routes::message;
use crate::routes::refusals::{BodyRefused, ChangeRefused};
use crate::state::AppState;

/// Makes a signed link, which opens the image to whoever has it until it expires or the
/// image's links are revoked. It stands in for a credential where none can be sent, as in
/// `<img>`.
#[utoipa::path(post, path = "/images/{id}/links", tag = "images", request_body = NewImageLink,
    params(("id" = String, Path, format = Uuid, description = "The id of the image")),
    responses(
        (status = 201, body = SignedLink),
        (status = 400, body = ErrorBody, description = "Not the JSON that is wanted, or this server signs no links"),
        (status = 404, body = ErrorBody),
        BodyRefused,
    ))]
pub(crate) async fn create_image_link(
    state: web::Data<AppState>,
    door: web::Data<Door>,
    AskedBy(caller): AskedBy,
    id: web::Path<String>,
    payload: web::Payload,
    _: NoQuery,
) -> Result<HttpResponse, Error> {
    let id: ImageId = id.parse()?;
    let original = state.library.find(&caller, Action::Share, &ImageRef::Id(id)).await?;
    let wanted: NewImageLink = body::json(payload, &state.limits).await?;
    let (signer, expires) = signer(&door, wanted.expires_in.as_deref())?;
    let query = options(wanted.options.as_deref().unwrap_or_default())?;

    let path = paths::IMAGE.replace("{id}", &id.to_string());
    let grant = match wanted.scope.as_deref() {
        None | Some("image") => Grant::Derived(id),
        Some("original") => Grant::Image(id),
        Some("url") => Grant::Url { path: &path, query: &query },
        Some(other) => return Err(LinkError::Scope { given: other.chars().take(64).collect() }.into()),
    };
    let made = link(&signer, &grant, original.record.link_epoch, expires, &path, &query);
    Ok(HttpResponse::Created().json(made))
}

/// Revokes all links to the image: none that was made until now opens anything any more.
#[utoipa::path(delete, path = "/images/{id}/links", tag = "images",
    params(("id" = String, Path, format = Uuid, description = "The id of the image")),
    responses(
        (status = 200, body = Message),
        (status = 400, body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 412, body = ErrorBody, description = "If-Match does not hold"),
        ChangeRefused,
    ))]
pub(crate) async fn revoke_image_links(
    state: web::Data<AppState>,
    request: HttpRequest,
    AskedBy(caller): AskedBy,
    id: web::Path<String>,
    _: NoQuery,
) -> Result<HttpResponse, Error> {
    let which = ImageRef::Id(id.parse()?);
    let only_if = condition(&request, &which);
    let to = ImageUpdate { revoke_links: true, ..ImageUpdate::default() };
    let changed = state.library.update_image(&caller, Action::Share, which, to, only_if).await?;
    Ok(HttpResponse::Ok().json(Message { message: message(&changed.changes) }))
}

/// The options as a query, each of them known and possible, spelt as clients will send it.
fn options(text: &str) -> Result<String, LinkError> {
    let pairs: Vec<_> = form_urlencoded::parse(text.trim_start_matches('?').as_bytes()).collect();
    let given = pairs.iter().map(|(name, value)| (&**name, &**value));
    Options::parse::<&str, &str>(given.clone()).map_err(LinkError::Options)?;
    Ok(form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish())
}
