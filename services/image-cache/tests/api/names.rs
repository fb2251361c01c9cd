//! Names of albums and images: those that are taken come back exactly, whatever is in them.

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::images;

use crate::test_app::{TestApp, refused};

#[tokio::test]
async fn every_name_that_is_taken_comes_back_exactly() {
    let app = TestApp::start().await;
    let names = [
        "a b",
        "100%",
        "%41",
        "a+b",
        "a&b=c",
        "q?x#y",
        "été",
        "日本語.png",
        "😀",
        "'\"<>",
        "`;|$()",
        "~",
        "...",
        "albums",
        "images",
        "info",
        "#",
        "+",
        "$SYS",
        "a:b",
        "null",
        "{album}",
        " ",
        "C:",
        "%2F",
        "a,b",
    ];
    for name in names {
        app.create_album(name).await;
        let segment = api::paths::segment(name);
        let path = format!("/albums/{segment}/images/{segment}");
        let put = app.put_image(&path, images::png(8, 8)).await;
        assert_eq!(put.status(), StatusCode::CREATED, "{name}");
        let info = app.json(&format!("{path}/info")).await;
        assert_eq!((&info["name"], &info["album"]), (&json!(name), &json!(name)));
        let list = app.json(&format!("/albums/{segment}/images")).await;
        assert_eq!(list, json!({ "imageList": [name] }));
        assert_eq!(app.get(&format!("/api/v1{path}")).await.status(), StatusCode::OK);
    }
    let list = app.json("/albums").await;
    let mut sorted = names.map(|name| name.to_owned());
    sorted.sort();
    assert_eq!(list, json!({ "albumList": sorted }));
    assert!(app.told().await.contains(&"%41 album created".to_owned()));

    // Both spellings of é are one name.
    let taken = app.send(Method::POST, "/albums", &json!({ "albumName": "e\u{301}te\u{301}" })).await;
    refused(taken, 409, "nameTaken").await;
    assert_eq!(app.json("/albums/e%CC%81te%CC%81/images").await, json!({ "imageList": ["été"] }));
}

#[tokio::test]
async fn any_name_at_all_comes_back_exactly_or_is_refused() {
    let app = TestApp::start().await;
    let mut runner = TestRunner::deterministic();
    let any = proptest::string::string_regex("\\PC{1,40}").unwrap();
    let mut kept = 0;
    for _ in 0..100 {
        let text = any.new_tree(&mut runner).unwrap().current();
        let path = format!("/albums/{}", api::paths::segment(&text));
        let response = app.send(Method::POST, "/albums", &json!({ "albumName": text })).await;
        let status = response.status();
        if status == StatusCode::BAD_REQUEST {
            refused(response, 400, "invalidName").await;
            refused(app.get(&format!("{path}/images")).await, 400, "invalidName").await;
            continue;
        }
        assert_eq!(status, StatusCode::CREATED, "{text:?}");
        let location = response.headers()["location"].to_str().unwrap().to_owned();
        let body: Value = response.json().await.unwrap();
        // What is kept is the text in Unicode NFC, and that again is itself.
        let name = domain::Name::parse(&text).unwrap();
        assert_eq!(body["albumName"], name.as_str());
        for path in [path, location] {
            assert_eq!(app.json(&format!("{path}/images")).await, json!({ "imageList": [] }), "{text:?}");
        }
        assert_eq!(app.json("/albums").await, json!({ "albumList": [name.as_str()] }));
        assert_eq!(
            app.delete(&api::paths::ALBUM.replace("{album}", &api::paths::segment(&text))).await.status(),
            StatusCode::OK
        );
        kept += 1;
    }
    assert!(kept >= 30, "{kept}");
}
