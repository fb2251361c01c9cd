//! Swagger UI.

use reqwest::StatusCode;

use crate::test_app::TestApp;

#[tokio::test]
async fn swagger_ui_comes_from_the_binary_and_can_be_switched_off() {
    let app = TestApp::start().await;
    let page = app.get("/swagger").await;
    assert_eq!(page.url().path(), "/swagger/");
    assert!(page.text().await.unwrap().contains("swagger-ui"));
    assert_eq!(app.get("/swagger/swagger-ui-bundle.js").await.status(), StatusCode::OK);
    assert_eq!(app.get("/swagger/doc.json").await.url().path(), "/openapi.json");

    let app = TestApp::with(&["--swagger=false"]).await;
    assert_eq!(app.get("/swagger/").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(app.get("/openapi.json").await.status(), StatusCode::OK);
}
