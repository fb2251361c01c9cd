//! API keys: who holds one is known to image-cache, and remembered for a moment.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use access::{Digest, Holder, KeyId};
use api::KeyPrincipal;
use domain::AlbumId;
use moka::sync::Cache;

/// How long a key is remembered, and so how long it may be good for once it was revoked.
const FOR: Duration = Duration::from_secs(3);
/// The most keys that are remembered.
const REMEMBERED: u64 = 10_000;

/// A key as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// The SHA-256 of the key.
    pub digest: Digest,
    /// Whose it is and what it is good for.
    pub holder: Holder,
    /// The only album that it is good for, if it is for one.
    pub album: Option<AlbumId>,
    /// Until when it is good, in seconds since 1970, if not for ever.
    pub expires: Option<u64>,
}

impl StoredKey {
    /// As image-cache tells of it; none if it tells what cannot be.
    pub fn of(told: &KeyPrincipal) -> Option<Self> {
        let info = &told.info;
        let seconds = |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        Some(Self {
            digest: Digest::from_bytes(*told.sha256.as_bytes()),
            holder: Holder { owner: info.owner.clone(), scopes: info.scopes.join(" ").parse().ok()? },
            album: info.album,
            expires: info.expires.map(seconds),
        })
    }
}

/// The keys cannot be asked for at the moment.
#[derive(Debug, Clone, thiserror::Error)]
#[error("API keys cannot be checked at the moment: {0}")]
pub struct KeysUnavailable(pub String);

/// What a look at a key ends in: none if there is no such key or it was revoked.
pub type Found = Result<Option<StoredKey>, KeysUnavailable>;
/// Looks at a key where keys are stored: in the catalogue, or at image-cache over HTTP.
pub type FindKey = dyn Fn(KeyId) -> Pin<Box<dyn Future<Output = Found> + Send>> + Send + Sync;

/// API keys, some of them remembered. Clones share what is remembered.
#[derive(Clone)]
pub struct ApiKeys {
    find: Arc<FindKey>,
    remembered: Cache<KeyId, Option<StoredKey>>,
}

impl ApiKeys {
    /// Keys that are found so.
    pub fn new(find: Arc<FindKey>) -> Self {
        Self { find, remembered: Cache::builder().max_capacity(REMEMBERED).time_to_live(FOR).build() }
    }

    /// Looks at a key.
    pub(super) async fn get(&self, id: &KeyId) -> Found {
        if let Some(known) = self.remembered.get(id) {
            return Ok(known);
        }
        let found = (self.find)(id.clone()).await?;
        self.remembered.insert(id.clone(), found.clone());
        Ok(found)
    }

    /// Forgets a key that has changed.
    pub fn forget(&self, id: &KeyId) {
        self.remembered.invalidate(id);
    }
}

impl std::fmt::Debug for ApiKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ApiKeys")
    }
}
