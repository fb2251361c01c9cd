//! The OpenAPI document of the gateway: of the documents of both services, what the table
//! of routes forwards.

use api::documents;
use server::docs::ServiceDocument;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::{Modify, OpenApi};

use crate::routes::table::{TABLE, Target};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Safelight",
        description = "Stores, caches and processes images. An image's URL with options is the derived image, \
            without options it is the original. Every path exists under `/api/v1` as well.",
        license(name = "MIT", identifier = "MIT"),
    ),
    modifiers(&Forwarded, &ServiceDocument),
)]
struct Document;

/// Adds what is forwarded.
struct Forwarded;

impl Modify for Forwarded {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let mut cache = parse(documents::IMAGE_CACHE);
        let mut processor = parse(documents::IMAGE_PROCESSOR);
        let (cache_paths, processor_paths) =
            (std::mem::take(&mut cache.paths.paths), std::mem::take(&mut processor.paths.paths));
        for row in TABLE {
            let of_cache = cache_paths.get(row.pattern);
            let of_processor = processor_paths.get(row.pattern);
            let item = document.paths.paths.entry(row.pattern.to_owned()).or_default();
            for method in row.methods {
                let find = |item: Option<&PathItem>| operation(item, method);
                let operation = match row.target {
                    Target::Cache => find(of_cache),
                    Target::Processor => find(of_processor),
                    Target::ByOptions => joined(find(of_cache), find(of_processor)),
                };
                set(item, method, operation);
            }
        }
        // Schemas and tags; the paths are ours.
        document.merge(cache);
        document.merge(processor);
        if let Some(tags) = &mut document.tags {
            tags.retain(|tag| tag.name != "service");
            tags.dedup_by(|one, other| one.name == other.name);
        }
    }
}

/// The documents are part of the binary and tested; one that cannot be read is empty.
fn parse(document: &str) -> utoipa::openapi::OpenApi {
    serde_json::from_str(document).unwrap_or_default()
}

fn operation(item: Option<&PathItem>, method: &str) -> Option<Operation> {
    let item = item?.clone();
    match method {
        "GET" => item.get,
        "HEAD" => item.head,
        "POST" => item.post,
        "PUT" => item.put,
        "PATCH" => item.patch,
        "DELETE" => item.delete,
        _ => None,
    }
}

fn set(item: &mut PathItem, method: &str, operation: Option<Operation>) {
    let place = match method {
        "GET" => &mut item.get,
        "HEAD" => &mut item.head,
        "POST" => &mut item.post,
        "PUT" => &mut item.put,
        "PATCH" => &mut item.patch,
        _ => &mut item.delete,
    };
    *place = operation;
}

/// The operation of image-cache, with the options and answers of image-processor's.
fn joined(cache: Option<Operation>, processor: Option<Operation>) -> Option<Operation> {
    let (Some(mut joined), Some(processor)) = (cache, processor) else { return None };
    joined.summary = Some("An image: the original, or what the options make of it".to_owned());
    joined.description = Some(
        "Without options image-cache answers with the original, with options image-processor.".to_owned(),
    );
    let parameters = joined.parameters.get_or_insert_default();
    for parameter in processor.parameters.unwrap_or_default() {
        if !parameters.contains(&parameter) && !is_in_path(&parameter) {
            parameters.push(parameter);
        }
    }
    for (status, response) in processor.responses.responses {
        joined.responses.responses.entry(status).or_insert(response);
    }
    Some(joined)
}

fn is_in_path(parameter: &utoipa::openapi::RefOr<utoipa::openapi::path::Parameter>) -> bool {
    use utoipa::openapi::RefOr;
    use utoipa::openapi::path::ParameterIn;
    matches!(parameter, RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Path)
}

/// The OpenAPI document.
pub fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}
