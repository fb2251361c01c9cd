//! The route table.

pub(crate) mod albums;
pub(crate) mod blurred_images;
pub(crate) mod images;
pub(crate) mod presets;
pub(crate) mod ready;
pub(crate) mod responses;

use actix_web::web;
use api::paths;
use server::route::{Right, read, resource};

/// Adds the routes of derived images.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    let get_description = || read().to(images::description::get_image_description);
    config
        .service(
            resource(paths::IMAGE, "GET, HEAD", Right::OfTheThing)
                .route(read().to(images::get::get_derived_image)),
        )
        .service(
            resource(paths::PRESETS, "GET, HEAD", Right::ForEveryone)
                .route(read().to(presets::list::list_presets)),
        )
        .service(resource(paths::IMAGE_DESCRIPTION, "GET, HEAD", Right::OfTheThing).route(get_description()))
        // Its name until image-cache's `info` could come to the same address.
        .service(resource(paths::IMAGE_INFO, "GET, HEAD", Right::OfTheThing).route(get_description()))
        .service(
            resource(paths::BLURRED_IMAGE, "GET, HEAD", Right::OfTheThing)
                .route(read().to(blurred_images::get::get_blurred_image)),
        )
        .service(
            resource(paths::ALBUM_IMAGE, "GET, HEAD", Right::OfTheThing)
                .route(read().to(albums::images::get::get_album_image)),
        )
        .service(
            resource(paths::ALBUM_IMAGE_DESCRIPTION, "GET, HEAD", Right::OfTheThing)
                .route(read().to(albums::images::description::get_album_image_description)),
        );
}
