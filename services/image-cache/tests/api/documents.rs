//! The OpenAPI document and Swagger UI.

use std::collections::BTreeSet;

use reqwest::StatusCode;
use serde_json::Value;

use crate::test_app::TestApp;

#[tokio::test]
async fn the_document_names_every_route_once() {
    let app = TestApp::start().await;
    let document: Value = app.get("/openapi.json").await.json().await.unwrap();
    let mut operations = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations.insert(format!("{method} {path}"));
            assert!(ids.insert(operation["operationId"].to_string()), "{operation}");
        }
    }
    let expected = [
        "delete /images/{id}",
        "get /",
        "get /health",
        "get /health/ready",
        "get /images",
        "get /images/{id}",
        "get /images/{id}/info",
        "get /metrics",
        "head /images/{id}",
        "post /images",
    ];
    assert_eq!(operations, expected.map(str::to_owned).into());
}

#[tokio::test]
async fn swagger_ui_comes_from_the_binary_and_can_be_switched_off() {
    let app = TestApp::start().await;
    let page = app.get("/swagger").await;
    assert_eq!(page.url().path(), "/swagger/");
    assert!(page.text().await.unwrap().contains("swagger-ui"));
    assert_eq!(app.get("/swagger/swagger-ui-bundle.js").await.status(), StatusCode::OK);

    let app = TestApp::with(&["--swagger=false"]).await;
    assert_eq!(app.get("/swagger/").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(app.get("/openapi.json").await.status(), StatusCode::OK);
}
