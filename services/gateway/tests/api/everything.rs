//! Both services at one address: every answer is the one that the service gives itself.

use std::collections::BTreeMap;

use reqwest::{Method, Response};
use serde_json::Value;
use testkit::images;

use crate::test_app::TestApp;

/// What may differ between an answer and the same one through the gateway.
const DIFFER: [&str; 4] = ["via", "date", "x-request-id", "connection"];

/// Status, headers and body.
async fn parts(response: Response) -> (u16, BTreeMap<String, String>, Vec<u8>) {
    let status = response.status().as_u16();
    let mut headers = BTreeMap::new();
    for (name, value) in response.headers() {
        if !DIFFER.contains(&name.as_str()) {
            let all: &mut String = headers.entry(name.to_string()).or_default();
            // The order of names in a list means nothing, and CORS gives them in any.
            let mut items: Vec<_> = value.to_str().unwrap().split(", ").collect();
            items.sort_unstable();
            all.push_str(&items.join(", "));
            all.push(';');
        }
    }
    let mut bytes = response.bytes().await.unwrap().to_vec();
    if let Ok(mut body) = serde_json::from_slice::<Value>(&bytes)
        && body.get("requestId").is_some()
    {
        body["requestId"] = Value::Null;
        bytes = serde_json::to_vec(&body).unwrap();
        headers.remove("content-length");
    }
    (status, headers, bytes)
}

#[tokio::test]
async fn every_read_is_answered_as_by_the_service_itself() {
    let app = TestApp::start().await;
    let id = app.uploaded(&images::jpeg(90, 60)).await;
    let put = app.http.put(app.gateway.url("/albums/a%20b/images/c%C3%A9.png")).body(images::png(30, 20));
    let created =
        app.http.post(app.gateway.url("/albums")).body("{\"albumName\":\"a b\"}").send().await.unwrap();
    assert_eq!(created.status(), 201);
    assert_eq!(put.send().await.unwrap().status(), 201);
    let none = "01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12";
    let cache = |path: &str| (path.replace("{id}", &id), app.cache.url(""));
    let processor = |path: &str| (path.replace("{id}", &id), app.processors[0].url(""));
    let reads = [
        cache("/images"),
        cache("/images?limit=1"),
        cache("/images?limit=x"),
        cache("/images/{id}"),
        cache(&format!("/images/{none}")),
        cache("/images/..%2f..%2fetc"),
        cache("/images/{id}?download=true&v=3"),
        cache("/images/{id}/info"),
        cache("/api/v1/images/{id}"),
        cache("/albums"),
        cache("/albums/a%20b/images"),
        cache("/albums/a%20b/images/c%C3%A9.png"),
        cache("/albums/a%2fb/images/x"),
        cache("/albums/../images/x"),
        cache("/nothing/here"),
        processor("/images/{id}?width=40"),
        processor("/images/{id}?width=0"),
        processor("/images/{id}?w=40&format=auto"),
        processor("/blurred-images/{id}"),
        processor("/blurred-images/{id}?sigma=3"),
        processor(&format!("/blurred-images/{none}")),
        processor("/images/{id}/description"),
        processor("/albums/a%20b/images/c%C3%A9.png?width=10"),
        processor("/albums/a%20b/images/c%C3%A9.png/description"),
    ];
    let conditions: [&[(&str, &str)]; 6] = [
        &[],
        &[("range", "bytes=5-9")],
        &[("range", "bytes=999999999-")],
        &[("if-none-match", "*")],
        &[("if-match", "\"nothing\"")],
        &[("origin", "https://photos.example"), ("accept", "image/webp")],
    ];
    for (path, direct) in reads {
        for method in [Method::GET, Method::HEAD] {
            for headers in conditions {
                let ask = |base: &str| {
                    let mut request = app.http.request(method.clone(), format!("{base}{path}"));
                    for (name, value) in headers {
                        request = request.header(*name, *value);
                    }
                    request.send()
                };
                // What is made is made before it is compared.
                ask(&direct).await.unwrap();
                let expected = parts(ask(&direct).await.unwrap()).await;
                let got = parts(ask(&app.gateway.url("")).await.unwrap()).await;
                assert_eq!(got.0, expected.0, "{method} {path} {headers:?}");
                assert_eq!(got.1, expected.1, "{method} {path} {headers:?}");
                assert!(got.2 == expected.2, "{method} {path} {headers:?}: another body");
            }
        }
    }
}

#[tokio::test]
async fn an_images_url_is_the_original_without_options_and_derived_with_them() {
    let app = TestApp::start().await;
    let photo = images::jpeg(90, 60);
    let id = app.uploaded(&photo).await;
    assert_eq!(app.get(&format!("/images/{id}")).await.bytes().await.unwrap(), photo);
    for path in [format!("/images/{id}?width=30"), format!("/api/v1/images/{id}?width=30")] {
        let derived = app.get(&path).await;
        assert_eq!(derived.status(), 200);
        assert!(derived.headers().contains_key("cache-status"));
        assert_eq!(images::decode(&derived.bytes().await.unwrap()).width(), 30);
    }
}

#[tokio::test]
async fn changes_go_through_and_a_deletion_deletes_what_was_derived() {
    let app = TestApp::start().await;
    let id = app.uploaded(&images::jpeg(90, 60)).await;
    let blurred = format!("/blurred-images/{id}");
    assert_eq!(app.get(&blurred).await.status(), 200);
    let deleted = app.http.delete(app.gateway.url(&format!("/images/{id}"))).send().await.unwrap();
    assert_eq!(deleted.status(), 200);
    assert_eq!(app.get(&format!("/images/{id}")).await.status(), 404);
    testkit::wait::until("the blurred image is gone", || async {
        (app.get(&blurred).await.status() == 404).then_some(())
    })
    .await;
}

#[tokio::test]
async fn events_arrive_while_they_happen() {
    let app = TestApp::start().await;
    let mut events = app.get("/events").await;
    let id = app.uploaded(&images::jpeg(9, 6)).await;
    let mut text = String::new();
    while !text.contains(&id) {
        text.push_str(std::str::from_utf8(&events.chunk().await.unwrap().unwrap()).unwrap());
    }
}

#[tokio::test]
async fn a_request_keeps_its_id_through_both_processes() {
    let app = TestApp::start().await;
    let url = app.gateway.url("/images/nonsense");
    let response = app.http.get(url).header("x-request-id", "trace-1").send().await.unwrap();
    assert_eq!(response.headers()["x-request-id"], "trace-1");
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["requestId"], "trace-1", "image-cache's own error body has it");
}

#[tokio::test]
async fn what_is_of_the_services_own_is_the_gateways_own() {
    let app = TestApp::start().await;
    let health: Value = app.get("/health").await.json().await.unwrap();
    assert_eq!(health["status"], "ok");
    testkit::wait::until("everything is ready", || async {
        (app.get("/health/ready").await.status() == 200).then_some(())
    })
    .await;
    let metrics = app.get("/metrics").await.text().await.unwrap();
    assert!(
        metrics.contains("service=\"gateway\"") && metrics.contains("safelight_gateway_processors_ready 1")
    );
    assert_eq!(app.get("/internal/principal").await.status(), 404);
    assert_eq!(app.get("/swagger/").await.status(), 200);
    let document: Value = app.get("/openapi.json").await.json().await.unwrap();
    assert!(document["paths"]["/blurred-images/{id}"]["get"].is_object());
    assert!(document["paths"]["/albums"]["post"].is_object());
}
