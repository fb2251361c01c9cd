//! The front page for browsers: static files inside the binary, which ask nobody but the
//! gateway.

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpResponse, web};
use server::route::{Right, read, resource};

/// What the page may do: load its own files, show images that it fetched, and ask the
/// gateway. Nothing inline, nothing from elsewhere, no frame around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const OPENER: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

const SCRIPT: &str = "text/javascript; charset=utf-8";
const PAGE: &str = include_str!("../../console/index.html");
/// The path of each file, its type, and its text.
const FILES: [(&str, &str, &str); 6] = [
    ("/console/console.css", "text/css; charset=utf-8", include_str!("../../console/console.css")),
    ("/console/icon.svg", "image/svg+xml", include_str!("../../console/icon.svg")),
    ("/console/main.js", SCRIPT, include_str!("../../console/main.js")),
    ("/console/editor.js", SCRIPT, include_str!("../../console/editor.js")),
    ("/console/server.js", SCRIPT, include_str!("../../console/server.js")),
    ("/console/blurhash.js", SCRIPT, include_str!("../../console/blurhash.js")),
];

/// Adds the files of the page.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    for (path, media_type, text) in FILES {
        let serve = move || async move { file(media_type, text) };
        config.service(resource(path, "GET, HEAD", Right::ForEveryone).route(read().to(serve)));
    }
}

/// The page itself.
pub(crate) fn page() -> HttpResponse {
    file("text/html; charset=utf-8", PAGE)
}

fn file(media_type: &'static str, text: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, media_type))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header((OPENER, "same-origin"))
        // The files of one release belong together.
        .insert_header((CACHE_CONTROL, "no-cache"))
        .body(text)
}
