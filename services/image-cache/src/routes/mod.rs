//! The route table.

pub(crate) mod albums;
pub(crate) mod events;
pub(crate) mod images;
pub(crate) mod ready;
pub(crate) mod refusals;

use actix_web::web::{self, delete, patch, post, put};
use api::paths;
use domain::Change;
use server::route::{read, resource};

/// Adds the routes of the store, at the root and again under `/api/v1`.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config.configure(store).service(web::scope(paths::API_V1).configure(store));
}

fn store(config: &mut web::ServiceConfig) {
    config
        .service(
            resource(paths::IMAGES, "GET, HEAD, POST")
                .route(read().to(images::list::list_images))
                .route(post().to(images::upload::upload_image)),
        )
        .service(
            resource(paths::IMAGE, "GET, HEAD, PATCH, DELETE")
                .route(read().to(images::get::get_image))
                .route(patch().to(images::update::update_image))
                .route(delete().to(images::delete::delete_image)),
        )
        .service(resource(paths::IMAGE_INFO, "GET, HEAD").route(read().to(images::info::get_image_info)))
        .service(
            resource(paths::ALBUMS, "GET, HEAD, POST")
                .route(read().to(albums::list::list_albums))
                .route(post().to(albums::create::create_album)),
        )
        .service(
            resource(paths::ALBUM, "PATCH, DELETE")
                .route(patch().to(albums::rename::rename_album))
                .route(delete().to(albums::delete::delete_album)),
        )
        .service(
            resource(paths::ALBUM_IMAGES, "GET, HEAD, POST")
                .route(read().to(albums::images::list::list_album_images))
                .route(post().to(albums::images::upload::upload_album_image)),
        )
        .service(
            resource(paths::ALBUM_IMAGE, "GET, HEAD, PUT, PATCH, DELETE")
                .route(read().to(albums::images::get::get_album_image))
                .route(put().to(albums::images::put::put_album_image))
                .route(patch().to(albums::images::update::update_album_image))
                .route(delete().to(albums::images::delete::delete_album_image)),
        )
        .service(
            resource(paths::ALBUM_IMAGE_INFO, "GET, HEAD")
                .route(read().to(albums::images::info::get_album_image_info)),
        )
        .service(resource(paths::EVENTS, "GET, HEAD").route(read().to(events::get::get_events)));
}

/// What was done, in the sentences of the changes.
fn message(changes: &[Change]) -> String {
    let sentences: Vec<String> = changes.iter().flat_map(Change::sentences).collect();
    sentences.join(", ")
}
