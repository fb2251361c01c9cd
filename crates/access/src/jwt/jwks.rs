//! Key sets of identity providers (RFC 7517).

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use serde::Deserialize;

use super::key::{Key, algorithm_of};
use super::{Algorithm, KeySet};

/// The longest set that is read, in bytes.
pub const MAX_JWKS_BYTES: usize = 64 * 1024;
/// The most keys in a set.
const MAX_KEYS: usize = 100;

/// What is wrong with a key set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidJwks {
    /// It is longer than [`MAX_JWKS_BYTES`], or has more keys than a set has.
    #[error("it has more than {MAX_JWKS_BYTES} bytes or {MAX_KEYS} keys")]
    TooLarge,
    /// It is no key set.
    #[error("it is not a JSON Web Key Set")]
    Malformed,
    /// No key in it is one that tokens are verified by.
    #[error("it has no public key for RS256 (2048 to 8192 bits), ES256 (P-256) or EdDSA (Ed25519)")]
    NoKey,
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<serde_json::Value>,
}

impl KeySet {
    /// Reads a key set. A key that is for something else is passed over, as RFC 7517,
    /// section 5 says; so are secrets, and keys without a name among several.
    pub fn parse_jwks(bytes: &[u8]) -> Result<Self, InvalidJwks> {
        if bytes.len() > MAX_JWKS_BYTES {
            return Err(InvalidJwks::TooLarge);
        }
        let set: Set = serde_json::from_slice(bytes).map_err(|_| InvalidJwks::Malformed)?;
        if set.keys.len() > MAX_KEYS {
            return Err(InvalidJwks::TooLarge);
        }
        let is_only = set.keys.len() == 1;
        let keys: Vec<Key> =
            set.keys.into_iter().filter_map(key).filter(|key| is_only || key.kid.is_some()).collect();
        if keys.is_empty() { Err(InvalidJwks::NoKey) } else { Ok(Self { keys }) }
    }
}

/// The key, if it is one that verifies tokens.
fn key(value: serde_json::Value) -> Option<Key> {
    let jwk: Jwk = serde_json::from_value(value).ok()?;
    let algorithm = algorithm_of(&jwk)?;
    let common = &jwk.common;
    let is_for_signatures =
        common.public_key_use.as_ref().is_none_or(|use_| *use_ == PublicKeyUse::Signature)
            && common.key_operations.as_ref().is_none_or(|ops| ops.contains(&KeyOperations::Verify));
    let says = |named: KeyAlgorithm| match algorithm {
        Algorithm::Hs256 => false,
        Algorithm::Rs256 => named == KeyAlgorithm::RS256,
        Algorithm::Es256 => named == KeyAlgorithm::ES256,
        Algorithm::EdDsa => named == KeyAlgorithm::EdDSA,
    };
    if !is_for_signatures || !common.key_algorithm.is_none_or(says) {
        return None;
    }
    let key = DecodingKey::from_jwk(&jwk).ok()?;
    Some(Key { kid: jwk.common.key_id, algorithm, key })
}
