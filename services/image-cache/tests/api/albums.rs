//! Albums over HTTP, as a client of the album store (docs/compatibility.md) uses them.

use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use testkit::images;
use testkit::multipart::{self, Part};

use crate::test_app::{TestApp, refused};

impl TestApp {
    pub(crate) async fn send(&self, method: Method, path: &str, body: &Value) -> Response {
        self.http.request(method, self.url(path)).json(body).send().await.unwrap()
    }

    pub(crate) async fn create_album(&self, name: &str) {
        let response = self.send(Method::POST, "/albums", &json!({ "albumName": name })).await;
        assert_eq!(response.status(), StatusCode::CREATED);
    }

    pub(crate) async fn put_image(&self, path: &str, bytes: Vec<u8>) -> Response {
        self.http.put(self.url(path)).body(bytes).send().await.unwrap()
    }

    pub(crate) async fn delete(&self, path: &str) -> Response {
        self.http.delete(self.url(path)).send().await.unwrap()
    }

    pub(crate) async fn json(&self, path: &str) -> Value {
        let response = self.get(path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.json().await.unwrap()
    }

    /// The sentences of all events so far.
    pub(crate) async fn told(&self) -> Vec<String> {
        let events = crate::events::all(self).await;
        events.iter().flat_map(|event| event.change().unwrap().sentences()).collect()
    }
}

async fn message(response: Response) -> String {
    assert!(response.status().is_success(), "{}", response.status());
    let body: Value = response.json().await.unwrap();
    body["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_album_is_created_listed_renamed_and_deleted() {
    let app = TestApp::start().await;
    let created = app.send(Method::POST, "/albums", &json!({ "albumName": "summer" })).await;
    assert_eq!(created.status(), StatusCode::CREATED);
    assert_eq!(created.headers()["location"], "/albums/summer");
    assert_eq!(message(created).await, "summer album added");
    assert_eq!(app.json("/albums").await, json!({ "albumList": ["summer"] }));
    assert_eq!(app.json("/api/v1/albums").await, json!({ "albumList": ["summer"] }));
    assert_eq!(app.json("/albums/?limit=1").await, json!({ "albumList": ["summer"] }), "a slash is no name");

    let renamed = app.send(Method::PATCH, "/albums/summer", &json!({ "albumName": "autumn" })).await;
    assert_eq!(message(renamed).await, "summer album modified to autumn");
    assert_eq!(app.json("/albums").await, json!({ "albumList": ["autumn"] }));
    assert_eq!(message(app.delete("/albums/autumn").await).await, "autumn album deleted");
    assert_eq!(app.json("/albums").await, json!({ "albumList": [] }));
}

#[tokio::test]
async fn an_image_in_an_album_goes_by_the_name_of_its_file() {
    let app = TestApp::start().await;
    app.create_album("summer").await;
    let jpeg = images::jpeg(40, 30);
    let body = multipart::body(&[multipart::file(&jpeg)]);
    let upload = app.http.post(app.url("/albums/summer/images"));
    let added = upload.header(CONTENT_TYPE, multipart::content_type()).body(body).send().await.unwrap();
    assert_eq!(added.status(), StatusCode::CREATED);
    assert_eq!(added.headers()["location"], "/albums/summer/images/photo.jpg");
    let added: Value = added.json().await.unwrap();
    assert_eq!(added["message"], "photo.jpg image added to album summer");
    assert_eq!((&added["name"], &added["album"]), (&json!("photo.jpg"), &json!("summer")));

    assert_eq!(app.json("/albums/summer/images").await, json!({ "imageList": ["photo.jpg"] }));
    let served = app.get("/albums/summer/images/photo.jpg").await;
    assert_eq!(served.headers()["content-type"], "image/jpeg");
    assert_eq!(served.headers()["cache-control"], "no-cache", "another image may have the name tomorrow");
    assert_eq!(served.bytes().await.unwrap(), jpeg);
    let info = app.json("/albums/summer/images/photo.jpg/info").await;
    assert_eq!(info["id"], added["id"]);
    let by_id = app.get(&format!("/images/{}", added["id"].as_str().unwrap())).await;
    assert_eq!(by_id.bytes().await.unwrap(), jpeg);

    let path = "/albums/summer/images/photo.jpg";
    let renamed = app.send(Method::PATCH, path, &json!({ "imageName": "beach.jpg" })).await;
    assert_eq!(message(renamed).await, "photo.jpg image modified to beach.jpg");
    assert_eq!(app.get(path).await.status(), StatusCode::NOT_FOUND);
    let path = "/albums/summer/images/beach.jpg";
    assert_eq!(app.get(path).await.status(), StatusCode::OK);
    assert_eq!(message(app.delete(path).await).await, "beach.jpg image deleted from album summer");
    assert_eq!(app.get(path).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(app.told().await.len(), 4);
}

#[tokio::test]
async fn a_raw_upload_and_an_upload_that_names_its_album_arrive_there() {
    let app = TestApp::start().await;
    app.create_album("a").await;
    let png = images::png(8, 8);
    let put = app.put_image("/albums/a/images/one.png", png.clone()).await;
    assert_eq!(put.status(), StatusCode::CREATED);
    assert_eq!(put.headers()["location"], "/albums/a/images/one.png");
    let album = Part { disposition: "; name=\"album\"", bytes: b"a" };
    let file = Part { disposition: "; name=\"file\"; filename=\"two.png\"", bytes: &png };
    let added = app.post_multipart(multipart::body(&[file, album])).await;
    assert_eq!(added.status(), StatusCode::CREATED);
    let added: Value = added.json().await.unwrap();
    assert_eq!(added["message"], "two.png image added to album a");
    assert_eq!(app.json("/albums/a/images").await, json!({ "imageList": ["one.png", "two.png"] }));
    assert_eq!(app.get("/albums/a/images/one.png").await.bytes().await.unwrap(), png);
}

#[tokio::test]
async fn an_image_moves_into_between_and_out_of_albums() {
    let app = TestApp::start().await;
    app.create_album("a").await;
    app.create_album("b").await;
    let id = app.uploaded(&images::png(8, 8)).await;
    let path = format!("/images/{id}");
    let moved = app.send(Method::PATCH, &path, &json!({ "albumName": "a" })).await;
    let out = format!("photo-{id}.png");
    assert_eq!(message(moved).await, format!("{out} image deleted, photo.jpg image added to album a"));
    let to = json!({ "albumName": "b", "imageName": "x" });
    let moved = app.send(Method::PATCH, "/albums/a/images/photo.jpg", &to).await;
    assert_eq!(message(moved).await, "photo.jpg image deleted from album a, x image added to album b");
    assert_eq!(app.json("/albums/b/images/x/info").await["id"], *id);
    assert_eq!(app.json(&format!("{path}/info")).await["album"], "b");
    app.send(Method::PATCH, &path, &json!({ "albumName": null })).await;
    assert_eq!(app.json(&format!("{path}/info")).await["album"], Value::Null);
    assert_eq!(app.json("/albums/b/images").await, json!({ "imageList": [] }));
    assert_eq!(app.get(&path).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn what_is_missing_taken_or_not_possible_is_told_by_status_code_and_name() {
    let app = TestApp::start().await;
    app.create_album("a").await;
    app.create_album("b").await;
    let png = images::png(8, 8);
    app.put_image("/albums/a/images/x", png.clone()).await;
    app.put_image("/albums/a/images/y", png.clone()).await;

    let taken = app.send(Method::POST, "/albums", &json!({ "albumName": "a" })).await;
    assert!(refused(taken, 409, "nameTaken").await.contains("`a`"));
    let taken = app.send(Method::PATCH, "/albums/a", &json!({ "albumName": "b" })).await;
    assert!(refused(taken, 409, "nameTaken").await.contains("`b`"));
    let taken = app.send(Method::PATCH, "/albums/a/images/x", &json!({ "imageName": "y" })).await;
    assert!(refused(taken, 409, "nameTaken").await.contains("`y`"));
    let taken = app.put_image("/albums/a/images/x", png.clone()).await;
    refused(taken, 409, "nameTaken").await;

    for response in [
        app.send(Method::PATCH, "/albums/z", &json!({ "albumName": "y" })).await,
        app.delete("/albums/z").await,
        app.get("/albums/z/images").await,
        app.get("/albums/z/images/x").await,
        app.get("/albums/a/images/z").await,
        app.get("/albums/a/images/z/info").await,
        app.delete("/albums/a/images/z").await,
        app.put_image("/albums/z/images/x", png.clone()).await,
        app.send(Method::PATCH, "/albums/a/images/z", &json!({ "imageName": "w" })).await,
        app.send(Method::PATCH, "/albums/a/images/x", &json!({ "albumName": "z" })).await,
    ] {
        assert!(refused(response, 404, "notFound").await.contains("`z`"));
    }
    for name in ["", ".", "..", "a/b", "a\\b", "a\u{7}b", "a\u{202E}b", &"é".repeat(128)] {
        let response = app.send(Method::POST, "/albums", &json!({ "albumName": name })).await;
        refused(response, 400, "invalidName").await;
    }
    for path in [
        "/albums/%2E%2E%2F/images/x",
        "/albums/a/images/a%2Fb",
        "/albums/%FF/images/x",
        "/albums/a/images/%00",
    ] {
        refused(app.put_image(path, png.clone()).await, 400, "invalidName").await;
    }
    for body in ["", "{}", "[]", "[\"x\"]", r#"{"albumName":7}"#, "{\"albumName\":\"\u{0}"] {
        let post = app.http.post(app.url("/albums")).body(body).send().await.unwrap();
        refused(post, 400, "invalidRequest").await;
    }
    let empty = app.send(Method::PATCH, "/albums/a/images/x", &json!({})).await;
    assert!(refused(empty, 400, "invalidRequest").await.contains("imageName"));
    let long = format!(r#"{{"albumName":"{}"}}"#, "x".repeat(20_000));
    refused(app.http.post(app.url("/albums")).body(long).send().await.unwrap(), 413, "tooLarge").await;
    assert_eq!(app.told().await.len(), 4, "what was refused is not told");
}

#[tokio::test]
async fn an_upload_into_an_album_needs_a_name_and_one_album() {
    let app = TestApp::start().await;
    app.create_album("a").await;
    let png = images::png(8, 8);
    let album = |bytes: &'static [u8]| Part { disposition: "; name=\"album\"", bytes };
    let nameless = Part { disposition: "; name=\"file\"", bytes: &png };
    let refusals = [
        (vec![album(b"a"), nameless], 400, "invalidRequest"),
        (vec![album(b"a"), album(b"a"), multipart::file(&png)], 400, "invalidRequest"),
        (vec![album(b"\xFF"), multipart::file(&png)], 400, "invalidRequest"),
        (vec![album(b"a/b"), multipart::file(&png)], 400, "invalidName"),
        (vec![album(&[b'a'; 5000]), multipart::file(&png)], 400, "invalidName"),
        (vec![album(b"z"), multipart::file(&png)], 404, "notFound"),
    ];
    for (parts, status, code) in refusals {
        refused(app.post_multipart(multipart::body(&parts)).await, status, code).await;
    }
    let part = app.http.put(app.url("/albums/a/images/x")).header("content-range", "bytes 0-9/20");
    refused(part.body(png).send().await.unwrap(), 400, "invalidRequest").await;
    assert!(app.blobs().is_empty() && app.staged().is_empty());
}

#[tokio::test]
async fn a_change_with_a_condition_is_made_only_of_the_very_image_that_was_seen() {
    let app = TestApp::start().await;
    app.create_album("a").await;
    app.put_image("/albums/a/images/x", images::png(8, 8)).await;
    let etag = app.get("/albums/a/images/x").await.headers()["etag"].clone();
    let change = async |method: Method, path: &str, body: Option<Value>, seen: &str| {
        let request = app.http.request(method, app.url(path)).header("if-match", seen);
        let request = if let Some(body) = body { request.json(&body) } else { request };
        request.send().await.unwrap()
    };
    let rename = || Some(json!({ "imageName": "y" }));
    let other = "\"00\"";
    refused(change(Method::DELETE, "/albums/a/images/x", None, other).await, 412, "preconditionFailed").await;
    let refusal = change(Method::PATCH, "/albums/a/images/x", rename(), other).await;
    refused(refusal, 412, "preconditionFailed").await;
    refused(change(Method::DELETE, "/albums/a", None, other).await, 412, "preconditionFailed").await;
    let seen = etag.to_str().unwrap();
    let renamed = change(Method::PATCH, "/albums/a/images/x", rename(), seen).await;
    assert_eq!(renamed.status(), StatusCode::OK);
    assert_eq!(change(Method::DELETE, "/albums/a/images/y", None, seen).await.status(), StatusCode::OK);
    assert_eq!(change(Method::DELETE, "/albums/a", None, "*").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_parameter_that_is_not_known_is_refused_and_nothing_happens() {
    let app = TestApp::start().await;
    app.create_album("a").await;
    let added = app.put_image("/albums/a/images/x", images::png(8, 8)).await;
    let added: Value = added.json().await.unwrap();
    let image = format!("/images/{}", added["id"].as_str().unwrap());
    for (method, path) in [
        (Method::GET, format!("{image}/info")),
        (Method::GET, "/albums/a/images/x/info".to_owned()),
        (Method::DELETE, image.clone()),
        (Method::DELETE, "/albums/a/images/x".to_owned()),
        (Method::DELETE, "/albums/a".to_owned()),
        (Method::PATCH, image.clone()),
        (Method::PATCH, "/albums/a".to_owned()),
        (Method::PATCH, "/albums/a/images/x".to_owned()),
        (Method::PUT, "/albums/a/images/y".to_owned()),
        (Method::POST, "/albums".to_owned()),
        (Method::POST, "/albums/a/images".to_owned()),
        (Method::POST, "/images".to_owned()),
    ] {
        let response = app.send(method, &format!("{path}?dryRun=true"), &json!({ "albumName": "b" })).await;
        assert!(refused(response, 400, "invalidOption").await.contains("`dryRun`"));
    }
    assert_eq!(app.told().await.len(), 2);
}

#[tokio::test]
async fn a_renamed_album_and_image_are_served_under_their_new_names_only() {
    let app = TestApp::start().await;
    app.create_album("a").await;
    app.put_image("/albums/a/images/x", images::png(8, 8)).await;
    // Asked for first, so that it is remembered.
    let etag = app.get("/albums/a/images/x").await.headers()["etag"].clone();
    app.send(Method::PATCH, "/albums/a", &json!({ "albumName": "b" })).await;
    assert_eq!(app.get("/albums/a/images/x").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(app.get("/albums/b/images/x").await.headers()["etag"], etag);
    app.send(Method::PATCH, "/albums/b/images/x", &json!({ "imageName": "y" })).await;
    let other = images::png(9, 9);
    app.put_image("/albums/b/images/x", other.clone()).await;
    assert_eq!(app.get("/albums/b/images/x").await.bytes().await.unwrap(), other);
    app.delete("/albums/b").await;
    assert_eq!(app.get("/albums/b/images/x").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(app.get("/albums/b/images/y").await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn another_image_under_an_old_name_is_never_not_modified() {
    let app = TestApp::start().await;
    app.create_album("a").await;
    app.put_image("/albums/a/images/old", images::png(8, 8)).await;
    // HTTP dates have whole seconds.
    testkit::wait::time_passes(std::time::Duration::from_millis(1100)).await;
    app.put_image("/albums/a/images/x", images::png(9, 9)).await;
    let seen = app.get("/albums/a/images/x").await.headers()["last-modified"].clone();
    testkit::wait::time_passes(std::time::Duration::from_millis(1100)).await;
    app.delete("/albums/a/images/x").await;
    app.send(Method::PATCH, "/albums/a/images/old", &json!({ "imageName": "x" })).await;
    let again = app.http.get(app.url("/albums/a/images/x")).header("if-modified-since", seen);
    assert_eq!(again.send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn long_lists_come_in_pages_whose_cursor_can_stand_in_a_url() {
    let app = TestApp::start().await;
    for name in ["a&b", "c d", "e?", "f#", "été"] {
        app.create_album(name).await;
    }
    let (mut names, mut path) = (Vec::new(), "/albums?limit=2".to_owned());
    loop {
        let page = app.json(&path).await;
        names.extend(page["albumList"].as_array().unwrap().clone());
        match page["nextCursor"].as_str() {
            Some(cursor) => path = format!("/albums?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(names, ["a&b", "c d", "e?", "f#", "été"]);
    for path in ["/albums?limit=0", "/albums?limit=10001", "/albums?cursor=%21", "/albums?page=2"] {
        refused(app.get(path).await, 400, "invalidOption").await;
    }
}

#[tokio::test]
async fn an_upload_by_name_heeds_what_must_be_there_or_must_not() {
    let app = TestApp::start().await;
    app.http.post(app.url("/albums")).body(r#"{"albumName":"a","other":1}"#).send().await.unwrap();
    let put = async |header: &str| {
        let request = app.http.put(app.url("/albums/a/images/x.jpg")).header(header, "*");
        request.body(images::jpeg(8, 8)).send().await.unwrap()
    };
    refused(put("if-match").await, 412, "preconditionFailed").await;
    assert_eq!(put("if-none-match").await.status(), StatusCode::CREATED);
    refused(put("if-none-match").await, 412, "preconditionFailed").await;
    refused(put("if-match").await, 409, "nameTaken").await;
}
