//! Verifying tokens, and remembering those that were verified.
//!
//! An asymmetric signature takes up to a quarter of a millisecond to verify, a look at what
//! is remembered two microseconds.

use std::sync::Arc;
use std::time::Duration;

use access::jwt::{self, Claims, InvalidToken, KeySet, Rules};
use moka::sync::Cache;

use super::files::Watched;
use super::jwks::Jwks;

/// The most tokens that are remembered.
const REMEMBERED: u64 = 10_000;
/// How long a token is remembered at most.
const FOR: Duration = Duration::from_secs(300);

/// Where the keys of tokens are from.
#[derive(Debug)]
pub(super) enum TokenKeys {
    /// A key file.
    Fixed(Arc<KeySet>),
    /// A file with a key set.
    File(Arc<Watched<KeySet>>),
    /// A URL.
    Fetched(Arc<Jwks>),
}

/// Verifies tokens.
#[derive(Debug)]
pub(super) struct Tokens {
    pub(super) keys: TokenKeys,
    rules: Rules,
    /// By the SHA-256 of the token.
    remembered: Cache<[u8; 32], Remembered>,
}

#[derive(Debug, Clone)]
struct Remembered {
    claims: Arc<Claims>,
    /// The keys that it was verified by: when they change, it is verified again.
    by: Arc<KeySet>,
}

impl Tokens {
    pub(super) fn new(keys: TokenKeys, rules: Rules) -> Self {
        let remembered = Cache::builder().max_capacity(REMEMBERED).time_to_live(FOR).build();
        Self { keys, rules, remembered }
    }

    /// Verifies a token, whose digest is given; `now` is in seconds since 1970.
    pub(super) async fn verify(
        &self,
        token: &str,
        digest: &[u8; 32],
        now: u64,
    ) -> Result<Arc<Claims>, InvalidToken> {
        let keys = self.keys.get();
        if let Some(known) = self.remembered.get(digest)
            && Arc::ptr_eq(&known.by, &keys)
            && now < known.claims.expires.saturating_add(self.rules.leeway)
        {
            return Ok(known.claims);
        }
        let (keys, verified) = match (jwt::verify(token, &keys, &self.rules, now), &self.keys) {
            (Err(InvalidToken::UnknownKey), TokenKeys::Fetched(jwks)) => {
                jwks.refresh().await;
                let keys = jwks.get();
                let verified = jwt::verify(token, &keys, &self.rules, now);
                (keys, verified)
            }
            (verified, _) => (keys, verified),
        };
        let claims = Arc::new(verified?);
        self.remembered.insert(*digest, Remembered { claims: claims.clone(), by: keys });
        Ok(claims)
    }
}

impl TokenKeys {
    fn get(&self) -> Arc<KeySet> {
        match self {
            Self::Fixed(keys) => keys.clone(),
            Self::File(file) => file.get(),
            Self::Fetched(jwks) => jwks.get(),
        }
    }
}
