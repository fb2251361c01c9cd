//! The URL paths of both services, as their route tables spell them.

/// Uploading and listing.
pub const IMAGES: &str = "/images";
/// One image: its bytes on image-cache, a derived image on image-processor.
pub const IMAGE: &str = "/images/{id}";
/// What is known of one image.
pub const IMAGE_INFO: &str = "/images/{id}/info";
/// One image, blurred.
pub const BLURRED_IMAGE: &str = "/blurred-images/{id}";
/// Where image-cache's routes stand a second time.
pub const API_V1: &str = "/api/v1";
/// Liveness, as the older systems spelt it.
pub const ROOT: &str = "/";
/// Liveness.
pub const HEALTH: &str = "/health";
/// Readiness, with one entry for each dependency.
pub const READY: &str = "/health/ready";
/// Metrics in the Prometheus text format.
pub const METRICS: &str = "/metrics";
/// The OpenAPI document.
pub const OPENAPI: &str = "/openapi.json";
/// Swagger UI.
pub const SWAGGER: &str = "/swagger";
