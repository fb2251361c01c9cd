//! The OpenAPI document and Swagger UI, both from the binary.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpResponse, web};
use api::paths;
use bytes::Bytes;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, ResponseBuilder};
use utoipa::{Modify, OpenApi as _};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::route::{Right, read, resource};
use crate::service_routes::ServiceRoutes;

/// Completes a service's document: adds the routes that every service has, what callers show
/// to say who they are and what they are told if it is not enough, and a HEAD for each GET,
/// since the same handler serves both.
pub struct ServiceDocument;

impl Modify for ServiceDocument {
    fn modify(&self, document: &mut OpenApi) {
        document.merge(ServiceRoutes::openapi());
        add_security(document);
        for (path, item) in &mut document.paths.paths {
            if !matches!(path.as_str(), paths::ROOT | paths::HEALTH | paths::READY) {
                let PathItem { get, put, post, delete, patch, .. } = item;
                [get, put, post, delete, patch].into_iter().flatten().for_each(add_refusals);
            }
            item.head = item.get.as_ref().map(head_of);
        }
    }
}

/// The ways to say who one is; none of them is needed where a service is open to everyone.
fn add_security(document: &mut OpenApi) {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A token (JWT), an API key, or the key of who runs the store"))
        .build();
    let link = ApiKeyValue::with_description("sig", "The signature of a link, which is the last parameter");
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    components.add_security_scheme("link", SecurityScheme::ApiKey(ApiKey::Query(link)));
    let none: [&str; 0] = [];
    document.security = Some(vec![
        SecurityRequirement::default(),
        SecurityRequirement::new("bearer", none),
        SecurityRequirement::new("link", none),
    ]);
}

/// What who may not do something is told.
fn add_refusals(operation: &mut Operation) {
    for (status, description) in [
        ("401", "No credential where one is needed, or one that is not valid"),
        ("403", "The credential is not good for this"),
    ] {
        let body = Content::new(Some(Ref::from_schema_name("ErrorBody")));
        let response =
            ResponseBuilder::new().description(description).content("application/json", body).build();
        operation.responses.responses.entry(status.to_owned()).or_insert(RefOr::T(response));
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
    let document = resource(paths::OPENAPI, "GET, HEAD", Right::ForEveryone);
    config.service(document.route(read().to(serve)));
    if swagger {
        config.service(web::redirect(paths::SWAGGER, "/swagger/"));
        // Where older clients look for the document.
        config.service(web::redirect("/swagger/doc.json", paths::OPENAPI));
        config.service(SwaggerUi::new("/swagger/{_:.*}").config(Config::from(paths::OPENAPI)));
    }
}

/// The document as indented JSON with a final line break.
pub fn to_json(document: &OpenApi) -> String {
    // The document is made of strings and maps; writing it cannot fail.
    document.to_pretty_json().unwrap_or_default() + "\n"
}
