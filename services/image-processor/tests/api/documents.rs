//! The OpenAPI document and Swagger UI.

use std::collections::BTreeSet;

use reqwest::StatusCode;
use serde_json::Value;

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
        "get /blurred-images/{id}",
        "get /health",
        "get /health/ready",
        "get /images/{id}",
        "get /metrics",
        "head /blurred-images/{id}",
        "head /images/{id}",
    ];
    assert_eq!(operations, expected.map(str::to_owned).into());
    let parameters = document["paths"]["/images/{id}"]["get"]["parameters"].as_array().unwrap();
    let names: BTreeSet<_> = parameters.iter().map(|parameter| parameter["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["id", "width", "height", "fit", "blur", "format", "quality"].into());
}

#[tokio::test]
async fn swagger_ui_comes_from_the_binary() {
    let app = TestApp::start().await;
    assert!(app.get("/swagger/").await.text().await.unwrap().contains("swagger-ui"));
    assert_eq!(app.get("/swagger/swagger-ui-bundle.js").await.status(), StatusCode::OK);
}
