//! The OpenAPI documents of the services, as they are kept in the repository. A test of
//! each service holds its document against the one here.

/// The document of image-cache, as JSON.
pub const IMAGE_CACHE: &str = include_str!("../openapi/image-cache.json");
/// The document of image-processor, as JSON.
pub const IMAGE_PROCESSOR: &str = include_str!("../openapi/image-processor.json");
