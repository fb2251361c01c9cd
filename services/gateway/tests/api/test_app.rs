//! A running gateway, alone or with the services behind it.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::Path;

use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;
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

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

/// A client that follows nothing.
pub(crate) fn http() -> Client {
    Client::builder().redirect(Policy::none()).build().unwrap()
}

fn read<S: clap::Args>(process: &settings::Process, flags: &[String]) -> S {
    let base = [process.name, "--listen=127.0.0.1:0", "--http-threads=2"].map(str::to_owned);
    let arguments = base.iter().chain(flags).map(OsString::from);
    let command = settings::bare_command::<S>(process);
    settings::parse(command, arguments).unwrap_or_else(|refused| panic!("{refused:?}")).0
}

/// A gateway in front of these.
pub(crate) fn gateway(cache: SocketAddr, processors: &[SocketAddr], flags: &[&str]) -> Running {
    let mut all = vec![format!("--cache-url=http://{cache}")];
    all.extend(
        processors.iter().enumerate().map(|(n, address)| format!("--processor=p{n}=http://{address}")),
    );
    all.extend(flags.iter().map(|flag| (*flag).to_owned()));
    let settings: gateway::Settings = read(&gateway::PROCESS, &all);
    let stop = CancellationToken::new();
    let application = gateway::Application::build(&settings, stop.clone()).unwrap();
    Running { address: application.address(), stop, task: tokio::spawn(application.run()) }
}

pub(crate) async fn image_cache(folder: &Path, flags: &[String]) -> Running {
    let data_dir = format!("--data-dir={}", folder.join("cache").display());
    let flags: Vec<_> = std::iter::once(data_dir).chain(flags.iter().cloned()).collect();
    let settings: image_cache::Settings = read(&image_cache::PROCESS, &flags);
    let stop = CancellationToken::new();
    let application = image_cache::Application::build(&settings, stop.clone()).await.unwrap();
    Running { address: application.address(), stop, task: tokio::spawn(application.run()) }
}

pub(crate) async fn image_processor(
    folder: &Path,
    name: &str,
    cache: SocketAddr,
    flags: &[String],
) -> Running {
    let own = [format!("--data-dir={}", folder.join(name).display()), format!("--cache-url=http://{cache}")];
    let flags: Vec<_> = own.into_iter().chain(flags.iter().cloned()).collect();
    let settings: image_processor::Settings = read(&image_processor::PROCESS, &flags);
    let stop = CancellationToken::new();
    let application = image_processor::Application::build(&settings, stop.clone()).await.unwrap();
    Running { address: application.address(), stop, task: tokio::spawn(application.run()) }
}

/// A gateway with image-cache and some image-processors behind it.
pub(crate) struct TestApp {
    pub(crate) http: Client,
    pub(crate) folder: TempDir,
    pub(crate) cache: Running,
    pub(crate) processors: Vec<Running>,
    pub(crate) gateway: Running,
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        Self::with_processors(1).await
    }

    pub(crate) async fn with_processors(count: usize) -> Self {
        Self::with(tempfile::tempdir().unwrap(), count, &[]).await
    }

    /// With these flags for every service.
    pub(crate) async fn with(folder: TempDir, count: usize, flags: &[String]) -> Self {
        let cache = image_cache(folder.path(), flags).await;
        let mut processors = Vec::new();
        for n in 0..count {
            processors.push(image_processor(folder.path(), &format!("p{n}"), cache.address, flags).await);
        }
        let addresses: Vec<_> = processors.iter().map(|processor| processor.address).collect();
        let gateway_flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let gateway = gateway(cache.address, &addresses, &gateway_flags);
        Self { http: http(), folder, cache, processors, gateway }
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.http.get(self.gateway.url(path)).send().await.unwrap()
    }

    pub(crate) async fn uploaded(&self, bytes: &[u8]) -> String {
        let request =
            self.http.post(self.gateway.url("/images")).header(CONTENT_TYPE, multipart::content_type());
        let response = request.body(multipart::body(&[multipart::file(bytes)])).send().await.unwrap();
        let status = response.status();
        let body: Value = response.json().await.unwrap();
        assert_eq!(status, StatusCode::CREATED, "{body}");
        body["id"].as_str().unwrap().to_owned()
    }
}

/// Asserts on the one error body, and returns its message.
pub(crate) async fn refused(response: Response, expected: u16, code: &str) -> String {
    let status = response.status();
    let body: Value = response.json().await.unwrap();
    assert_eq!(status.as_u16(), expected, "{body}");
    assert_eq!(body["error"], code, "{body}");
    assert!(!body["requestId"].as_str().unwrap().is_empty(), "{body}");
    body["message"].as_str().unwrap().to_owned()
}
