//! The files that settings name: certificates, keys and passwords.

#![expect(clippy::disallowed_methods, reason = "settings name these files, and no store keeps them")]

use std::path::Path;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The most bytes of a password, which is also the most that MQTT can carry.
const MAX_PASSWORD: usize = 65_535;

/// The certificates of a PEM file.
///
/// # Errors
///
/// A sentence that names the flag and the file.
pub(crate) fn certificates(flag: &str, file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let bytes = read(flag, file)?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => Err(format!("{flag} {}: no certificate in it", file.display())),
        Err(error) => Err(format!("{flag} {}: it is not PEM: {error}", file.display())),
    }
}

/// The private key of a PEM file.
///
/// # Errors
///
/// A sentence that names the flag and the file.
pub(crate) fn key(flag: &str, file: &Path) -> Result<PrivateKeyDer<'static>, String> {
    PrivateKeyDer::from_pem_slice(&read(flag, file)?)
        .map_err(|_| format!("{flag} {}: no private key in it that is not encrypted", file.display()))
}

/// The password in a file, which an editor may have ended with a line break.
///
/// # Errors
///
/// A sentence that names the flag and the file.
pub(crate) fn password(flag: &str, file: &Path) -> Result<String, String> {
    let wrong = |reason: &str| format!("{flag} {}: {reason}", file.display());
    let text = String::from_utf8(read(flag, file)?).map_err(|_| wrong("it is not UTF-8"))?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let password = line.strip_suffix('\r').unwrap_or(line);
    if password.is_empty() {
        return Err(wrong("no password in it"));
    }
    if password.len() > MAX_PASSWORD {
        return Err(wrong(&format!("more than {MAX_PASSWORD} bytes are no password")));
    }
    Ok(password.to_owned())
}

fn read(flag: &str, file: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(file).map_err(|error| format!("{flag} {}: {error}", file.display()))
}
