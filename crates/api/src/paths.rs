//! The URL paths of both services, as their route tables spell them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Uploading and listing.
pub const IMAGES: &str = "/images";
/// One image: its bytes on image-cache, a derived image on image-processor.
pub const IMAGE: &str = "/images/{id}";
/// What is known of one image. On image-processor the old name of [`IMAGE_DESCRIPTION`].
pub const IMAGE_INFO: &str = "/images/{id}/info";
/// Signed links to one image.
pub const IMAGE_LINKS: &str = "/images/{id}/links";
/// What one image looks like.
pub const IMAGE_DESCRIPTION: &str = "/images/{id}/description";
/// Creating and listing albums.
pub const ALBUMS: &str = "/albums";
/// One album.
pub const ALBUM: &str = "/albums/{album}";
/// Signed links to an album.
pub const ALBUM_LINKS: &str = "/albums/{album}/links";
/// The images of an album.
pub const ALBUM_IMAGES: &str = "/albums/{album}/images";
/// One image of an album, by its name.
pub const ALBUM_IMAGE: &str = "/albums/{album}/images/{name}";
/// What is known of one image of an album.
pub const ALBUM_IMAGE_INFO: &str = "/albums/{album}/images/{name}/info";
/// What one image of an album looks like.
pub const ALBUM_IMAGE_DESCRIPTION: &str = "/albums/{album}/images/{name}/description";
/// API keys.
pub const KEYS: &str = "/keys";
/// One API key.
pub const KEY: &str = "/keys/{id}";
/// Whose an API key is; for the other services alone.
pub const PRINCIPAL: &str = "/internal/principal";
/// Options that have a name.
pub const PRESETS: &str = "/presets";
/// Every change, as server-sent events.
pub const EVENTS: &str = "/events";
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

/// What the files of the gateway's front page begin with; there is nothing else under it.
pub const CONSOLE: &str = "/console/";

/// A name as one segment of a path, percent-encoded so that it comes back exactly.
pub fn segment(name: &str) -> String {
    utf8_percent_encode(name, UNRESERVED).to_string()
}

/// What RFC 3986 calls reserved, and everything that is not ASCII.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

#[cfg(test)]
mod tests {
    use domain::Name;
    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_name_comes_back_from_its_segment_exactly(text in "\\PC{1,60}") {
            if let Ok(name) = Name::parse(&text) {
                let segment = segment(name.as_str());
                prop_assert!(segment.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)));
                let decoded = percent_decode_str(&segment).decode_utf8().unwrap();
                prop_assert_eq!(Name::parse(&decoded), Ok(name));
            }
        }
    }
}
