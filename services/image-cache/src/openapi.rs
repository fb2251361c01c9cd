//! The OpenAPI document of image-cache.

use server::docs::ServiceDocument;
use utoipa::OpenApi;

use crate::routes::{albums, events, images, keys};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Safelight image-cache",
        description = "Takes uploads of images, keeps originals and albums durably, serves them, \
            and tells what changed. The routes of images, albums and events also stand under /api/v1.",
        license(name = "MIT", identifier = "MIT"),
    ),
    tags(
        (name = "images", description = "Originals"),
        (name = "albums", description = "Albums, and the images in them by name"),
        (name = "keys", description = "API keys"),
        (name = "events", description = "What changed"),
    ),
    paths(
        images::upload::upload_image,
        images::list::list_images,
        images::get::get_image,
        images::info::get_image_info,
        images::update::update_image,
        images::delete::delete_image,
        albums::list::list_albums,
        albums::create::create_album,
        albums::update::update_album,
        albums::delete::delete_album,
        albums::images::list::list_album_images,
        albums::images::upload::upload_album_image,
        albums::images::put::put_album_image,
        albums::images::get::get_album_image,
        albums::images::info::get_album_image_info,
        albums::images::update::update_album_image,
        albums::images::delete::delete_album_image,
        images::links::create_image_link,
        images::links::revoke_image_links,
        albums::links::create_album_link,
        albums::links::revoke_album_links,
        keys::list::list_keys,
        keys::create::create_key,
        keys::revoke::revoke_key,
        events::get::get_events,
    ),
    modifiers(&ServiceDocument),
)]
struct Document;

/// The OpenAPI document.
pub fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}
