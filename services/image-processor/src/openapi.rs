//! The OpenAPI document of image-processor.

use api::ErrorBody;
use domain::plan::{OPTIONS, Values};
use server::docs::ServiceDocument;
use utoipa::openapi::RefOr;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::{Modify, OpenApi};

use crate::presets::PRESET;
use crate::routes::{albums, blurred_images, images, presets};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Safelight image-processor",
        description = "Makes blurred and otherwise transformed images from the originals of image-cache. \
            The order is fixed: orientation, rotate, flip, trim, crop, resize, gamma, brightness, contrast, \
            saturation, hue, grayscale, padding, background, blur, sharpen, pixelate, format. Metadata is \
            stripped and colours are converted to sRGB.",
        license(name = "MIT", identifier = "MIT"),
    ),
    tags((name = "images", description = "Derived images")),
    paths(
        blurred_images::get::get_blurred_image,
        images::get::get_derived_image,
        images::description::get_image_description,
        images::description::get_image_info,
        albums::images::get::get_album_image,
        albums::images::description::get_album_image_description,
        presets::list::list_presets,
    ),
    // Only lists of responses name it, and those bring no schemas along.
    components(schemas(ErrorBody)),
    modifiers(&EveryOption, &ServiceDocument),
)]
struct Document;

/// Documents the options from the one table that also reads them.
struct EveryOption;

impl Modify for EveryOption {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        for (path, item) in &mut document.paths.paths {
            if !path.ends_with("{id}") && !path.ends_with("{name}") {
                continue;
            }
            if let Some(get) = &mut item.get {
                add_options(get);
            }
        }
    }
}

fn add_options(operation: &mut Operation) {
    let parameters = operation.parameters.get_or_insert_default();
    for spec in OPTIONS {
        let (name, others) = spec.names.split_first().unwrap_or((&"", &[]));
        let also =
            if others.is_empty() { String::new() } else { format!(" Also `{}`.", others.join("`, `")) };
        let parameter: Parameter = ParameterBuilder::new()
            .name(*name)
            .parameter_in(ParameterIn::Query)
            .description(Some(format!("{} Takes {}.{also}", spec.does, spec.accepts)))
            .schema(Some(schema(spec.values)))
            .build();
        parameters.push(RefOr::T(parameter));
    }
    let preset = ParameterBuilder::new()
        .name(PRESET)
        .parameter_in(ParameterIn::Query)
        .description(Some("The name of a preset, which stands for its options; `/presets` lists them."))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build();
    parameters.push(RefOr::T(preset));
}

fn schema(values: Values) -> ObjectBuilder {
    let object = ObjectBuilder::new();
    match values {
        Values::Whole(first, last) => {
            object.schema_type(Type::Integer).minimum(Some(first)).maximum(Some(last))
        }
        Values::Number(first, last) => {
            object.schema_type(Type::Number).minimum(Some(first)).maximum(Some(last))
        }
        Values::Flag => object.schema_type(Type::Boolean),
        Values::Pattern(pattern) => object.schema_type(Type::String).pattern(Some(pattern)),
        Values::OneOf(words) => object.schema_type(Type::String).enum_values(Some(words.iter().copied())),
    }
}

/// The OpenAPI document.
pub fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}
