//! The route table.

pub(crate) mod blurred_images;
pub(crate) mod images;
pub(crate) mod ready;
pub(crate) mod responses;

use actix_web::web;
use api::paths;
use server::route::{read, resource};

/// Adds the routes of derived images.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(resource(paths::IMAGE, "GET, HEAD").route(read().to(images::get::get_derived_image)))
        .service(
            resource(paths::IMAGE_INFO, "GET, HEAD").route(read().to(images::info::get_image_description)),
        )
        .service(
            resource(paths::BLURRED_IMAGE, "GET, HEAD")
                .route(read().to(blurred_images::get::get_blurred_image)),
        );
}
