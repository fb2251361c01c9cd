//! The OpenAPI document and Swagger UI, both from the binary.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use bytes::Bytes;

use crate::route::resource;
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi};

/// Adds `/openapi.json` and, if it is switched on, `/swagger/`.
pub fn configure(config: &mut web::ServiceConfig, document: &OpenApi, swagger: bool) {
    let text = Bytes::from(to_json(document));
    let serve = move || {
        let text = text.clone();
        async move {
            HttpResponse::Ok()
                .insert_header((CONTENT_TYPE, "application/json"))
                .insert_header((CACHE_CONTROL, "no-cache"))
                .body(text)
        }
    };
    let document = resource(api::paths::OPENAPI, "GET, HEAD");
    config.service(document.route(web::get().to(serve.clone())).route(web::head().to(serve)));
    if swagger {
        config.service(web::redirect(api::paths::SWAGGER, "/swagger/"));
        config.service(SwaggerUi::new("/swagger/{_:.*}").config(Config::from(api::paths::OPENAPI)));
    }
}

/// The document as indented JSON with a final line break.
pub fn to_json(document: &OpenApi) -> String {
    // The document is made of strings and maps; writing it cannot fail.
    document.to_pretty_json().unwrap_or_default() + "\n"
}
