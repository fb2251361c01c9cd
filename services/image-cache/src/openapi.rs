//! The OpenAPI document of image-cache.

use utoipa::OpenApi;

use crate::routes::{images, service};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Safelight image-cache",
        description = "Takes uploads of images, keeps the originals durably, and serves them. \
            Every route also stands under /api/v1.",
        license(name = "MIT", identifier = "MIT"),
    ),
    tags((name = "images", description = "Originals"), (name = "service", description = "The process itself")),
    paths(
        images::upload::upload_image,
        images::list::list_images,
        images::get::get_image,
        images::get::head_image,
        images::info::get_image_info,
        images::delete::delete_image,
        service::get_root,
        service::get_health,
        service::get_readiness,
        service::get_metrics,
    ),
)]
struct Document;

/// The OpenAPI document.
pub fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}
