//! The route table.

pub(crate) mod blurred_images;
pub(crate) mod images;
pub(crate) mod service;

use actix_web::web::{self, get, head};
use api::paths;
use server::route::resource;

/// Adds every route.
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
        .service(
            resource(paths::IMAGE, "GET, HEAD")
                .route(get().to(images::get::get_derived_image))
                .route(head().to(images::get::head_derived_image)),
        )
        .service(
            resource(paths::IMAGE_INFO, "GET, HEAD")
                .route(get().to(images::info::get_image_description))
                .route(head().to(images::info::head_image_description)),
        )
        .service(
            resource(paths::BLURRED_IMAGE, "GET, HEAD")
                .route(get().to(blurred_images::get::get_blurred_image))
                .route(head().to(blurred_images::get::head_blurred_image)),
        );
}
