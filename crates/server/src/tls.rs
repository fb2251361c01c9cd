//! TLS: the certificate of a listener, read again when its files change, and the handshake.
//!
//! Only HTTP/1.1 is spoken; a proxy in front can speak HTTP/2 and 3.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use clap::Args;
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

use crate::key_files;
use crate::watched::Watched;

/// How often the files are looked at.
const EACH: Duration = Duration::from_secs(2);
/// What the first byte of a handshake is: the type of its record (RFC 8446, 5.1).
const HANDSHAKE: u8 = 22;
/// What a client is told that speaks plain HTTP.
const SPEAK_TLS: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 46\r\n\
Connection: close\r\n\r\nthis port speaks HTTPS; ask for https:// here\n";

/// The certificate with which a service speaks TLS.
#[derive(Args, Debug, Clone, Default)]
pub struct TlsSettings {
    /// File with the certificate and its chain in PEM; with it every listener speaks HTTPS. Read again when it changes
    #[arg(long, value_name = "FILE")]
    pub tls_cert_file: Option<PathBuf>,
    /// File with the private key of the certificate, in PEM
    #[arg(long, value_name = "FILE")]
    pub tls_key_file: Option<PathBuf>,
}

impl TlsSettings {
    /// What is wrong with them, each in a sentence.
    pub fn mistakes(&self) -> Vec<String> {
        match self.files() {
            Ok(None) => Vec::new(),
            Ok(Some(files)) => files.read().err().into_iter().collect(),
            Err(mistake) => vec![mistake],
        }
    }

    /// Whether the service speaks TLS.
    pub fn is_on(&self) -> bool {
        self.tls_cert_file.is_some()
    }

    /// What takes handshakes, which looks after the files until `stop`; none without a
    /// certificate.
    pub(crate) fn acceptor(&self, stop: &CancellationToken) -> anyhow::Result<Option<TlsAcceptor>> {
        let Some(files) = self.files().map_err(|mistake| anyhow::anyhow!(mistake))? else { return Ok(None) };
        let (texts, key) = files.read().map_err(|mistake| anyhow::anyhow!(mistake))?;
        let certificates = Arc::new(Certificates { files, now: RwLock::new(Arc::new(key)) });
        tokio::spawn(Arc::clone(&certificates).follow(texts, stop.clone()));
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(certificates);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Some(TlsAcceptor::from(Arc::new(config))))
    }

    fn files(&self) -> Result<Option<Files>, String> {
        match (&self.tls_cert_file, &self.tls_key_file) {
            (None, None) => Ok(None),
            (Some(certificate), Some(key)) => {
                Ok(Some(Files { certificate: certificate.clone(), key: key.clone() }))
            }
            (None, Some(_)) | (Some(_), None) => {
                Err("--tls-cert-file and --tls-key-file need each other".to_owned())
            }
        }
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// The two files.
#[derive(Debug)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

impl Files {
    /// What the files say, and the certificate with its key; the error names the file.
    fn read(&self) -> Result<([String; 2], CertifiedKey), String> {
        let texts = [key_files::read(&self.certificate), key_files::read(&self.key)];
        let [certificate, key] = texts;
        let texts = [
            certificate.map_err(|error| format!("--tls-cert-file {error}"))?,
            key.map_err(|error| format!("--tls-key-file {error}"))?,
        ];
        let key = self.parse(&texts)?;
        Ok((texts, key))
    }

    fn parse(&self, [certificate, key]: &[String; 2]) -> Result<CertifiedKey, String> {
        let of = |flag: &str, file: &Path, error: &dyn std::fmt::Display| {
            format!("{flag} {}: {error}", file.display())
        };
        let wrong_certificate =
            |error: &dyn std::fmt::Display| of("--tls-cert-file", &self.certificate, error);
        let wrong_key = |error: &dyn std::fmt::Display| of("--tls-key-file", &self.key, error);
        let chain: Vec<_> = CertificateDer::pem_slice_iter(certificate.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(|error| wrong_certificate(&error))?;
        if chain.is_empty() {
            return Err(wrong_certificate(&"there is no certificate in PEM"));
        }
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|error| wrong_key(&error))?;
        // It compares the two.
        CertifiedKey::from_der(chain, key, &provider()).map_err(|error| wrong_key(&error))
    }
}

/// The certificate as its files last had it when they were right.
#[derive(Debug)]
struct Certificates {
    files: Files,
    now: RwLock<Arc<CertifiedKey>>,
}

impl Certificates {
    /// Reads the files again when they change. A pair that is not right, such as one that is
    /// just being written, is said once, and the one before stays.
    async fn follow(self: Arc<Self>, mut seen: [String; 2], stop: CancellationToken) {
        let mut said = None;
        while stop.run_until_cancelled(tokio::time::sleep(EACH)).await.is_some() {
            let this = Arc::clone(&self);
            match tokio::task::spawn_blocking(move || this.files.read()).await {
                Ok(Ok((texts, key))) if texts != seen => {
                    *self.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(key);
                    (seen, said) = (texts, None);
                    log::info!("the certificate was renewed");
                }
                Ok(Err(mistake)) if said.as_ref() != Some(&mistake) => {
                    log::warn!("{mistake}; the certificate before it stays");
                    said = Some(mistake);
                }
                Ok(Ok(_) | Err(_)) | Err(_) => {}
            }
        }
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// Takes a handshake within a time. Who speaks plain HTTP is told so.
pub(crate) async fn handshake(
    acceptor: &TlsAcceptor,
    mut stream: Watched,
    patience: Duration,
) -> io::Result<TlsStream<Watched>> {
    let shaken = async {
        if stream.first_byte().await? != HANDSHAKE {
            stream.end_with(SPEAK_TLS).await;
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the client does not speak TLS"));
        }
        acceptor.accept(stream).await
    };
    timeout(patience, shaken).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}
