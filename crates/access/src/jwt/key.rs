//! The keys that verify tokens.

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Algorithm, Header, InvalidToken};

/// RFC 7518, section 3.2: a key of the size of the hash or longer.
const MIN_SECRET_BYTES: usize = 32;
/// RFC 7518, section 3.3.
const MIN_RSA_BITS: usize = 2048;
/// What the cryptography takes.
const MAX_RSA_BITS: usize = 8192;

/// What is wrong with a key file. It never contains the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeyFile {
    /// A secret that could be guessed.
    #[error("the HS256 secret has {bytes} bytes; it needs at least {MIN_SECRET_BYTES}")]
    ShortSecret {
        /// Its length.
        bytes: usize,
    },
    /// PEM of something else, such as a private key.
    #[error(
        "it is PEM, but of no public key for RS256 (2048 to 8192 bits), ES256 (P-256) or EdDSA (Ed25519)"
    )]
    Pem,
}

/// The keys that verify tokens, each by one algorithm.
#[derive(Debug, Clone, Default)]
pub struct KeySet {
    pub(super) keys: Vec<Key>,
}

/// A key and the one algorithm that it is for.
#[derive(Debug, Clone)]
pub(super) struct Key {
    /// The name under which a token asks for it; none if it is the only one there is.
    pub(super) kid: Option<String>,
    pub(super) algorithm: Algorithm,
    pub(super) key: DecodingKey,
}

impl KeySet {
    /// Reads a key file: a public key in PEM, else the secret of HS256 as text, of which
    /// white space around it does not count.
    pub fn parse_file(text: &str) -> Result<Self, InvalidKeyFile> {
        let text = text.trim();
        let (algorithm, key) = if text.starts_with("-----BEGIN") {
            public_key(text).ok_or(InvalidKeyFile::Pem)?
        } else if text.len() < MIN_SECRET_BYTES {
            return Err(InvalidKeyFile::ShortSecret { bytes: text.len() });
        } else {
            (Algorithm::Hs256, DecodingKey::from_secret(text.as_bytes()))
        };
        Ok(Self { keys: vec![Key { kid: None, algorithm, key }] })
    }

    /// Without the keys of other algorithms than these.
    #[must_use]
    pub fn only(mut self, algorithms: &[Algorithm]) -> Self {
        self.keys.retain(|key| algorithms.contains(&key.algorithm));
        self
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The algorithms of the keys.
    pub fn algorithms(&self) -> impl Iterator<Item = Algorithm> {
        self.keys.iter().map(|key| key.algorithm)
    }

    /// The key that a token is to be verified by.
    pub(super) fn find(&self, header: &Header<'_>) -> Result<&Key, InvalidToken> {
        let algorithm: Algorithm = header.algorithm.parse().map_err(|_| InvalidToken::Algorithm)?;
        let is_for = |key: &&Key| key.algorithm == algorithm;
        let key = match (self.keys.as_slice(), header.kid) {
            // A key file has one key, whatever its users call it; and a token without a name
            // can mean the only key there is.
            ([key], None) => Some(key),
            ([key], Some(_)) if key.kid.is_none() => Some(key),
            // A secret is never in a set, so no new set will have it.
            _ if algorithm == Algorithm::Hs256 => None,
            (keys, Some(kid)) => {
                let mut named = keys.iter().filter(|key| key.kid.as_deref() == Some(kid)).peekable();
                named.peek().ok_or(InvalidToken::UnknownKey)?;
                // A name may stand for one key of each algorithm.
                named.find(is_for)
            }
            (_, None) => return Err(InvalidToken::UnknownKey),
        };
        key.filter(is_for).ok_or(InvalidToken::Algorithm)
    }
}

/// A public key in PEM, and the algorithm that its type is for.
fn public_key(pem: &str) -> Option<(Algorithm, DecodingKey)> {
    // The crate reads private keys too, as if they were public.
    if pem.matches("-----BEGIN").count() != 1 || pem.contains("PRIVATE KEY") {
        return None;
    }
    let candidates = [
        (Algorithm::Rs256, DecodingKey::from_rsa_pem(pem.as_bytes())),
        (Algorithm::Es256, DecodingKey::from_ec_pem(pem.as_bytes())),
        (Algorithm::EdDsa, DecodingKey::from_ed_pem(pem.as_bytes())),
    ];
    let (algorithm, key) =
        candidates.into_iter().find_map(|(algorithm, key)| Some((algorithm, key.ok()?)))?;
    // The type is not all: the size and the curve must be right too.
    let jwk = Jwk::from_decoding_key(&key, None).ok()?;
    (algorithm_of(&jwk) == Some(algorithm)).then_some((algorithm, key))
}

/// The one algorithm that the key of a JWK can be for by its type, size and curve.
pub(super) fn algorithm_of(jwk: &Jwk) -> Option<Algorithm> {
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
    match &jwk.algorithm {
        AlgorithmParameters::RSA(rsa) => {
            let modulus = bytes(&rsa.n)?;
            let exponent = bytes(&rsa.e)?;
            let zeros = modulus.iter().take_while(|byte| **byte == 0).count();
            let bits = modulus.len().checked_sub(zeros)? * 8
                - usize::try_from(modulus.get(zeros)?.leading_zeros()).ok()?;
            ((MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits) && exponent.len() <= 8).then_some(Algorithm::Rs256)
        }
        AlgorithmParameters::EllipticCurve(ec) => {
            let is_p256 =
                ec.curve == EllipticCurve::P256 && bytes(&ec.x)?.len() == 32 && bytes(&ec.y)?.len() == 32;
            is_p256.then_some(Algorithm::Es256)
        }
        AlgorithmParameters::OctetKeyPair(okp) => {
            (okp.curve == EllipticCurve::Ed25519 && bytes(&okp.x)?.len() == 32).then_some(Algorithm::EdDsa)
        }
        // A secret in a public place is none. The enum may grow; what is new is not taken.
        AlgorithmParameters::OctetKey(_) | AlgorithmParameters::Other(_) | _ => None,
    }
}
