//! Taking uploads, and refusing bad ones without a trace.

use image::ImageFormat;
use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use testkit::images;
use testkit::multipart::{self, Part};
use testkit::wait::until;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::test_app::{TestApp, refused};

#[tokio::test]
async fn an_upload_is_answered_with_where_it_is_and_what_it_is() {
    let app = TestApp::start().await;
    let response = app.upload(&images::png(20, 10)).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let body: Value = response.json().await.unwrap();
    let id = body["id"].as_str().unwrap();
    assert_eq!(location, format!("/images/{id}"));
    assert_eq!(body["name"], format!("photo-{id}.png"), "the extension is from the bytes");
    assert_eq!((&body["width"], &body["height"]), (&20.into(), &10.into()));

    let under_api = app.http.post(app.url("/api/v1/images")).header(CONTENT_TYPE, multipart::content_type());
    let under_api =
        under_api.body(multipart::body(&[multipart::file(&images::png(2, 2))])).send().await.unwrap();
    assert!(under_api.headers()["location"].to_str().unwrap().starts_with("/api/v1/images/"));
}

#[tokio::test]
async fn every_kind_of_image_is_known_by_its_bytes() {
    let app = TestApp::start().await;
    for (format, media_type) in [
        (ImageFormat::Jpeg, "image/jpeg"),
        (ImageFormat::Png, "image/png"),
        (ImageFormat::Gif, "image/gif"),
        (ImageFormat::WebP, "image/webp"),
        (ImageFormat::Tiff, "image/tiff"),
        (ImageFormat::Bmp, "image/bmp"),
    ] {
        let response = app.upload(&images::encoded(33, 21, format)).await;
        assert_eq!(response.status(), StatusCode::CREATED, "{media_type}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["mediaType"], media_type);
        assert_eq!((&body["width"], &body["height"]), (&33.into(), &21.into()), "{media_type}");
    }
}

#[tokio::test]
async fn what_is_no_image_is_415_and_leaves_nothing() {
    let app = TestApp::start().await;
    for (bytes, looks_like) in [
        (&b""[..], "empty"),
        (b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>", "SVG"),
        (b"<!DOCTYPE html><script>alert(1)</script>", "HTML"),
        (b"%PDF-1.7\n", "PDF"),
        (b"just some text", ""),
        (b"BM is not a bitmap", ""),
    ] {
        let message = refused(app.upload(bytes).await, 415, "invalidFileType").await;
        assert!(message.contains(looks_like) && message.contains("JPEG, PNG"), "{message}");
    }
    assert!(app.blobs().is_empty() && app.staged().is_empty());
}

#[tokio::test]
async fn a_body_that_is_not_one_file_is_refused_with_what_is_wrong() {
    let app = TestApp::start().await;
    let jpeg = images::jpeg(8, 8);
    let with = |disposition| Part { disposition, bytes: &jpeg };

    for (parts, code, word) in [
        (vec![], "invalidRequest", "no part named `file`"),
        (vec![with("; name=\"photo\"")], "invalidRequest", "no part named `file`"),
        (vec![multipart::file(&jpeg), multipart::file(&jpeg)], "invalidRequest", "more than one part"),
        (
            vec![multipart::file(&jpeg), with("; name=\"photo\"; filename=\"a.jpg\"")],
            "invalidRequest",
            "more than one part",
        ),
        (vec![multipart::file(&jpeg), with("; name=\"album\"")], "invalidRequest", "`album`"),
        (vec![Part { disposition: "; name=\"other\"", bytes: &[b'x'; 66_000] }], "invalidRequest", "64 KiB"),
        (
            (0..65).map(|_| Part { disposition: "; name=\"other\"", bytes: b"" }).collect(),
            "invalidRequest",
            "64",
        ),
        (vec![with("; filename=\"a.jpg\"")], "invalidRequest", "malformed"),
        (vec![with("; name=\"file\"; filename=\"a/..\"")], "invalidName", "`..`"),
        (vec![with("; name=\"file\"; filename=\"a\u{202e}gpj.exe\"")], "invalidName", "U+202E"),
    ] {
        let message = refused(app.post_multipart(multipart::body(&parts)).await, 400, code).await;
        assert!(message.contains(word), "{message}");
    }
    let long = format!("; name=\"file\"; filename=\"{}.jpg\"", "n".repeat(252));
    let message =
        refused(app.post_multipart(multipart::body(&[with(&long)])).await, 400, "invalidName").await;
    assert!(message.contains("256 bytes"), "{message}");
    assert!(app.blobs().is_empty() && app.staged().is_empty());
}

#[tokio::test]
async fn a_name_in_any_script_is_kept() {
    let app = TestApp::start().await;
    let jpeg = images::jpeg(8, 8);
    for (disposition, stem) in [
        ("; name=\"file\"; filename=\"Straße im Frühling.jpg\"", "Straße im Frühling"),
        ("; name=\"file\"; filename*=UTF-8''%E6%97%A5%E6%9C%AC.jpg", "日本"),
        ("; name=\"file\"", "image"),
        ("; name=\"file\"; filename=\"\"", "image"),
        ("; name=\"photo\"; filename=\"a.jpg\"", "a"),
        ("; name=\"file\"; filename=\"holiday/day 1/photo.png\"", "photo"),
        ("; name=\"file\"; filename=\"../a.jpg\"", "a"),
        ("; name=\"file\"; filename=\"C:\\\\Users\\\\me\\\\photo.png\"", "photo"),
        ("; name=\"file\"; filename*=ISO-8859-1''%E9t%E9.jpg", "été"),
    ] {
        let response = app.post_multipart(multipart::body(&[Part { disposition, bytes: &jpeg }])).await;
        assert_eq!(response.status(), StatusCode::CREATED, "{disposition}");
        let body: Value = response.json().await.unwrap();
        let id = body["id"].as_str().unwrap();
        assert_eq!(body["name"], format!("{stem}-{id}.jpg"));
    }
}

#[tokio::test]
async fn what_forms_and_libraries_add_is_ignored() {
    let app = TestApp::start().await;
    let jpeg = images::jpeg(8, 8);
    let text = |disposition| Part { disposition, bytes: b"{}" };
    let parts = [
        text("; name=\"csrf_token\""),
        Part { disposition: "; name=\"empty\"; filename=\"\"", bytes: b"" },
        text("; name=\"filepond\""),
        Part { disposition: "; name=\"filepond\"; filename=\"a.jpg\"", bytes: &jpeg },
        text("; name=\"submit\""),
    ];
    let response = app.post_multipart(multipart::body(&parts)).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["bytes"], jpeg.len());
}

#[tokio::test]
async fn the_length_that_a_part_says_of_itself_means_nothing() {
    let app = TestApp::start().await;
    let png = images::png(20, 10);
    let lengths = [png.len(), png.len() - 7, 40, 1, 0, png.len() + 1, 99_999_999];
    let lengths = lengths.iter().map(ToString::to_string).chain(["-1".to_owned(), "abc".to_owned()]);
    for length in lengths {
        let disposition = format!("; name=\"file\"; filename=\"a.png\"\r\nContent-Length: {length}");
        let part = Part { disposition: &disposition, bytes: &png };
        let response = app.post_multipart(multipart::body(&[part])).await;
        assert_eq!(response.status(), StatusCode::CREATED, "{length}");
        let body: Value = response.json().await.unwrap();
        let stored = app.get(&format!("/images/{}", body["id"].as_str().unwrap())).await;
        assert_eq!(stored.bytes().await.unwrap(), png, "{length}");
    }
}

#[tokio::test]
async fn a_file_name_in_latin_1_is_read() {
    let app = TestApp::start().await;
    let jpeg = images::jpeg(8, 8);
    let mut body =
        multipart::body(&[Part { disposition: "; name=\"file\"; filename=\"X.jpg\"", bytes: &jpeg }]);
    let at = body.windows(5).position(|window| window == b"X.jpg").unwrap();
    body[at] = 0xe9;
    let response = app.post_multipart(body).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    let body: Value = response.json().await.unwrap();
    assert!(body["name"].as_str().unwrap().starts_with("é-"), "{body}");
}

#[tokio::test]
async fn a_body_of_another_kind_is_refused() {
    let app = TestApp::start().await;
    let post = |kind: &'static str, body: Vec<u8>| {
        app.http.post(app.url("/images")).header(CONTENT_TYPE, kind).body(body).send()
    };
    for kind in ["image/jpeg", "application/json", "multipart/mixed; boundary=x", "multipart/form-data"] {
        refused(post(kind, images::jpeg(8, 8)).await.unwrap(), 400, "invalidRequest").await;
    }
    refused(app.http.post(app.url("/images")).send().await.unwrap(), 400, "invalidRequest").await;
    refused(
        post("multipart/form-data; boundary=x", b"garbage".to_vec()).await.unwrap(),
        400,
        "invalidRequest",
    )
    .await;
}

#[tokio::test]
async fn an_upload_over_the_limit_is_413_whether_it_says_so_or_not() {
    let app = TestApp::with(&["--max-upload=200kB"]).await;
    let just = images::png_of(200_000, 1);
    let over = images::png_of(200_001, 1);
    assert_eq!((just.len(), over.len()), (200_000, 200_001));
    app.uploaded(&just).await;
    refused(app.upload(&over).await, 413, "tooLarge").await;

    // Without a length that could be looked at beforehand.
    let body = multipart::body(&[multipart::file(&images::png_of(5_000_000, 2))]);
    let chunks = body.chunks(10_000).map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec())).collect::<Vec<_>>();
    let stream = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
    let request = app.http.post(app.url("/images")).header(CONTENT_TYPE, multipart::content_type());
    refused(request.body(stream).send().await.unwrap(), 413, "tooLarge").await;
    assert_eq!(app.blobs().len(), 1);
    assert!(app.staged().is_empty());
}

#[tokio::test]
async fn too_many_pixels_are_422_before_anything_is_decoded() {
    let app = TestApp::with(&["--max-pixels=1000"]).await;
    app.uploaded(&images::png(40, 25)).await;
    let message = refused(app.upload(&images::png(77, 13)).await, 422, "tooManyPixels").await;
    assert!(message.contains("1001 pixels") && message.contains("at most 1000"), "{message}");
    assert_eq!(app.blobs().len(), 1);
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let app = TestApp::start().await;
    let body = multipart::body(&[multipart::file(&images::png_of(600_000, 3))]);
    let mut connection = TcpStream::connect(app.base.trim_start_matches("http://")).await.unwrap();
    connection.write_all(head(body.len()).as_bytes()).await.unwrap();
    connection.write_all(&body[..body.len() / 2]).await.unwrap();
    until("the upload is staged", async || (!app.staged().is_empty()).then_some(())).await;
    drop(connection);
    until("the staged file is gone", async || app.staged().is_empty().then_some(())).await;
    assert!(app.blobs().is_empty());
}

#[tokio::test]
async fn an_upload_that_stalls_is_ended_with_408() {
    let app = TestApp::with(&["--upload-idle-timeout=200ms"]).await;
    let body = multipart::body(&[multipart::file(&images::png_of(600_000, 4))]);
    let mut connection = TcpStream::connect(app.base.trim_start_matches("http://")).await.unwrap();
    connection.write_all(head(body.len()).as_bytes()).await.unwrap();
    connection.write_all(&body[..body.len() / 2]).await.unwrap();
    let mut answer = vec![0; 12];
    connection.read_exact(&mut answer).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&answer), "HTTP/1.1 408");
    until("the staged file is gone", async || app.staged().is_empty().then_some(())).await;
}

#[tokio::test]
async fn uploads_beyond_the_most_at_once_are_told_to_come_back() {
    let app = TestApp::with(&["--max-concurrent-uploads=1"]).await;
    let body = multipart::body(&[multipart::file(&images::png_of(600_000, 5))]);
    let mut slow = TcpStream::connect(app.base.trim_start_matches("http://")).await.unwrap();
    slow.write_all(head(body.len()).as_bytes()).await.unwrap();
    slow.write_all(&body[..body.len() / 2]).await.unwrap();
    until("the slow upload is staged", async || (!app.staged().is_empty()).then_some(())).await;

    let second = app.upload(&images::jpeg(8, 8)).await;
    assert_eq!(second.headers()["retry-after"], "1");
    refused(second, 503, "unavailable").await;

    slow.write_all(&body[body.len() / 2..]).await.unwrap();
    let mut answer = vec![0; 12];
    slow.read_exact(&mut answer).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&answer), "HTTP/1.1 201");
    app.uploaded(&images::jpeg(8, 8)).await;
}

fn head(length: usize) -> String {
    format!(
        "POST /images HTTP/1.1\r\nHost: localhost\r\nContent-Type: {}\r\nContent-Length: {length}\r\n\r\n",
        multipart::content_type()
    )
}
