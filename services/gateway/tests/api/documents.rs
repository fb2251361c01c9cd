//! The OpenAPI document, and the table of routes against those of the services.

use std::collections::BTreeSet;

use serde_json::Value;

fn operations(document: &Value) -> BTreeSet<String> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            item.as_object().unwrap().keys().map(move |method| format!("{method} {path}"))
        })
        .collect()
}

#[test]
fn what_the_services_document_is_what_the_gateway_documents() {
    let read = |text| operations(&serde_json::from_str::<Value>(text).unwrap());
    let mut union = read(api::documents::IMAGE_CACHE);
    union.extend(read(api::documents::IMAGE_PROCESSOR));
    let document: Value = serde_json::from_str(&gateway::document().to_json().unwrap()).unwrap();
    assert_eq!(operations(&document), union);
}

#[test]
fn every_operation_has_a_name_of_its_own_and_every_schema_is_there() {
    let text = gateway::document().to_json().unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let mut names = BTreeSet::new();
    for item in document["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name.to_owned()), "{name} is there twice");
        }
    }
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for reference in text.split("#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(schemas.contains_key(name), "{name} is missing");
    }
}

#[test]
fn an_image_takes_every_option_of_a_derived_one() {
    let names = |text: &str| -> BTreeSet<String> {
        let document: Value = serde_json::from_str(text).unwrap();
        let parameters = document["paths"]["/images/{id}"]["get"]["parameters"].as_array().unwrap();
        parameters.iter().map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect()
    };
    let ours = names(&gateway::document().to_json().unwrap());
    assert!(ours.is_superset(&names(api::documents::IMAGE_PROCESSOR)));
    assert!(ours.is_superset(&names(api::documents::IMAGE_CACHE)));
}
