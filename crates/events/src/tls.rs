//! Whom to trust, and who we are, when the broker speaks TLS.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::{ClientConfig, ConfigBuilder, Error, InconsistentKeys, RootCertStore, WantsVerifier};
use rustls_platform_verifier::Verifier;

use crate::files;

const CA: &str = "--mqtt-ca-file";
const CERTIFICATE: &str = "--mqtt-client-cert-file";
const KEY: &str = "--mqtt-client-key-file";

type WantsClientCertificate = ConfigBuilder<ClientConfig, rustls::client::WantsClientCert>;

/// The configuration of TLS: the authorities of `ca` are trusted, or those of the system
/// where there is none; a client certificate is shown if the broker asks for one.
///
/// # Errors
///
/// A sentence for each mistake.
pub(crate) fn configuration(
    ca: Option<&Path>,
    client: Option<(&Path, &Path)>,
) -> Result<Arc<ClientConfig>, Vec<String>> {
    // Named here, because rustls would otherwise take one that the whole process shares
    // and that nobody has installed.
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut mistakes = Vec::new();
    let trusting = keep(trusting(&provider, ca), &mut mistakes);
    let identity = client.map(|(certificate, key)| {
        let certificates = keep(files::certificates(CERTIFICATE, certificate), &mut mistakes);
        certificates.zip(keep(files::key(KEY, key), &mut mistakes))
    });
    let (Some(trusting), true) = (trusting, mistakes.is_empty()) else { return Err(mistakes) };
    match identity.flatten() {
        Some((certificates, key)) => {
            trusting.with_client_auth_cert(certificates, key).map_err(|error| vec![mismatch(&error)])
        }
        None => Ok(trusting.with_no_client_auth()),
    }
    .map(Arc::new)
}

fn trusting(provider: &Arc<CryptoProvider>, ca: Option<&Path>) -> Result<WantsClientCertificate, String> {
    let builder: ConfigBuilder<ClientConfig, WantsVerifier> =
        ClientConfig::builder_with_provider(Arc::clone(provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| format!("TLS cannot be set up: {error}"))?;
    let Some(file) = ca else {
        let verifier = Verifier::new(Arc::clone(provider)).map_err(|error| {
            format!("--mqtt-url needs the authorities that this system trusts, or {CA}: {error}")
        })?;
        return Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)));
    };
    let mut roots = RootCertStore::empty();
    for certificate in files::certificates(CA, file)? {
        roots.add(certificate).map_err(|error| format!("{CA} {}: {error}", file.display()))?;
    }
    Ok(builder.with_root_certificates(roots))
}

fn mismatch(error: &Error) -> String {
    if matches!(error, Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) {
        format!("{KEY} does not fit {CERTIFICATE}")
    } else {
        format!("{KEY} and {CERTIFICATE} cannot be used: {error}")
    }
}

/// The value, or a mistake more.
pub(crate) fn keep<T>(result: Result<T, String>, mistakes: &mut Vec<String>) -> Option<T> {
    result.map_err(|mistake| mistakes.push(mistake)).ok()
}
