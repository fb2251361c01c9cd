//! The server whose memory image-processors share.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use access::ServiceKeys;
use anyhow::Context as _;
use cache::Remote;

/// The largest value that is shared.
const MAX_VALUE_BYTES: usize = 8 << 20;
/// What values are signed with where there are no keys, and everyone may do everything.
const NO_SECRET: &[u8] = b"safelight";

/// Where a Redis server is, such as `redis://127.0.0.1:6379`, and a number behind a slash for
/// one of its databases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedCacheUrl(String);

impl FromStr for SharedCacheUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = text.strip_prefix("redis://").ok_or("it takes a URL such as redis://127.0.0.1:6379")?;
        if rest.contains('@') {
            return Err("it takes a URL without a password; --shared-cache-password-file has that");
        }
        let has_host = !rest.is_empty() && !rest.starts_with(['/', ':', '?']);
        if has_host {
            Ok(Self(text.to_owned()))
        } else {
            Err("it takes a URL such as redis://127.0.0.1:6379")
        }
    }
}

impl fmt::Display for SharedCacheUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The shelf on that server. What others could write there is not taken from it, unless they
/// have the services' key.
pub(crate) fn open(
    url: &SharedCacheUrl,
    password_file: Option<&Path>,
    keys: Option<&ServiceKeys>,
) -> anyhow::Result<Remote> {
    let mut address = url.0.clone();
    if let Some(file) = password_file {
        let password = std::fs::read_to_string(file)
            .with_context(|| format!("--shared-cache-password-file {}", file.display()))?;
        let password = api::paths::segment(password.trim());
        address = address.replacen("redis://", &format!("redis://:{password}@"), 1);
    }
    let secret = keys.map_or(NO_SECRET, |keys| keys.sent().reveal().as_bytes());
    Remote::new(&address, secret, MAX_VALUE_BYTES).context("--shared-cache")
}
