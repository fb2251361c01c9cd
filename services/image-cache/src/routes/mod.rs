//! The route table.

pub(crate) mod albums;
pub(crate) mod events;
pub(crate) mod images;
pub(crate) mod refusals;
pub(crate) mod service;

use actix_web::web::{self, delete, get, head, patch, post, put};
use api::paths;
use domain::Change;
use server::route::resource;

/// Adds every route, those of the store at the root and again under `/api/v1`.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(
            resource(paths::ROOT, "GET, HEAD")
                .route(get().to(service::get_root))
                .route(head().to(service::get_root)),
        )
        .service(
            resource(paths::HEALTH, "GET, HEAD")
                .route(get().to(service::get_health))
                .route(head().to(service::get_health)),
        )
        .service(
            resource(paths::READY, "GET, HEAD")
                .route(get().to(service::get_readiness))
                .route(head().to(service::get_readiness)),
        )
        .service(
            resource(paths::METRICS, "GET, HEAD")
                .route(get().to(service::get_metrics))
                .route(head().to(service::get_metrics)),
        )
        .configure(store)
        .service(web::scope(paths::API_V1).configure(store));
}

fn store(config: &mut web::ServiceConfig) {
    config
        .service(
            resource(paths::IMAGES, "GET, HEAD, POST")
                .route(get().to(images::list::list_images))
                .route(head().to(images::list::list_images))
                .route(post().to(images::upload::upload_image)),
        )
        .service(
            resource(paths::IMAGE, "GET, HEAD, PATCH, DELETE")
                .route(get().to(images::get::get_image))
                .route(head().to(images::get::head_image))
                .route(patch().to(images::update::update_image))
                .route(delete().to(images::delete::delete_image)),
        )
        .service(
            resource(paths::IMAGE_INFO, "GET, HEAD")
                .route(get().to(images::info::get_image_info))
                .route(head().to(images::info::get_image_info)),
        )
        .service(
            resource(paths::ALBUMS, "GET, HEAD, POST")
                .route(get().to(albums::list::list_albums))
                .route(head().to(albums::list::list_albums))
                .route(post().to(albums::create::create_album)),
        )
        .service(
            resource(paths::ALBUM, "PATCH, DELETE")
                .route(patch().to(albums::rename::rename_album))
                .route(delete().to(albums::delete::delete_album)),
        )
        .service(
            resource(paths::ALBUM_IMAGES, "GET, HEAD, POST")
                .route(get().to(albums::images::list::list_album_images))
                .route(head().to(albums::images::list::list_album_images))
                .route(post().to(albums::images::upload::upload_album_image)),
        )
        .service(
            resource(paths::ALBUM_IMAGE, "GET, HEAD, PUT, PATCH, DELETE")
                .route(get().to(albums::images::get::get_album_image))
                .route(head().to(albums::images::get::head_album_image))
                .route(put().to(albums::images::put::put_album_image))
                .route(patch().to(albums::images::update::update_album_image))
                .route(delete().to(albums::images::delete::delete_album_image)),
        )
        .service(
            resource(paths::ALBUM_IMAGE_INFO, "GET, HEAD")
                .route(get().to(albums::images::info::get_album_image_info))
                .route(head().to(albums::images::info::get_album_image_info)),
        )
        .service(resource(paths::EVENTS, "GET").route(get().to(events::get::get_events)));
}

/// What was done, in the sentences of the changes.
fn message(changes: &[Change]) -> String {
    let sentences: Vec<String> = changes.iter().flat_map(Change::sentences).collect();
    sentences.join(", ")
}
