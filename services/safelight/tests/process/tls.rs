//! TLS, with certificates that are renewed, and the listener of the operator.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use reqwest::{Certificate, Client, StatusCode};
use testkit::process::Process;
use testkit::wait;

use crate::{BINARY, run, serve_with};

/// An authority, and a certificate of it for this machine.
struct Issued {
    authority: Certificate,
    certificate: String,
    key: String,
}

impl Issued {
    fn new() -> Self {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &authority).unwrap().pem();
        let authority = Certificate::from_pem(authority.pem().as_bytes()).unwrap();
        Self { authority, certificate, key: key.serialize_pem() }
    }

    fn write_to(&self, folder: &Path) {
        std::fs::write(folder.join("certificate"), &self.certificate).unwrap();
        std::fs::write(folder.join("key"), &self.key).unwrap();
    }

    /// A client that trusts these and makes a connection for each request.
    fn client(trusted: &[&Self]) -> Client {
        let authorities = trusted.iter().map(|issued| issued.authority.clone());
        Client::builder().tls_certs_only(authorities).pool_max_idle_per_host(0).build().unwrap()
    }
}

async fn is_trusted(client: &Client, address: SocketAddr) -> bool {
    let answer = client.get(format!("https://{address}/health")).send().await;
    answer.is_ok_and(|answer| answer.status() == StatusCode::OK)
}

#[tokio::test]
async fn every_listener_speaks_tls_and_a_renewed_certificate_fails_no_handshake() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (Issued::new(), Issued::new());
    first.write_to(folder.path());
    let certificate = format!("--tls-cert-file={}", folder.path().join("certificate").display());
    let key = format!("--tls-key-file={}", folder.path().join("key").display());
    let (process, cache, processor) = serve_with(folder.path(), &[&certificate, &key]);
    let gateway = process.address("gateway");
    let old = Issued::client(&[&first]);
    for address in [cache, processor, gateway] {
        assert!(is_trusted(&old, address).await, "{address}");
    }
    let health = [format!("--cache-listen={cache}"), format!("--processor-listen={processor}")];
    let (output, text) =
        run(&["health", &health[0], &health[1], &format!("--gateway-listen={gateway}"), &certificate, &key]);
    assert!(output.status.success(), "{text}");
    // All services reach each other.
    let put = old.put(format!("https://{gateway}/images")).send().await.unwrap();
    assert_eq!(put.status(), StatusCode::METHOD_NOT_ALLOWED);
    let missing = "/images/01926b3e-5a7c-7d3e-8f10-2b4c6d8e0f12?width=3";
    let missing = old.get(format!("https://{gateway}{missing}")).send().await.unwrap();
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);

    let (stop, failed) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let (until, failures) = (Arc::clone(&stop), Arc::clone(&failed));
    let both = Issued::client(&[&first, &second]);
    let load = tokio::spawn(async move {
        let mut handshakes = 0;
        while !until.load(Ordering::Relaxed) {
            if !is_trusted(&both, gateway).await {
                failures.fetch_add(1, Ordering::Relaxed);
            }
            handshakes += 1;
        }
        handshakes
    });
    // One file alone does not fit the other, and changes nothing.
    std::fs::write(folder.path().join("certificate"), &second.certificate).unwrap();
    wait::until("the half-written pair is noticed", async || {
        let lines = process.lines();
        lines.iter().any(|line| line.contains("the certificate before it stays")).then_some(())
    })
    .await;
    assert!(is_trusted(&old, gateway).await);
    second.write_to(folder.path());
    let new = Issued::client(&[&second]);
    for address in [cache, processor, gateway] {
        wait::until("the certificate is renewed", async || is_trusted(&new, address).await.then_some(()))
            .await;
    }
    stop.store(true, Ordering::Relaxed);
    let handshakes = load.await.unwrap();
    assert_eq!(failed.load(Ordering::Relaxed), 0, "of {handshakes}");

    let mut plain = TcpStream::connect(gateway).unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut told = String::new();
    plain.read_to_string(&mut told).unwrap();
    assert!(told.starts_with("HTTP/1.1 400 ") && told.contains("this port speaks HTTPS"), "{told}");
}

#[test]
fn a_certificate_that_does_not_fit_its_key_is_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (Issued::new(), Issued::new());
    first.write_to(folder.path());
    std::fs::write(folder.path().join("key"), &second.key).unwrap();
    let certificate = format!("--tls-cert-file={}", folder.path().join("certificate").display());
    let key = format!("--tls-key-file={}", folder.path().join("key").display());
    let data_dir = format!("--data-dir={}", folder.path().display());
    for (flags, told) in [
        (vec![certificate.as_str(), &key], "--tls-key-file"),
        (vec![certificate.as_str()], "--tls-cert-file and --tls-key-file need each other"),
        (vec![key.as_str(), "--tls-cert-file=/nowhere"], "/nowhere"),
    ] {
        let (output, text) = run(&[&["serve", &data_dir][..], &flags].concat());
        assert_eq!(output.status.code(), Some(78), "{text}");
        assert!(text.contains(told), "{text}");
    }
}

#[tokio::test]
async fn what_is_the_operators_has_a_listener_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = format!("--data-dir={}", folder.path().display());
    let listen = ["--cache-listen", "--processor-listen", "--gateway-listen", "--cache-admin-listen"];
    let listen = listen.map(|flag| format!("{flag}=127.0.0.1:0"));
    let arguments = ["serve", &data_dir].into_iter().chain(listen.iter().map(String::as_str));
    let process = Process::start(BINARY, arguments);
    let cache = process.address("image-cache");
    let admin = process.address_in("image-cache has metrics, readiness and documents at http");
    let gateway = process.address("gateway");
    for path in ["/metrics", "/health/ready", "/openapi.json", "/swagger/"] {
        let there = reqwest::get(format!("http://{admin}{path}")).await.unwrap();
        assert_eq!(there.status(), StatusCode::OK, "{path}");
        let answer = reqwest::get(format!("http://{cache}{path}")).await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
    }
    for (address, path, expected) in [
        (admin, "/images", StatusCode::NOT_FOUND),
        (admin, "/health", StatusCode::OK),
        (cache, "/health", StatusCode::OK),
        (gateway, "/images", StatusCode::OK),
        (gateway, "/health/ready", StatusCode::OK),
    ] {
        let answer = reqwest::get(format!("http://{address}{path}")).await.unwrap();
        assert_eq!(answer.status(), expected, "{address}{path}");
    }
}
