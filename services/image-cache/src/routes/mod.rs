//! The route table.

pub(crate) mod images;
pub(crate) mod service;

use actix_web::web;
use api::paths;
use server::error::only;

/// Adds every route, those of the images at the root and again under `/api/v1`.
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
        .configure(images)
        .service(web::scope(paths::API_V1).configure(images));
}

fn images(config: &mut web::ServiceConfig) {
    config
        .service(only(
            "GET, HEAD, POST",
            web::resource(paths::IMAGES)
                .route(web::get().to(images::list::list_images))
                .route(web::head().to(images::list::list_images))
                .route(web::post().to(images::upload::upload_image)),
        ))
        .service(only(
            "GET, HEAD, DELETE",
            web::resource(paths::IMAGE)
                .route(web::get().to(images::get::get_image))
                .route(web::head().to(images::get::head_image))
                .route(web::delete().to(images::delete::delete_image)),
        ))
        .service(only(
            "GET, HEAD",
            web::resource(paths::IMAGE_INFO)
                .route(web::get().to(images::info::get_image_info))
                .route(web::head().to(images::info::get_image_info)),
        ));
}
