//! The real binary: both services in one process, and the command line.

#![expect(
    clippy::disallowed_methods,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test looks at files that the services wrote, and one that cannot go on should panic"
)]

mod access;
mod command_line;
mod tls;
mod watch;

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output};

use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use testkit::process::Process;
use testkit::{images, multipart};

const BINARY: &str = env!("CARGO_BIN_EXE_safelight");

fn serve(folder: &Path) -> (Process, SocketAddr, SocketAddr) {
    serve_with(folder, &[])
}

/// With further flags; image-cache listens at a port of its own unless they say otherwise.
fn serve_with(folder: &Path, flags: &[&str]) -> (Process, SocketAddr, SocketAddr) {
    let data_dir = format!("--data-dir={}", folder.display());
    let named = flags.iter().any(|flag| flag.starts_with("--cache-listen"));
    let listen = (!named).then_some("--cache-listen=127.0.0.1:0");
    let arguments = ["serve", &data_dir, "--processor-listen=127.0.0.1:0", "--gateway-listen=127.0.0.1:0"]
        .into_iter()
        .chain(listen);
    let process = Process::start(BINARY, arguments.chain(flags.iter().copied()));
    let (cache, processor) = (process.address("image-cache"), process.address("image-processor"));
    (process, cache, processor)
}

fn run(arguments: &[&str]) -> (Output, String) {
    let output = Command::new(BINARY).args(arguments).output().unwrap();
    let text = String::from_utf8([&output.stdout[..], &output.stderr].concat()).unwrap();
    (output, text)
}

#[tokio::test]
async fn one_process_takes_a_photo_and_serves_it_blurred() {
    let folder = tempfile::tempdir().unwrap();
    let (mut process, cache, processor) = serve(folder.path());
    let gateway = process.address("gateway");
    let http = reqwest::Client::new();
    let upload =
        http.post(format!("http://{gateway}/images")).header(CONTENT_TYPE, multipart::content_type());
    let body = multipart::body(&[multipart::file(&images::jpeg(90, 60))]);
    let image: Value = upload.body(body).send().await.unwrap().json().await.unwrap();
    let id = image["id"].as_str().unwrap();
    let blurred = http.get(format!("http://{gateway}/blurred-images/{id}?sigma=3")).send().await.unwrap();
    assert_eq!(blurred.status(), StatusCode::OK);
    let bytes = blurred.bytes().await.unwrap();
    let direct = http.get(format!("http://{processor}/blurred-images/{id}?sigma=3")).send().await.unwrap();
    assert_eq!(direct.bytes().await.unwrap(), bytes);
    let blurred = images::decode(&bytes);
    assert_eq!((blurred.width(), blurred.height()), (90, 60));

    let health = [
        "health",
        &format!("--cache-listen={cache}"),
        &format!("--processor-listen={processor}"),
        &format!("--gateway-listen={gateway}"),
    ];
    let (output, text) = run(&health);
    assert!(output.status.success(), "{text}");
    process.signal("INT");
    assert!(process.ended().success());
    let errors: Vec<_> = process.lines().into_iter().filter(|line| line.contains("\"error\"")).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let (output, _) = run(&health);
    assert_eq!(output.status.code(), Some(1));
}

#[tokio::test]
async fn without_the_gateway_there_are_two_addresses() {
    let folder = tempfile::tempdir().unwrap();
    let (mut process, cache, _) = serve_with(folder.path(), &["--gateway=false"]);
    assert_eq!(reqwest::get(format!("http://{cache}/health")).await.unwrap().status(), StatusCode::OK);
    process.signal("TERM");
    assert!(process.ended().success());
    assert!(!process.lines().iter().any(|line| line.contains("gateway listens")));
}

#[tokio::test]
async fn verify_finds_what_is_damaged_and_says_so_by_its_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let (_process, cache, _) = serve(folder.path());
    let upload = reqwest::Client::new().post(format!("http://{cache}/images"));
    let body = multipart::body(&[multipart::file(&images::jpeg(90, 60))]);
    let image: Value = upload
        .header(CONTENT_TYPE, multipart::content_type())
        .body(body)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let data_dir = format!("--data-dir={}", folder.path().display());
    let (output, text) = run(&["verify", &data_dir]);
    assert!(output.status.success() && text.contains("1 images") && text.contains("0 damaged"), "{text}");

    let hash = image["sha256"].as_str().unwrap();
    let blob = folder.path().join("image-cache/blobs").join(&hash[..2]).join(hash);
    let mut bytes = std::fs::read(&blob).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&blob, bytes).unwrap();
    let (output, text) = run(&["verify", &data_dir]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text.contains(image["id"].as_str().unwrap()) && text.contains("do not match"), "{text}");
}

#[tokio::test]
async fn import_uploads_a_folder_into_an_album_and_can_be_run_again() {
    let folder = tempfile::tempdir().unwrap();
    let (_process, cache, _) = serve(folder.path());
    let photos = folder.path().join("photos");
    std::fs::create_dir_all(photos.join("deeper")).unwrap();
    std::fs::write(photos.join("a.jpg"), images::jpeg(9, 6)).unwrap();
    std::fs::write(photos.join("deeper/b é.png"), images::png(9, 6)).unwrap();
    std::fs::write(photos.join(".hidden"), "no image").unwrap();
    let url = format!("--url=http://{cache}");
    let import = || run(&["import", photos.to_str().unwrap(), "--album=sum mer", &url]);
    let (output, text) = import();
    assert!(output.status.success() && text.contains("2 imported, 0 already there, 0 failed"), "{text}");
    let list = reqwest::get(format!("http://{cache}/albums/sum%20mer/images")).await.unwrap();
    let list: Value = list.json().await.unwrap();
    assert_eq!(list["imageList"], serde_json::json!(["a.jpg", "b é.png"]));

    std::fs::write(photos.join("notes.txt"), "no image").unwrap();
    let (output, text) = import();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("0 imported, 2 already there, 1 failed") && text.contains("notes.txt"), "{text}");
    let (output, text) = run(&["import", "/nonexistent", &url]);
    assert!(output.status.code() == Some(1) && text.contains("/nonexistent"), "{text}");
}
