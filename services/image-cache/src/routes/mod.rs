//! The route table.

pub(crate) mod albums;
pub(crate) mod events;
pub(crate) mod images;
pub(crate) mod keys;
pub(crate) mod principal;
pub(crate) mod ready;
pub(crate) mod refusals;

use access::Action;
use actix_web::web::{self, delete, get, patch, post, put};
use api::paths;
use domain::Change;
use server::route::{Right, read, resource};

/// Adds the routes of the store, at the root and again under `/api/v1`.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config.configure(store).service(web::scope(paths::API_V1).configure(store)).service(
        resource(paths::PRINCIPAL, "GET", Right::To(Action::Introspect))
            .route(get().to(principal::get_principal)),
    );
}

fn store(config: &mut web::ServiceConfig) {
    config
        .service(
            resource(paths::IMAGES, "GET, HEAD, POST", Right::OfTheThing)
                .route(read().to(images::list::list_images))
                .route(post().to(images::upload::upload_image)),
        )
        .service(
            resource(paths::IMAGE, "GET, HEAD, PATCH, DELETE", Right::OfTheThing)
                .route(read().to(images::get::get_image))
                .route(patch().to(images::update::update_image))
                .route(delete().to(images::delete::delete_image)),
        )
        .service(
            resource(paths::IMAGE_LINKS, "POST, DELETE", Right::OfTheThing)
                .route(post().to(images::links::create_image_link))
                .route(delete().to(images::links::revoke_image_links)),
        )
        .service(
            resource(paths::ALBUM_LINKS, "POST, DELETE", Right::OfTheThing)
                .route(post().to(albums::links::create_album_link))
                .route(delete().to(albums::links::revoke_album_links)),
        )
        .service(
            resource(paths::KEYS, "GET, HEAD, POST", Right::To(Action::ManageKeys))
                .route(read().to(keys::list::list_keys))
                .route(post().to(keys::create::create_key)),
        )
        .service(
            resource(paths::KEY, "DELETE", Right::To(Action::ManageKeys))
                .route(delete().to(keys::revoke::revoke_key)),
        )
        .service(
            resource(paths::IMAGE_INFO, "GET, HEAD", Right::OfTheThing)
                .route(read().to(images::info::get_image_info)),
        )
        .service(
            resource(paths::ALBUMS, "GET, HEAD, POST", Right::OfTheThing)
                .route(read().to(albums::list::list_albums))
                .route(post().to(albums::create::create_album)),
        )
        .service(
            resource(paths::ALBUM, "PATCH, DELETE", Right::OfTheThing)
                .route(patch().to(albums::update::update_album))
                .route(delete().to(albums::delete::delete_album)),
        )
        .service(
            resource(paths::ALBUM_IMAGES, "GET, HEAD, POST", Right::OfTheThing)
                .route(read().to(albums::images::list::list_album_images))
                .route(post().to(albums::images::upload::upload_album_image)),
        )
        .service(
            resource(paths::ALBUM_IMAGE, "GET, HEAD, PUT, PATCH, DELETE", Right::OfTheThing)
                .route(read().to(albums::images::get::get_album_image))
                .route(put().to(albums::images::put::put_album_image))
                .route(patch().to(albums::images::update::update_album_image))
                .route(delete().to(albums::images::delete::delete_album_image)),
        )
        .service(
            resource(paths::ALBUM_IMAGE_INFO, "GET, HEAD", Right::OfTheThing)
                .route(read().to(albums::images::info::get_album_image_info)),
        )
        .service(
            resource(paths::EVENTS, "GET, HEAD", Right::To(Action::Browse))
                .route(read().to(events::get::get_events)),
        );
}

/// What was done, in the sentences of the changes; who may see what, which they have no words
/// for, in our own.
fn message(changes: &[Change]) -> String {
    let sentences = changes.iter().flat_map(|change| match change {
        Change::ImageShared { at, .. } => vec![format!("{} image shared as asked", at.name)],
        Change::AlbumShared { album } => vec![format!("{album} album shared as asked")],
        Change::AlbumCreated { .. }
        | Change::AlbumRenamed { .. }
        | Change::AlbumDeleted { .. }
        | Change::ImageAdded { .. }
        | Change::ImageMoved { .. }
        | Change::ImageDeleted { .. }
        | Change::KeyRevoked { .. } => change.sentences(),
    });
    sentences.collect::<Vec<_>>().join(", ")
}
