//! A running image-cache in a folder of its own.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use image_cache::{Application, PROCESS, Settings};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;
use server::settings;
use tempfile::TempDir;
use testkit::multipart;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) struct TestApp {
    pub(crate) base: String,
    pub(crate) http: Client,
    pub(crate) folder: TempDir,
    stop: CancellationToken,
    running: JoinHandle<anyhow::Result<()>>,
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    pub(crate) async fn with(flags: &[&str]) -> Self {
        Self::in_folder(tempfile::tempdir().unwrap(), flags).await
    }

    /// The production application, with these flags, on a port of its own.
    pub(crate) async fn in_folder(folder: TempDir, flags: &[&str]) -> Self {
        let settings = settings_for(folder.path(), flags);
        let stop = CancellationToken::new();
        let application = Application::build(&settings, stop.clone()).await.unwrap();
        let base = format!("http://{}", application.address());
        let running = tokio::spawn(application.run());
        Self { base, http: Client::new(), folder, stop, running }
    }

    /// Stops in order and gives the folder back.
    pub(crate) async fn stop(self) -> TempDir {
        self.stop.cancel();
        self.running.await.unwrap().unwrap();
        self.folder
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.http.get(self.url(path)).send().await.unwrap()
    }

    /// Uploads a file as a browser does.
    pub(crate) async fn upload(&self, bytes: &[u8]) -> Response {
        self.post_multipart(multipart::body(&[multipart::file(bytes)])).await
    }

    pub(crate) async fn post_multipart(&self, body: Vec<u8>) -> Response {
        let request = self.http.post(self.url("/images")).header(CONTENT_TYPE, multipart::content_type());
        request.body(body).send().await.unwrap()
    }

    /// Uploads and gives the id.
    pub(crate) async fn uploaded(&self, bytes: &[u8]) -> String {
        let response = self.upload(bytes).await;
        assert_eq!(response.status(), StatusCode::CREATED);
        let body: Value = response.json().await.unwrap();
        body["id"].as_str().unwrap().to_owned()
    }

    /// The files of all blobs.
    pub(crate) fn blobs(&self) -> Vec<PathBuf> {
        files_under(&self.folder.path().join("blobs"))
    }

    /// The files of uploads that are not complete.
    pub(crate) fn staged(&self) -> Vec<PathBuf> {
        files_under(&self.folder.path().join("staging"))
    }
}

pub(crate) fn settings_for(folder: &Path, flags: &[&str]) -> Settings {
    let data_dir = format!("--data-dir={}", folder.display());
    let arguments = ["image-cache", "--listen=127.0.0.1:0", "--http-threads=2", &data_dir];
    let arguments = arguments.iter().chain(flags).map(OsString::from);
    let (settings, _) = settings::parse::<Settings>(settings::bare_command::<Settings>(&PROCESS), arguments)
        .unwrap_or_else(|refused| panic!("{refused:?}"));
    settings
}

/// All files in a folder and in the folders in it.
pub(crate) fn files_under(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_under(&path)) } else { files.push(path) }
    }
    files
}

/// Asserts on the one error body, and returns its message.
#[track_caller]
pub(crate) fn assert_error(status: StatusCode, body: &Value, expected: u16, code: &str) -> String {
    assert_eq!(status.as_u16(), expected, "{body}");
    assert_eq!(body["error"], code, "{body}");
    assert_eq!(body["statusCode"], expected, "{body}");
    assert!(!body["requestId"].as_str().unwrap().is_empty(), "{body}");
    body["message"].as_str().unwrap().to_owned()
}

/// The same for a whole response.
pub(crate) async fn refused(response: Response, expected: u16, code: &str) -> String {
    let status = response.status();
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.headers()["cache-control"], "no-store");
    let body: Value = response.json().await.unwrap();
    assert_error(status, &body, expected, code)
}
