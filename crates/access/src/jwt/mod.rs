//! Tokens of an identity provider: JSON Web Tokens, signed (RFC 7515, RFC 7519, RFC 8725).
//!
//! The algorithm belongs to the key and never to the token, so a token cannot choose how it
//! is verified. The `jsonwebtoken` crate does the cryptography; the header and the claims
//! are read here, since it passes over duplicates, `crit` and `nbf` and reads its own clock.

mod claims;
mod json;
mod jwks;
mod key;

use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

pub use claims::{Claims, Rules};
pub use jwks::{InvalidJwks, MAX_JWKS_BYTES};
pub use key::{InvalidKeyFile, KeySet};

use crate::shown::MAX_TOKEN_BYTES;

/// An algorithm that a token may be signed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// HMAC with SHA-256, by a secret that is shared.
    Hs256,
    /// RSA PKCS #1 v1.5 with SHA-256, by a key of at least 2048 bits.
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

/// The text is no algorithm that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it takes HS256, RS256, ES256 and EdDSA")]
pub struct InvalidAlgorithm;

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Hs256, Self::Rs256, Self::Es256, Self::EdDsa];

    /// Its name in a token's header (RFC 7518, section 3.1; RFC 8037).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    fn of_crate(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::Hs256 => jsonwebtoken::Algorithm::HS256,
            Self::Rs256 => jsonwebtoken::Algorithm::RS256,
            Self::Es256 => jsonwebtoken::Algorithm::ES256,
            Self::EdDsa => jsonwebtoken::Algorithm::EdDSA,
        }
    }
}

impl FromStr for Algorithm {
    type Err = InvalidAlgorithm;

    fn from_str(text: &str) -> Result<Self, InvalidAlgorithm> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == text).ok_or(InvalidAlgorithm)
    }
}

/// Why a token is not taken. None of them contains the token or a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// It is not three parts of base64 with JSON in two of them, or a name stands twice.
    #[error("the token is malformed")]
    Malformed,
    /// It is longer than 8 KiB.
    #[error("the token has more than {MAX_TOKEN_BYTES} bytes")]
    TooLong,
    /// Its header has a member that is not taken.
    #[error("the token's header has `{0}`, which is not taken")]
    Header(&'static str),
    /// Its algorithm is not that of the key.
    #[error("the token is not signed by an algorithm that is taken")]
    Algorithm,
    /// No key has its `kid`. It may be one that the provider has only just begun to use.
    #[error("the token is signed by a key that is not known")]
    UnknownKey,
    /// Its signature is not that of the key.
    #[error("the token's signature is not valid")]
    Signature,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Its time has not come.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// It is good for longer than tokens may be.
    #[error("the token is valid for longer than tokens may be")]
    Lifetime,
    /// Another issued it.
    #[error("the token is of another issuer")]
    Issuer,
    /// It is meant for others.
    #[error("the token is for another audience")]
    Audience,
    /// A claim is missing or is not what it must be.
    #[error("the token's claim `{0}` is missing or malformed")]
    Claim(&'static str),
}

/// Verifies a token. `now` is in seconds since 1970.
pub fn verify(token: &str, keys: &KeySet, rules: &Rules, now: u64) -> Result<Claims, InvalidToken> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(InvalidToken::TooLong);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(InvalidToken::Malformed)?;
    let (header, payload) = message.split_once('.').ok_or(InvalidToken::Malformed)?;
    let header = json::object(&part(header)?).ok_or(InvalidToken::Malformed)?;
    let key = keys.find(&Header::read(&header)?)?;
    let verified =
        jsonwebtoken::crypto::verify(signature, message.as_bytes(), &key.key, key.algorithm.of_crate());
    if !matches!(verified, Ok(true)) {
        return Err(InvalidToken::Signature);
    }
    let claims = json::object(&part(payload)?).ok_or(InvalidToken::Malformed)?;
    rules.check(&claims, now)
}

/// The bytes of a part. A `.` too many is no base64.
fn part(text: &str) -> Result<Vec<u8>, InvalidToken> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidToken::Malformed)
}

/// What counts of a header.
struct Header<'a> {
    algorithm: &'a str,
    kid: Option<&'a str>,
}

impl<'a> Header<'a> {
    fn read(object: &'a json::Object) -> Result<Self, InvalidToken> {
        // A key that a token brings along proves nothing, and an extension that must be
        // understood is not.
        for name in ["crit", "jwk", "jku", "x5u", "x5c", "zip", "enc"] {
            if object.get(name).is_some() {
                return Err(InvalidToken::Header(name));
            }
        }
        let text = |name| match object.get(name) {
            None => Ok(None),
            Some(value) => value.as_str().map(Some).ok_or(InvalidToken::Malformed),
        };
        let is_jwt =
            |typ: &str| ["jwt", "at+jwt", "application/at+jwt"].contains(&typ.to_lowercase().as_str());
        if text("typ")?.is_some_and(|typ| !is_jwt(typ)) {
            return Err(InvalidToken::Header("typ"));
        }
        Ok(Self { algorithm: text("alg")?.ok_or(InvalidToken::Malformed)?, kid: text("kid")? })
    }
}
