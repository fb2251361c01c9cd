//! A running image-processor with a running image-cache.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::Path;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use server::settings;
use tempfile::TempDir;
use testkit::multipart;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// One running service.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Running {
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap().unwrap();
    }
}

pub(crate) struct TestApp {
    pub(crate) http: Client,
    pub(crate) folder: TempDir,
    pub(crate) cache: Option<Running>,
    pub(crate) processor: Option<Running>,
    flags: Vec<String>,
    cache_address: SocketAddr,
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        Self::with(&[]).await
    }

    pub(crate) async fn with(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cache = start_cache(folder.path(), "127.0.0.1:0").await;
        let mut app = Self {
            http: Client::new(),
            folder,
            cache_address: cache.address,
            cache: Some(cache),
            processor: None,
            flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
        };
        app.start_processor().await;
        app
    }

    /// A processor whose image-cache is somebody else's.
    pub(crate) async fn behind(cache_address: SocketAddr, flags: &[&str]) -> Self {
        let mut app = Self {
            http: Client::new(),
            folder: tempfile::tempdir().unwrap(),
            cache_address,
            cache: None,
            processor: None,
            flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
        };
        app.start_processor().await;
        app
    }

    pub(crate) async fn start_processor(&mut self) {
        let data_dir = format!("--data-dir={}", self.folder.path().join("processor").display());
        let cache_url = format!("--cache-url=http://{}", self.cache_address);
        let arguments =
            ["image-processor", "--listen=127.0.0.1:0", "--http-threads=2", &data_dir, &cache_url];
        let arguments =
            arguments.into_iter().chain(self.flags.iter().map(String::as_str)).map(OsString::from);
        let command = settings::bare_command::<image_processor::Settings>(&image_processor::PROCESS);
        let (settings, _) =
            settings::parse(command, arguments).unwrap_or_else(|refused| panic!("{refused:?}"));
        let stop = CancellationToken::new();
        let application = image_processor::Application::build(&settings, stop.clone()).await.unwrap();
        let address = application.address();
        self.processor = Some(Running { address, stop, task: tokio::spawn(application.run()) });
    }

    pub(crate) async fn restart_processor(&mut self) {
        self.processor.take().unwrap().stop().await;
        self.start_processor().await;
    }

    pub(crate) async fn stop_cache(&mut self) {
        self.cache.take().unwrap().stop().await;
    }

    /// Starts image-cache again where it was.
    pub(crate) async fn start_cache(&mut self) {
        self.cache = Some(start_cache(self.folder.path(), &self.cache_address.to_string()).await);
    }

    pub(crate) fn cache_address(&self) -> SocketAddr {
        self.cache_address
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.processor.as_ref().unwrap().address)
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.http.get(self.url(path)).send().await.unwrap()
    }

    /// The bytes of a 200.
    pub(crate) async fn bytes(&self, path: &str) -> Vec<u8> {
        let response = self.get(path).await;
        let status = response.status();
        let bytes = response.bytes().await.unwrap();
        assert_eq!(status, StatusCode::OK, "{path}: {}", String::from_utf8_lossy(&bytes));
        bytes.into()
    }

    pub(crate) async fn uploaded(&self, bytes: &[u8]) -> String {
        let url = format!("http://{}/images", self.cache_address);
        let request = self.http.post(url).header(CONTENT_TYPE, multipart::content_type());
        let response = request.body(multipart::body(&[multipart::file(bytes)])).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::CREATED);
        let body: Value = response.json().await.unwrap();
        body["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn create_album(&self, album: &str) {
        let url = format!("http://{}/albums", self.cache_address);
        let created = self.http.post(url).json(&json!({ "albumName": album })).send().await.unwrap();
        assert_eq!(created.status(), StatusCode::CREATED);
    }

    /// Uploads into an album and gives the id.
    pub(crate) async fn put(&self, album: &str, name: &str, bytes: &[u8]) -> String {
        let url = format!("http://{}/albums/{album}/images/{name}", self.cache_address);
        let response = self.http.put(url).body(bytes.to_vec()).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::CREATED);
        let body: Value = response.json().await.unwrap();
        body["id"].as_str().unwrap().to_owned()
    }

    /// A change at image-cache.
    pub(crate) async fn change(&self, method: &str, path: &str, body: Value) {
        let url = format!("http://{}{path}", self.cache_address);
        let request = self.http.request(method.parse().unwrap(), url).json(&body);
        assert_eq!(request.send().await.unwrap().status(), StatusCode::OK, "{method} {path}");
    }

    pub(crate) async fn delete(&self, id: &str) {
        let url = format!("http://{}/images/{id}", self.cache_address);
        assert_eq!(self.http.delete(url).send().await.unwrap().status(), StatusCode::OK);
    }

    /// A metric without labels.
    pub(crate) async fn metric(&self, name: &str) -> u64 {
        let text = self.get("/metrics").await.text().await.unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
        line.unwrap_or_else(|| panic!("{name} is missing in\n{text}")).parse().unwrap()
    }
}

async fn start_cache(folder: &Path, listen: &str) -> Running {
    let data_dir = format!("--data-dir={}", folder.join("cache").display());
    let listen = format!("--listen={listen}");
    let arguments = ["image-cache", &listen, "--http-threads=2", &data_dir].map(OsString::from);
    let command = settings::bare_command::<image_cache::Settings>(&image_cache::PROCESS);
    let (settings, _) = settings::parse(command, arguments).unwrap_or_else(|refused| panic!("{refused:?}"));
    let stop = CancellationToken::new();
    let application = image_cache::Application::build(&settings, stop.clone()).await.unwrap();
    let address = application.address();
    Running { address, stop, task: tokio::spawn(application.run()) }
}

/// What `Cache-Status` says in short.
pub(crate) fn cache_status(response: &Response) -> &str {
    response.headers()["cache-status"].to_str().unwrap()
}

/// Asserts on the one error body, and returns its message.
pub(crate) async fn refused(response: Response, expected: u16, code: &str) -> String {
    let status = response.status();
    assert_eq!(response.headers()["cache-control"], "no-store");
    let body: Value = response.json().await.unwrap();
    assert_eq!(status.as_u16(), expected, "{body}");
    assert_eq!(body["error"], code, "{body}");
    assert_eq!(body["statusCode"], expected, "{body}");
    body["message"].as_str().unwrap().to_owned()
}
