//! API keys: `sl_<id>_<secret>`.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::{Digest, Secret};

const PREFIX: &str = "sl_";
const ID_LENGTH: usize = 8;
const SECRET_LENGTH: usize = 43;
/// Base 32 of RFC 4648 in lower case.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// The id of an API key: 8 characters of `a–z 2–7`. It is no secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(String);

/// The text is not an API key, or not the id of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an API key; a key is sl_, 8 characters, _ and 43 characters")]
pub struct InvalidKey;

/// An API key as its holder shows it: an id and 256 random bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Under which id it is stored.
    pub id: KeyId,
    text: Secret,
}

impl ApiKey {
    /// A new key of 37 bytes from a cryptographic random generator.
    pub fn from_random(random: &[u8; 37]) -> Self {
        let (id, secret) = random.split_at(5);
        let bits = id.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        let id: String = (0..ID_LENGTH)
            .rev()
            .filter_map(|at| ALPHABET.get(usize::try_from(bits >> (5 * at) & 31).ok()?))
            .map(|byte| char::from(*byte))
            .collect();
        let text = format!("{PREFIX}{id}_{}", URL_SAFE_NO_PAD.encode(secret));
        Self { id: KeyId(id), text: Secret::new(text) }
    }

    /// Whether a text is meant as an API key.
    pub fn is_meant_by(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    /// The whole key, to be shown once.
    pub fn text(&self) -> &Secret {
        &self.text
    }

    /// What is stored of it: the SHA-256 of the whole key.
    pub fn digest(&self) -> Digest {
        Digest::of(self.text.reveal())
    }
}

impl FromStr for ApiKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let rest = text.strip_prefix(PREFIX).ok_or(InvalidKey)?;
        let (id, rest) = rest.split_at_checked(ID_LENGTH).ok_or(InvalidKey)?;
        let secret = rest.strip_prefix('_').ok_or(InvalidKey)?;
        if secret.len() != SECRET_LENGTH || URL_SAFE_NO_PAD.decode(secret).is_err() {
            return Err(InvalidKey);
        }
        Ok(Self { id: id.parse()?, text: Secret::new(text.to_owned()) })
    }
}

impl FromStr for KeyId {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let is_id = text.len() == ID_LENGTH && text.bytes().all(|byte| ALPHABET.contains(&byte));
        if is_id { Ok(Self(text.to_owned())) } else { Err(InvalidKey) }
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_is_written_as_documented() {
        let key = ApiKey::from_random(&[0xFF; 37]);
        assert_eq!(key.id.to_string(), "77777777");
        assert_eq!(key.text().reveal(), "sl_77777777___________________________________________8");
        assert!(!format!("{key:?}").contains("____"));
    }

    proptest! {
        #[test]
        fn a_key_survives_the_round_trip_and_a_flipped_bit_is_another_key(
            random: [u8; 37], at in 0_usize..55, bit in 0_u8..7
        ) {
            let key = ApiKey::from_random(&random);
            let text = key.text().reveal();
            prop_assert_eq!(text.len(), 55);
            prop_assert!(ApiKey::is_meant_by(text));
            prop_assert_eq!(text.parse(), Ok(key.clone()));
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] ^= 1 << bit;
            if let Ok(flipped) = String::from_utf8(bytes).unwrap().parse::<ApiKey>() {
                prop_assert_ne!(flipped.digest(), key.digest());
            }
        }

        #[test]
        fn no_text_is_read_as_a_key_but_a_key(text in "\\PC{0,80}") {
            prop_assert!(text.parse::<ApiKey>().is_err());
        }
    }
}
