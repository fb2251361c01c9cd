//! The OpenAPI document against the running service: every operation is called, and what
//! comes back must be what the document says.

use std::collections::BTreeSet;

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::images;
use testkit::multipart::{self, Part};

use crate::test_app::TestApp;

/// Calls operations and holds the answers to the document.
struct Contract<'a> {
    app: &'a TestApp,
    document: Value,
    called: BTreeSet<String>,
}

/// What is sent.
enum Body {
    Nothing,
    Json(Value),
    Multipart(Vec<u8>),
    Raw(Vec<u8>),
}

impl<'a> Contract<'a> {
    async fn new(app: &'a TestApp) -> Self {
        let document = app.get("/openapi.json").await.json().await.unwrap();
        Self { app, document, called: BTreeSet::new() }
    }

    /// Calls `template` with its places filled in, and returns the headers and the body.
    async fn call(
        &mut self,
        method: Method,
        template: &str,
        places: &[(&str, &str)],
        body: Body,
        expected: u16,
    ) -> (HeaderMap, Vec<u8>) {
        let path = places.iter().fold(template.to_owned(), |path, (place, value)| path.replace(place, value));
        let request = self.app.http.request(method.clone(), self.app.url(&path));
        let request = match body {
            Body::Nothing => request,
            Body::Json(body) => request.json(&body),
            Body::Multipart(body) => request.header(CONTENT_TYPE, multipart::content_type()).body(body),
            Body::Raw(body) => request.body(body),
        };
        let mut response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let what = format!("{} {template} {status}", method.as_str().to_lowercase());
        let content_type = headers.get("content-type").map(|value| value.to_str().unwrap().to_owned());
        let bytes = match content_type.as_deref() {
            // It has no end.
            Some("text/event-stream") if method == Method::GET => {
                response.chunk().await.unwrap().unwrap().to_vec()
            }
            _ => response.bytes().await.unwrap().to_vec(),
        };
        assert_eq!(status.as_u16(), expected, "{what}: {}", String::from_utf8_lossy(&bytes));

        let whole = template;
        let template = template.split('?').next().unwrap();
        let operation = &self.document["paths"][template][method.as_str().to_lowercase()];
        assert!(operation.is_object(), "{what}: the operation is not documented");
        let documented = &operation["responses"][status.as_str()];
        assert!(documented.is_object(), "{what}: the status is not documented");
        for header in documented["headers"].as_object().into_iter().flatten() {
            assert!(headers.contains_key(header.0), "{what}: the header {} is missing", header.0);
        }
        if method != Method::HEAD && !bytes.is_empty() {
            self.check_body(&what, documented, content_type.as_deref().unwrap_or_default(), &bytes);
        }
        self.called.insert(operation["operationId"].as_str().unwrap().to_owned());
        if method == Method::GET {
            // HEAD has the same status and no less headers.
            Box::pin(self.call(Method::HEAD, whole, places, Body::Nothing, expected)).await;
        }
        (headers, bytes)
    }

    fn check_body(&self, what: &str, documented: &Value, content_type: &str, bytes: &[u8]) {
        let plain = content_type.split(';').next().unwrap();
        let family = format!("{}/*", plain.split('/').next().unwrap());
        let content = documented["content"].as_object();
        let content = content.and_then(|content| content.get(plain).or_else(|| content.get(&family)));
        let content = content.unwrap_or_else(|| panic!("{what}: {plain} is not documented: {documented}"));
        if plain != "application/json" {
            return;
        }
        let mut schema = content["schema"].clone();
        schema["components"] = self.document["components"].clone();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let body: Value = serde_json::from_slice(bytes).unwrap();
        let faults: Vec<String> = validator.iter_errors(&body).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{what}: {body} is not what is documented: {faults:?}");
    }

    fn operations(&self) -> BTreeSet<String> {
        let paths = self.document["paths"].as_object().unwrap().values();
        let operations = paths.flat_map(|item| item.as_object().unwrap().values());
        operations.map(|operation| operation["operationId"].as_str().unwrap().to_owned()).collect()
    }
}

fn upload(parts: &[Part<'_>]) -> Body {
    Body::Multipart(multipart::body(parts))
}

#[tokio::test]
async fn every_operation_answers_as_it_is_documented() {
    use Method as M;
    let app = TestApp::start().await;
    let mut contract = Contract::new(&app).await;
    let png = images::png(8, 8);
    let c = &mut contract;

    for path in ["/", "/health", "/health/ready", "/metrics", "/events"] {
        c.call(M::GET, path, &[], Body::Nothing, 200).await;
    }
    let (_, info) = c.call(M::POST, "/images", &[], upload(&[multipart::file(&png)]), 201).await;
    let info: Value = serde_json::from_slice(&info).unwrap();
    let at = [("{id}", info["id"].as_str().unwrap())];
    c.call(M::POST, "/images", &[], upload(&[]), 400).await;
    c.call(M::POST, "/images", &[], upload(&[multipart::file(b"text")]), 415).await;
    c.call(M::POST, "/images", &[], upload(&[multipart::file(&png[..20])]), 422).await;
    c.call(M::GET, "/images", &[], Body::Nothing, 200).await;
    c.call(M::GET, "/images?limit=x", &[], Body::Nothing, 400).await;
    c.call(M::GET, "/images/{id}", &at, Body::Nothing, 200).await;
    c.call(M::GET, "/images/{id}/info", &at, Body::Nothing, 200).await;
    // Without keys there are no links and no API keys; with them, the gateway's tests ask.
    let nothing = || Body::Json(json!({}));
    c.call(M::POST, "/images/{id}/links", &at, nothing(), 400).await;
    c.call(M::DELETE, "/images/{id}/links", &at, Body::Nothing, 200).await;
    c.call(M::GET, "/keys", &[], Body::Nothing, 200).await;
    c.call(M::POST, "/keys", &[], Body::Json(json!({ "scopes": ["read"] })), 400).await;
    c.call(M::DELETE, "/keys/{id}", &[("{id}", "abcdefgh")], Body::Nothing, 404).await;
    let name = |name: &str| Body::Json(json!({ "albumName": name }));
    c.call(M::POST, "/albums", &[], name("a"), 201).await;
    c.call(M::POST, "/albums", &[], name("a"), 409).await;
    c.call(M::POST, "/albums", &[], name("/"), 400).await;
    c.call(M::GET, "/albums", &[], Body::Nothing, 200).await;
    c.call(M::POST, "/albums/{album}/links", &[("{album}", "a")], nothing(), 400).await;
    c.call(M::DELETE, "/albums/{album}/links", &[("{album}", "a")], Body::Nothing, 200).await;
    c.call(M::PATCH, "/images/{id}", &at, name("a"), 200).await;
    c.call(M::PATCH, "/images/{id}", &at, name("z"), 404).await;
    c.call(M::DELETE, "/images/{id}", &at, Body::Nothing, 200).await;
    for path in ["/images/{id}", "/images/{id}/info"] {
        c.call(M::GET, path, &at, Body::Nothing, 404).await;
        c.call(M::GET, path, &[("{id}", "x")], Body::Nothing, 400).await;
    }
    c.call(M::DELETE, "/images/{id}", &at, Body::Nothing, 404).await;

    c.call(M::PATCH, "/albums/{album}", &[("{album}", "a")], name("b"), 200).await;
    c.call(M::PATCH, "/albums/{album}", &[("{album}", "a")], name("b"), 404).await;
    let b = [("{album}", "b"), ("{name}", "x")];
    let file = Part { disposition: "; name=\"file\"; filename=\"y\"", bytes: &png };
    c.call(M::POST, "/albums/{album}/images", &b, upload(&[file]), 201).await;
    let image = "/albums/{album}/images/{name}";
    c.call(M::PUT, image, &b, Body::Raw(png.clone()), 201).await;
    c.call(M::PUT, image, &b, Body::Raw(png.clone()), 409).await;
    c.call(M::GET, "/albums/{album}/images", &b, Body::Nothing, 200).await;
    c.call(M::GET, image, &b, Body::Nothing, 200).await;
    c.call(M::GET, "/albums/{album}/images/{name}/info", &b, Body::Nothing, 200).await;
    c.call(M::PATCH, image, &b, Body::Json(json!({ "imageName": "y" })), 409).await;
    c.call(M::PATCH, image, &b, Body::Json(json!({ "imageName": "z" })), 200).await;
    c.call(M::DELETE, image, &[("{album}", "b"), ("{name}", "z")], Body::Nothing, 200).await;
    c.call(M::DELETE, image, &b, Body::Nothing, 404).await;
    c.call(M::DELETE, "/albums/{album}", &b, Body::Nothing, 200).await;
    c.call(M::DELETE, "/albums/{album}", &b, Body::Nothing, 404).await;
    c.call(M::GET, "/albums/{album}/images", &b, Body::Nothing, 404).await;

    assert_eq!(contract.called, contract.operations(), "every operation is called");
}

#[tokio::test]
async fn a_method_that_is_not_documented_is_not_taken() {
    let app = TestApp::start().await;
    let contract = Contract::new(&app).await;
    for (path, item) in contract.document["paths"].as_object().unwrap() {
        for method in [Method::GET, Method::PUT, Method::POST, Method::PATCH, Method::DELETE] {
            if item[method.as_str().to_lowercase()].is_object() {
                continue;
            }
            let path = path.replace(['{', '}'], "x");
            let response = app.http.request(method.clone(), app.url(&path)).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn the_document_in_the_repository_is_the_one_that_is_served() {
    let app = TestApp::start().await;
    let served = app.get("/openapi.json").await.text().await.unwrap();
    let kept = include_str!("../../../../crates/api/openapi/image-cache.json");
    assert!(served == kept, "crates/api/openapi/image-cache.json is out of date; `make generate` renews it");
}

#[tokio::test]
async fn operation_ids_are_unique_and_named_like_handlers() {
    let app = TestApp::start().await;
    let contract = Contract::new(&app).await;
    let mut ids = BTreeSet::new();
    for item in contract.document["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            let id = operation["operationId"].as_str().unwrap();
            let verb = id.split('_').next().unwrap();
            let verbs = ["get", "head", "list", "create", "update", "delete", "revoke", "upload", "put"];
            assert!(verbs.contains(&verb), "{id} does not begin with a verb");
            assert!(ids.insert(id), "{id} is there twice");
            assert!(
                operation["summary"].is_string() || operation["description"].is_string(),
                "{id} is not described"
            );
        }
    }
}
