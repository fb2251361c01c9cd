//! The OpenAPI document and Swagger UI.

use std::collections::BTreeSet;

use reqwest::StatusCode;
use serde_json::Value;
use testkit::images;

use crate::test_app::TestApp;

#[tokio::test]
async fn the_document_names_every_route_and_every_option() {
    let app = TestApp::start().await;
    let document: Value = app.get("/openapi.json").await.json().await.unwrap();
    let mut operations = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        operations.extend(item.as_object().unwrap().keys().map(|method| format!("{method} {path}")));
    }
    let expected = [
        "get /",
        "get /albums/{album}/images/{name}",
        "get /albums/{album}/images/{name}/description",
        "get /blurred-images/{id}",
        "get /health",
        "get /health/ready",
        "get /images/{id}",
        "get /images/{id}/description",
        "get /images/{id}/info",
        "get /metrics",
        "get /presets",
        "head /",
        "head /albums/{album}/images/{name}",
        "head /albums/{album}/images/{name}/description",
        "head /blurred-images/{id}",
        "head /health",
        "head /health/ready",
        "head /images/{id}",
        "head /images/{id}/description",
        "head /images/{id}/info",
        "head /metrics",
        "head /presets",
    ];
    assert_eq!(operations, expected.map(str::to_owned).into());
    let parameters = document["paths"]["/images/{id}"]["get"]["parameters"].as_array().unwrap();
    let names: BTreeSet<_> = parameters.iter().map(|parameter| parameter["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "id",
            "animate",
            "chroma",
            "extend",
            "flatten",
            "focus",
            "negate",
            "normalize",
            "preset",
            "radius",
            "sepia",
            "threshold",
            "tint",
            "frame",
            "rotate",
            "flip",
            "trim",
            "crop",
            "width",
            "height",
            "fit",
            "position",
            "enlarge",
            "dpr",
            "gamma",
            "brightness",
            "contrast",
            "saturation",
            "hue",
            "grayscale",
            "padding",
            "background",
            "blur",
            "sharpen",
            "pixelate",
            "format",
            "quality",
            "progressive",
            "lossless",
            "colors",
            "max_bytes"
        ]
        .into()
    );
}

#[tokio::test]
async fn the_document_in_the_repository_is_the_one_that_is_served() {
    let app = TestApp::start().await;
    let served = app.get("/openapi.json").await.text().await.unwrap();
    let kept = include_str!("../../../../crates/api/openapi/image-processor.json");
    assert!(
        served == kept,
        "crates/api/openapi/image-processor.json is out of date; `make generate` renews it"
    );
}

#[tokio::test]
async fn every_operation_answers_as_it_is_documented() {
    let app = TestApp::start().await;
    let id = app.uploaded(&images::jpeg(16, 16)).await;
    app.create_album("summer").await;
    app.put("summer", "beach.jpg", &images::jpeg(16, 16)).await;
    let document: Value = app.get("/openapi.json").await.json().await.unwrap();
    let calls = [
        ("/", 200),
        ("/health", 200),
        ("/health/ready", 200),
        ("/metrics", 200),
        ("/presets", 200),
        ("/presets?x=1", 400),
        ("/images/{id}", 200),
        ("/images/{id}/info", 200),
        ("/images/{id}/description", 200),
        ("/images/{id}/description?gps=1", 400),
        ("/images/{none}/description", 404),
        ("/albums/{album}/images/{name}?width=8", 200),
        ("/albums/{album}/images/{name}?width=x", 400),
        ("/albums/{album}/images/{missing}", 404),
        ("/albums/{album}/images/{name}/description", 200),
        ("/albums/{album}/images/{missing}/description", 404),
        ("/blurred-images/{id}", 200),
        ("/images/{id}?width=x", 400),
        ("/blurred-images/{id}?colour=red", 400),
        ("/images/{none}", 404),
        ("/images/{id}?width=4&q=0", 400),
    ];
    let mut called = BTreeSet::new();
    for (call, status) in calls {
        let template = call.split('?').next().unwrap().replace("{none}", "{id}");
        let template = template.replace("{missing}", "{name}");
        let path = call.replace("{id}", &id).replace("{none}", "01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12");
        let path = path.replace("{album}", "summer").replace("{name}", "beach.jpg");
        for method in ["get", "head"] {
            let operation = &document["paths"][&template][method];
            if !operation.is_object() {
                continue;
            }
            let request = app.http.request(method.to_uppercase().parse().unwrap(), app.url(&path));
            let response = request.send().await.unwrap();
            assert_eq!(response.status().as_u16(), status, "{method} {path}");
            let documented = &operation["responses"][response.status().as_str()];
            assert!(documented.is_object(), "{method} {template} {status} is not documented");
            let given =
                response.headers().get("content-type").map(|value| value.to_str().unwrap().to_owned());
            let bytes = response.bytes().await.unwrap();
            called.insert(format!("{method} {template}"));
            if method == "head" {
                continue;
            }
            let given = given.unwrap();
            let plain = given.split(';').next().unwrap();
            let family = format!("{}/*", plain.split('/').next().unwrap());
            let content = documented["content"].as_object().unwrap();
            let content = content.get(plain).or_else(|| content.get(&family));
            let content = content.unwrap_or_else(|| panic!("{template} {status}: {plain} is not documented"));
            if plain == "application/json" {
                let mut schema = content["schema"].clone();
                schema["components"] = document["components"].clone();
                let body: Value = serde_json::from_slice(&bytes).unwrap();
                jsonschema::validate(&schema, &body).unwrap();
            }
        }
    }
    let paths = document["paths"].as_object().unwrap().iter();
    let operations =
        paths.flat_map(|(path, item)| item.as_object().unwrap().keys().map(move |m| format!("{m} {path}")));
    assert_eq!(called, operations.collect::<BTreeSet<_>>());
}

#[tokio::test]
async fn swagger_ui_comes_from_the_binary() {
    let app = TestApp::start().await;
    assert!(app.get("/swagger/").await.text().await.unwrap().contains("swagger-ui"));
    assert_eq!(app.get("/swagger/swagger-ui-bundle.js").await.status(), StatusCode::OK);
}
