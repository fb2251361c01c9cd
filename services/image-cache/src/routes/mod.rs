//! The route table.

pub(crate) mod images;
pub(crate) mod service;

use actix_web::web::{self, delete, get, head, post};
use api::paths;
use server::route::resource;

/// Adds every route, those of the images at the root and again under `/api/v1`.
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
        .configure(images)
        .service(web::scope(paths::API_V1).configure(images));
}

fn images(config: &mut web::ServiceConfig) {
    config
        .service(
            resource(paths::IMAGES, "GET, HEAD, POST")
                .route(get().to(images::list::list_images))
                .route(head().to(images::list::list_images))
                .route(post().to(images::upload::upload_image)),
        )
        .service(
            resource(paths::IMAGE, "GET, HEAD, DELETE")
                .route(get().to(images::get::get_image))
                .route(head().to(images::get::head_image))
                .route(delete().to(images::delete::delete_image)),
        )
        .service(
            resource(paths::IMAGE_INFO, "GET, HEAD")
                .route(get().to(images::info::get_image_info))
                .route(head().to(images::info::get_image_info)),
        );
}
