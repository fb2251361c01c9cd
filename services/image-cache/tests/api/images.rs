//! Serving, listing and deleting.

use std::time::Duration;

use domain::plan::Source;
use domain::{MediaType, Name, Orientation, Owner, Size, Visibility};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use storage::{BlobsIn, NewImage, Quota, Storage, StorageSettings};
use testkit::images;
use testkit::wait::until;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::test_app::{TestApp, refused};

#[tokio::test]
async fn an_original_comes_back_byte_for_byte_with_all_its_headers() {
    let app = TestApp::start().await;
    let jpeg = images::jpeg(64, 48);
    let id = app.uploaded(&jpeg).await;

    let response = app.get(&format!("/images/{id}")).await;
    assert_eq!(response.status(), StatusCode::OK);
    let headers = response.headers().clone();
    assert_eq!(headers["content-type"], "image/jpeg");
    assert_eq!(headers["accept-ranges"], "bytes");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["content-security-policy"], "default-src 'none'; sandbox");
    assert_eq!(headers["cross-origin-resource-policy"], "cross-origin");
    assert_eq!(headers["cache-control"], "public, max-age=3600");
    let name = format!("photo-{id}.jpg");
    let disposition = format!("inline; filename=\"{name}\"; filename*=UTF-8''{name}");
    assert_eq!(headers["content-disposition"], disposition.as_str());
    assert!(headers.contains_key("etag") && headers.contains_key("last-modified"));
    assert_eq!(headers["x-request-id"].len(), 36);
    assert_eq!(response.bytes().await.unwrap(), jpeg);

    let under_api = app.get(&format!("/api/v1/images/{id}")).await;
    assert_eq!(under_api.headers()["etag"], headers["etag"]);
    assert_eq!(under_api.bytes().await.unwrap(), jpeg);
}

#[tokio::test]
async fn large_originals_are_streamed_whole_and_in_parts() {
    let app = TestApp::with(&["--max-cached-original=100kB"]).await;
    let png = images::png_of(1_500_000, 7);
    let id = app.uploaded(&png).await;
    let url = app.url(&format!("/images/{id}"));

    assert_eq!(app.http.get(&url).send().await.unwrap().bytes().await.unwrap(), png);
    for (range, expected) in [
        ("bytes=0-0", 0..1),
        ("bytes=262143-262145", 262_143..262_146),
        ("bytes=-10", png.len() - 10..png.len()),
    ] {
        let part = app.http.get(&url).header("range", range).send().await.unwrap();
        assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
        let said = format!("bytes {}-{}/{}", expected.start, expected.end - 1, png.len());
        assert_eq!(part.headers()["content-range"], said.as_str());
        assert_eq!(part.bytes().await.unwrap(), &png[expected]);
    }
}

#[tokio::test]
async fn small_originals_from_memory_are_served_in_parts_too() {
    let app = TestApp::start().await;
    let jpeg = images::jpeg(64, 48);
    let id = app.uploaded(&jpeg).await;
    let get =
        |range: &'static str| app.http.get(app.url(&format!("/images/{id}"))).header("range", range).send();
    assert_eq!(get("bytes=10-19").await.unwrap().bytes().await.unwrap(), &jpeg[10..20]);
    let outside = get("bytes=9999999-").await.unwrap();
    assert_eq!(outside.headers()["content-range"], format!("bytes */{}", jpeg.len()).as_str());
    refused(outside, 416, "rangeNotSatisfiable").await;
}

#[tokio::test]
async fn a_client_that_has_the_image_gets_304() {
    let app = TestApp::start().await;
    let id = app.uploaded(&images::jpeg(8, 8)).await;
    let url = app.url(&format!("/images/{id}"));
    let first = app.http.get(&url).send().await.unwrap();
    let (etag, modified) = (first.headers()["etag"].clone(), first.headers()["last-modified"].clone());

    let again = app.http.get(&url).header("if-none-match", &etag).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(again.headers()["etag"], etag);
    assert_eq!(again.bytes().await.unwrap().len(), 0);
    let again = app.http.head(&url).header("if-modified-since", &modified).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    let other = app.http.get(&url).header("if-match", "\"other\"").send().await.unwrap();
    refused(other, 412, "preconditionFailed").await;
}

#[tokio::test]
async fn head_says_the_length_and_sends_nothing() {
    let app = TestApp::start().await;
    let jpeg = images::jpeg(64, 48);
    let id = app.uploaded(&jpeg).await;
    let response = app.http.head(app.url(&format!("/images/{id}"))).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-length"], jpeg.len().to_string().as_str());
    assert_eq!(response.headers()["content-type"], "image/jpeg");
    assert_eq!(response.bytes().await.unwrap().len(), 0);
}

#[tokio::test]
async fn what_is_known_of_an_image_is_read_from_its_bytes() {
    let app = TestApp::start().await;
    let jpeg = images::jpeg_with_orientation(40, 30, 6);
    let id = app.uploaded(&jpeg).await;
    let response = app.get(&format!("/images/{id}/info")).await;
    assert_eq!(response.headers()["cache-control"], "no-store");
    let info: Value = response.json().await.unwrap();
    assert_eq!(info["id"], id.as_str());
    assert_eq!(info["name"], format!("photo-{id}.jpg"));
    assert_eq!(info["mediaType"], "image/jpeg");
    assert_eq!((&info["width"], &info["height"], &info["orientation"]), (&40.into(), &30.into(), &6.into()));
    assert_eq!(info["bytes"], jpeg.len());
    assert_eq!(info["sha256"], sha256(&jpeg));
    assert!(info["created"].as_str().unwrap().ends_with('Z'));
}

#[tokio::test]
async fn images_are_listed_newest_first_page_by_page() {
    let app = TestApp::start().await;
    let mut ids = Vec::new();
    for seed in 0..5 {
        ids.push(app.uploaded(&images::png_of(500, seed)).await);
    }
    ids.reverse();

    let mut listed = Vec::new();
    let mut path = "/images?limit=2".to_owned();
    loop {
        let page: Value = app.get(&path).await.json().await.unwrap();
        let images = page["images"].as_array().unwrap();
        assert!(images.len() <= 2);
        listed.extend(images.iter().map(|image| image["id"].as_str().unwrap().to_owned()));
        match page["nextCursor"].as_str() {
            Some(cursor) => path = format!("/images?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(listed, ids);
    for query in ["limit=0", "limit=1001", "limit=x", "cursor=x", "limit=1&limit=1", "page=2"] {
        refused(app.get(&format!("/images?{query}")).await, 400, "invalidOption").await;
    }
}

#[tokio::test]
async fn equal_bytes_are_stored_once_and_deleting_one_image_keeps_the_other() {
    let app = TestApp::start().await;
    let jpeg = images::jpeg(32, 32);
    let (first, second) = (app.uploaded(&jpeg).await, app.uploaded(&jpeg).await);
    assert_ne!(first, second);
    assert_eq!(app.blobs().len(), 1);

    let delete = |id: String| app.http.delete(app.url(&format!("/images/{id}"))).send();
    let message: Value = delete(first.clone()).await.unwrap().json().await.unwrap();
    assert_eq!(message["message"], format!("photo-{first}.jpg image deleted"));
    refused(app.get(&format!("/images/{first}")).await, 404, "notFound").await;
    assert_eq!(app.get(&format!("/images/{second}")).await.bytes().await.unwrap(), jpeg);

    delete(second.clone()).await.unwrap();
    refused(app.get(&format!("/images/{second}")).await, 404, "notFound").await;
    refused(delete(second).await.unwrap(), 404, "notFound").await;
    assert!(app.blobs().is_empty());
}

#[tokio::test]
async fn uploading_and_deleting_equal_bytes_at_once_never_loses_an_acknowledged_image() {
    let app = TestApp::start().await;
    let jpeg = images::jpeg(16, 16);
    for _ in 0..20 {
        let doomed = app.uploaded(&jpeg).await;
        let delete = app.http.delete(app.url(&format!("/images/{doomed}"))).send();
        let (deleted, kept) = tokio::join!(delete, app.uploaded(&jpeg));
        assert_eq!(deleted.unwrap().status(), StatusCode::OK);
        let response = app.get(&format!("/images/{kept}")).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.bytes().await.unwrap(), jpeg);
        app.http.delete(app.url(&format!("/images/{kept}"))).send().await.unwrap();
    }
}

#[tokio::test]
async fn a_deletion_whose_client_goes_away_is_carried_out_whole() {
    let app = TestApp::start().await;
    for _ in 0..20 {
        let id = app.uploaded(&images::jpeg(16, 16)).await;
        let path = format!("/images/{id}");
        assert_eq!(app.get(&path).await.status(), StatusCode::OK, "it is remembered");
        let mut client = TcpStream::connect(app.base.trim_start_matches("http://")).await.unwrap();
        client
            .write_all(format!("DELETE {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes())
            .await
            .unwrap();
        drop(client);
        until("it is gone", async || (app.get(&path).await.status() == StatusCode::NOT_FOUND).then_some(()))
            .await;
    }
}

#[tokio::test]
async fn unknown_paths_methods_ids_and_queries_are_refused_by_name() {
    let app = TestApp::start().await;
    let id = app.uploaded(&images::jpeg(8, 8)).await;
    let unknown = "01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12";

    let message = refused(app.get(&format!("/images/{unknown}")).await, 404, "notFound").await;
    assert!(message.contains(unknown), "{message}");
    let message = refused(app.get("/images/holiday.jpg").await, 400, "invalidId").await;
    assert!(message.contains("`holiday.jpg`"), "{message}");
    refused(app.get("/images/..%2f..%2fetc%2fpasswd").await, 400, "invalidId").await;
    refused(app.get("/nowhere").await, 404, "notFound").await;
    refused(app.get("/api/v1/nowhere").await, 404, "notFound").await;
    let message = refused(app.get(&format!("/images/{id}?width=100")).await, 400, "invalidOption").await;
    assert!(message.contains("`width`"), "{message}");

    let put = app.http.request(Method::PUT, app.url(&format!("/images/{id}"))).send().await.unwrap();
    assert_eq!(put.headers()["allow"], "GET, HEAD, PATCH, DELETE");
    refused(put, 405, "methodNotAllowed").await;
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn an_original_can_be_asked_for_to_be_saved_and_past_a_cache() {
    let app = TestApp::start().await;
    let id = app.uploaded(&images::jpeg(8, 8)).await;
    for (query, kind) in [
        ("?download=true", "attachment; filename="),
        ("?download=false", "inline; filename="),
        ("?v=3&_=17&utm_source=mail", "inline; filename="),
    ] {
        let response = app.get(&format!("/images/{id}{query}")).await;
        assert_eq!(response.status(), StatusCode::OK, "{query}");
        let disposition = response.headers()["content-disposition"].to_str().unwrap();
        assert!(disposition.starts_with(kind), "{query}: {disposition}");
    }
    refused(app.get(&format!("/images/{id}?download=yes")).await, 400, "invalidOption").await;
    refused(app.get(&format!("/images/{id}?width=3")).await, 400, "invalidOption").await;
}

/// An AVIF as far as its header goes: a picture of 300 × 200 pixels, turned by a quarter.
fn turned_avif() -> Vec<u8> {
    let named = |name: &[u8; 4], payload: &[u8]| {
        let length = u32::try_from(payload.len() + 8).unwrap();
        [&length.to_be_bytes(), name.as_slice(), payload].concat()
    };
    let extent = named(b"ispe", &[[0; 4], 300u32.to_be_bytes(), 200u32.to_be_bytes()].concat());
    let known = named(b"ipco", &[extent, named(b"irot", &[1])].concat());
    let associations = named(b"ipma", &[0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 2, 0x81, 0x82]);
    let primary = named(b"pitm", &[0, 0, 0, 0, 0, 1]);
    let meta = [&[0; 4][..], &primary, &named(b"iprp", &[known, associations].concat())].concat();
    [named(b"ftyp", b"avif\0\0\0\0mif1"), named(b"meta", &meta)].concat()
}

#[tokio::test]
async fn what_was_stored_with_the_wrong_size_is_put_right_on_first_use() {
    let folder = tempfile::tempdir().unwrap();
    let settings = StorageSettings {
        data_dir: folder.path().to_owned(),
        blobs: BlobsIn::Folder,
        keep_events: Duration::from_secs(60),
        quota: Quota::default(),
    };
    let storage = Storage::open(settings).await.unwrap();
    let mut staged = storage.stage().await.unwrap();
    staged.write(turned_avif().into()).await.unwrap();
    // As versions wrote it that did not look at how it is turned.
    let source = Source {
        media_type: MediaType::Avif,
        size: Size::new(300, 200).unwrap(),
        orientation: Orientation::UPRIGHT,
        frames: 1,
    };
    let image = NewImage {
        owner: Owner::NOBODY,
        file_name: Name::parse("old.avif").unwrap(),
        album: None,
        source,
        visibility: Visibility::Private,
        once: None,
    };
    let stored = storage.commit(staged.complete().await.unwrap(), image).await.unwrap();
    storage.close().await;
    drop(storage);

    let app = TestApp::in_folder(folder, &[]).await;
    let path = format!("/images/{}/info", stored.value.id);
    let info: Value = app.get(&path).await.json().await.unwrap();
    assert_eq!((&info["width"], &info["height"]), (&json!(300), &json!(200)), "as stored: {info}");
    assert_eq!(info["orientation"], json!(8));
}
