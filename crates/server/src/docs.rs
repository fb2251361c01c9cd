//! The OpenAPI document and Swagger UI, both from the binary.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use bytes::Bytes;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{OpenApi, RefOr};
use utoipa::{Modify, OpenApi as _};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::route::{read, resource};
use crate::service_routes::ServiceRoutes;

/// Completes a service's document: adds the routes that every service has, and a HEAD for
/// each GET, since the same handler serves both.
pub struct ServiceDocument;

impl Modify for ServiceDocument {
    fn modify(&self, document: &mut OpenApi) {
        document.merge(ServiceRoutes::openapi());
        for item in document.paths.paths.values_mut() {
            item.head = item.get.as_ref().map(head_of);
        }
    }
}

/// The HEAD that belongs to a GET: the same parameters, statuses and headers, no content.
fn head_of(get: &Operation) -> Operation {
    let mut head = get.clone();
    let id = head.operation_id.unwrap_or_default();
    head.operation_id = Some(format!("head_{}", id.strip_prefix("get_").unwrap_or(&id)));
    head.summary = Some("The headers that GET answers with".to_owned());
    head.description = None;
    for response in head.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            response.content.clear();
        }
    }
    head
}

/// Adds `/openapi.json` and, if it is switched on, `/swagger/`.
pub(crate) fn configure(config: &mut web::ServiceConfig, document: &OpenApi, swagger: bool) {
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
    config.service(document.route(read().to(serve)));
    if swagger {
        config.service(web::redirect(api::paths::SWAGGER, "/swagger/"));
        // Where older clients look for the document.
        config.service(web::redirect("/swagger/doc.json", api::paths::OPENAPI));
        config.service(SwaggerUi::new("/swagger/{_:.*}").config(Config::from(api::paths::OPENAPI)));
    }
}

/// The document as indented JSON with a final line break.
pub fn to_json(document: &OpenApi) -> String {
    // The document is made of strings and maps; writing it cannot fail.
    document.to_pretty_json().unwrap_or_default() + "\n"
}
