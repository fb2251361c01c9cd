//! The route table.

pub(crate) mod blurred_images;
pub(crate) mod images;
pub(crate) mod service;

use actix_web::web;
use api::paths;
use server::error::only;

/// Adds every route.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(only(
            "GET, HEAD",
            web::resource(paths::ROOT)
                .route(web::get().to(service::get_root))
                .route(web::head().to(service::get_root)),
        ))
        .service(only(
            "GET, HEAD",
            web::resource(paths::HEALTH)
                .route(web::get().to(service::get_health))
                .route(web::head().to(service::get_health)),
        ))
        .service(only(
            "GET, HEAD",
            web::resource(paths::READY)
                .route(web::get().to(service::get_readiness))
                .route(web::head().to(service::get_readiness)),
        ))
        .service(only(
            "GET, HEAD",
            web::resource(paths::METRICS)
                .route(web::get().to(service::get_metrics))
                .route(web::head().to(service::get_metrics)),
        ))
        .service(only(
            "GET, HEAD",
            web::resource(paths::IMAGE)
                .route(web::get().to(images::get::get_derived_image))
                .route(web::head().to(images::get::head_derived_image)),
        ))
        .service(only(
            "GET, HEAD",
            web::resource(paths::BLURRED_IMAGE)
                .route(web::get().to(blurred_images::get::get_blurred_image))
                .route(web::head().to(blurred_images::get::head_blurred_image)),
        ));
}
