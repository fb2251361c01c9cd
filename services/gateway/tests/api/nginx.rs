//! The configuration of nginx that the documentation has, with a real nginx.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rcgen::generate_simple_self_signed;
use reqwest::{Certificate, Client, StatusCode};
use testkit::{images, multipart, wait};

use crate::test_app::TestApp;

const CONFIGURATION: &str = include_str!("../../../../docs/proxies/nginx.conf");
const HOST: &str = "photos.example";

/// A running nginx, which ends with the test.
struct Nginx(Child);

impl Drop for Nginx {
    fn drop(&mut self) {
        // In one process there is nobody else to end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The configuration with these places instead of the usual ones, as a whole file.
fn write_configuration(folder: &Path, listen: &str, gateway: &str) {
    let replaced = |text: String, usual: &str, own: &str| {
        assert!(text.contains(usual), "the configuration has {usual}");
        text.replace(usual, own)
    };
    let own = |name: &str| folder.join(name).display().to_string();
    let text = replaced(CONFIGURATION.to_owned(), "listen 443", &format!("listen {listen}"));
    let text = replaced(text, "127.0.0.1:8080", gateway);
    let text = replaced(text, "/etc/ssl/photos.example.pem", &own("certificate"));
    let text = replaced(text, "/etc/ssl/photos.example.key", &own("key"));
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|of| format!("{of}_temp_path {};\n", own(of)))
        .concat();
    let text = format!(
        "daemon off;\nmaster_process off;\npid {};\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}{text}}}\n",
        own("pid")
    );
    std::fs::write(folder.join("nginx.conf"), text).unwrap();
}

#[tokio::test]
async fn nginx_in_front_passes_everything_on() {
    let installed = Command::new("nginx").arg("-v").stderr(Stdio::null()).status();
    assert!(installed.is_ok_and(|status| status.success()), "nginx is not installed: apt install nginx");
    let flags = [format!("--public-host={HOST}"), "--trusted-proxies=127.0.0.1".to_owned()];
    let app = TestApp::with(tempfile::tempdir().unwrap(), 1, &flags).await;
    let folder = tempfile::tempdir().unwrap();
    let issued = generate_simple_self_signed([HOST.to_owned()]).unwrap();
    std::fs::write(folder.path().join("certificate"), issued.cert.pem()).unwrap();
    std::fs::write(folder.path().join("key"), issued.signing_key.serialize_pem()).unwrap();
    // nginx cannot be asked which port it took.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    write_configuration(folder.path(), &address.to_string(), &app.gateway.address.to_string());
    let configuration = folder.path().join("nginx.conf");
    let mut nginx = Command::new("nginx");
    nginx.arg("-p").arg(folder.path()).arg("-c").arg(configuration);
    let _nginx = Nginx(nginx.spawn().unwrap());

    let certificate = Certificate::from_pem(issued.cert.pem().as_bytes()).unwrap();
    let client = Client::builder().tls_certs_only([certificate]).resolve(HOST, address).build().unwrap();
    let url = |path: &str| format!("https://{HOST}:{}{path}", address.port());
    wait::until("nginx to answer", async || {
        client.get(url("/health")).send().await.ok().filter(|answer| answer.status() == StatusCode::OK)
    })
    .await;

    // Larger than nginx takes by itself, and than it would keep in memory.
    let png = images::png_of(3 << 20, 1);
    let upload = client.post(url("/images")).header("content-type", multipart::content_type());
    let answer = upload.body(multipart::body(&[multipart::file(&png)])).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::CREATED);
    let told: serde_json::Value = answer.json().await.unwrap();
    let path = format!("/images/{}", told["id"].as_str().unwrap());
    let mut events = client.get(url("/events")).send().await.unwrap();
    assert_eq!(events.status(), StatusCode::OK);

    let original = client.get(url(&path)).send().await.unwrap();
    assert_eq!(original.bytes().await.unwrap(), png);
    let part = client.get(url(&path)).header("range", "bytes=0-7").send().await.unwrap();
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    let derived = client.get(url(&format!("{path}?width=16"))).send().await.unwrap();
    assert_eq!(derived.status(), StatusCode::OK);
    let deleted = client.delete(url(&path)).send().await.unwrap();
    assert_eq!(deleted.status(), StatusCode::OK);
    // It streams: the listener is told while the answer goes on.
    let mut heard = String::new();
    while !heard.contains("deleted") {
        let chunk = events.chunk().await.unwrap().unwrap();
        heard.push_str(&String::from_utf8_lossy(&chunk));
    }
}
