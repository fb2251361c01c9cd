//! Files of keys: those that sign links, and those by which services know each other.

use std::collections::HashSet;
use std::fmt;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit as _};
use sha2::Sha256;

use crate::{Digest, Secret};

/// The shortest key in bytes; HMAC-SHA-256 gains nothing beyond 32.
const MIN_KEY_BYTES: usize = 16;
/// The longest key in bytes.
const MAX_KEY_BYTES: usize = 1024;
/// The most keys in a file.
const MAX_KEYS: usize = 64;
/// The longest name of a key.
const MAX_KID_LENGTH: usize = 32;

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// What is wrong with a file of keys. It never contains the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeyring {
    /// There is no key in it.
    #[error("there is no key in it")]
    Empty,
    /// There are too many keys in it.
    #[error("it has more than {MAX_KEYS} keys")]
    TooMany,
    /// A line is not what it must be.
    #[error("line {line} is not {expected}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What a line is.
        expected: &'static str,
    },
    /// A key is too short to be safe, or too long to be meant.
    #[error("line {line}: the key has {bytes} bytes; it needs {MIN_KEY_BYTES} to {MAX_KEY_BYTES}")]
    Length {
        /// Counted from 1.
        line: usize,
        /// The length of the key.
        bytes: usize,
    },
    /// Two keys have one name.
    #[error("line {line}: the name of the key is taken by another line")]
    Twice {
        /// Counted from 1.
        line: usize,
    },
}

/// The keys that sign links, by name. The first signs; all of them verify, so that a new
/// one can be put before an old one without breaking links.
#[derive(Clone)]
pub struct Keyring {
    keys: Vec<(String, Hmac<Sha256>)>,
}

impl Keyring {
    /// Reads lines of `KID BASE64`. Empty lines and lines that begin with `#` do not count.
    pub fn parse(text: &str) -> Result<Self, InvalidKeyring> {
        const EXPECTED: &str =
            "a name of 1 to 32 characters of A–Z a–z 0–9 _ -, a space, and a key in base64";
        let mut names = HashSet::new();
        let mut keys = Vec::new();
        for (line, content) in lines(text) {
            let invalid = InvalidKeyring::Line { line, expected: EXPECTED };
            let (kid, key) = content.split_once([' ', '\t']).ok_or_else(|| invalid.clone())?;
            if !is_kid(kid) {
                return Err(invalid);
            }
            let key = decode(key.trim(), line)?.ok_or_else(|| invalid.clone())?;
            if !names.insert(kid.to_owned()) {
                return Err(InvalidKeyring::Twice { line });
            }
            // HMAC takes keys of any length.
            let mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| invalid)?;
            keys.push((kid.to_owned(), mac));
        }
        count(keys.len())?;
        Ok(Self { keys })
    }

    /// The key that signs.
    pub(crate) fn first(&self) -> Option<(&str, &Hmac<Sha256>)> {
        self.keys.first().map(|(kid, mac)| (kid.as_str(), mac))
    }

    /// The key of a name.
    pub(crate) fn get(&self, kid: &str) -> Option<&Hmac<Sha256>> {
        self.keys.iter().find(|(name, _)| name == kid).map(|(_, mac)| mac)
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|(kid, _)| kid)).finish()
    }
}

/// The keys by which services know each other. The first is sent, all of them are taken.
#[derive(Clone, Debug)]
pub struct ServiceKeys {
    sent: Secret,
    taken: Vec<Digest>,
}

impl ServiceKeys {
    /// Reads lines of base64. Empty lines and lines that begin with `#` do not count.
    pub fn parse(text: &str) -> Result<Self, InvalidKeyring> {
        let mut keys = Vec::new();
        for (line, content) in lines(text) {
            if decode(content, line)?.is_none() {
                return Err(InvalidKeyring::Line { line, expected: "a key in base64" });
            }
            keys.push(content);
        }
        count(keys.len())?;
        let sent = keys.first().ok_or(InvalidKeyring::Empty)?;
        Ok(Self {
            sent: Secret::new((*sent).to_owned()),
            taken: keys.iter().map(|key| Digest::of(key)).collect(),
        })
    }

    /// A key that only this process knows, of bytes from a cryptographic random generator.
    pub fn from_random(random: &[u8; 32]) -> Self {
        let text = base64::engine::general_purpose::STANDARD.encode(random);
        Self { taken: vec![Digest::of(&text)], sent: Secret::new(text) }
    }

    /// The key to send.
    pub fn sent(&self) -> &Secret {
        &self.sent
    }

    /// Whether a service showed one of the keys, whose digest is given.
    pub fn take(&self, shown: &Digest) -> bool {
        // Every key is compared, so that the time tells nothing of which one it was.
        self.taken.iter().fold(false, |taken, key| taken | (key == shown))
    }
}

/// The lines that count, trimmed, with their numbers.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..)
        .zip(text.lines())
        .map(|(number, line)| (number, line.trim()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

fn count(keys: usize) -> Result<(), InvalidKeyring> {
    match keys {
        0 => Err(InvalidKeyring::Empty),
        1..=MAX_KEYS => Ok(()),
        _ => Err(InvalidKeyring::TooMany),
    }
}

/// A key from base64 of either alphabet, padded or not; none if it is no base64.
fn decode(text: &str, line: usize) -> Result<Option<Vec<u8>>, InvalidKeyring> {
    let decoded = GeneralPurpose::new(&STANDARD, LENIENT)
        .decode(text)
        .or_else(|_| GeneralPurpose::new(&URL_SAFE, LENIENT).decode(text));
    match decoded {
        Ok(key) if (MIN_KEY_BYTES..=MAX_KEY_BYTES).contains(&key.len()) => Ok(Some(key)),
        Ok(key) => Err(InvalidKeyring::Length { line, bytes: key.len() }),
        Err(_) => Ok(None),
    }
}

/// Whether a text can be the name of a key.
pub(crate) fn is_kid(text: &str) -> bool {
    (1..=MAX_KID_LENGTH).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZg==";

    #[test]
    fn a_keyring_is_read_by_lines() {
        let text = format!("# made today\r\n\r\n  new {KEY}\r\nold\tMDEyMzQ1Njc4OWFiY2RlZg\n");
        let keyring = Keyring::parse(&text).unwrap();
        assert_eq!(format!("{keyring:?}"), r#"["new", "old"]"#);
        assert_eq!(keyring.first().unwrap().0, "new");
        assert!(keyring.get("old").is_some() && keyring.get("older").is_none());
    }

    #[test]
    fn what_is_no_keyring_is_refused_with_its_line() {
        for (text, message) in [
            (String::new(), "there is no key in it"),
            ("# k".to_owned(), "there is no key in it"),
            (format!("k {KEY}\nk {KEY}"), "line 2: the name of the key is taken by another line"),
            ("k MDEy".to_owned(), "line 1: the key has 3 bytes; it needs 16 to 1024"),
            (KEY.to_owned(), "line 1 is not a name of"),
            (format!("a.b {KEY}"), "line 1 is not a name of"),
            (format!("k {KEY}?"), "line 1 is not a name of"),
        ] {
            let error = Keyring::parse(&text).unwrap_err().to_string();
            assert!(error.starts_with(message), "{text:?}: {error}");
            assert!(!error.contains("MDE"), "{error}");
        }
        let many: String = (0..65).map(|n| format!("k{n} {KEY}\n")).collect();
        assert_eq!(Keyring::parse(&many).unwrap_err(), InvalidKeyring::TooMany);
    }

    #[test]
    fn every_service_key_is_taken_and_the_first_is_sent() {
        let other = "-_-_MTIzNDU2Nzg5YWJjZGVm";
        let keys = ServiceKeys::parse(&format!("{KEY}\n{other}\n")).unwrap();
        assert_eq!(keys.sent().reveal(), KEY);
        assert!(keys.take(&Digest::of(KEY)) && keys.take(&Digest::of(other)));
        assert!(!keys.take(&Digest::of("MDEyMzQ1Njc4OWFiY2RlZh==")));
        assert!(ServiceKeys::parse("a b").is_err() && ServiceKeys::parse("").is_err());
        let random = ServiceKeys::from_random(&[7; 32]);
        assert!(random.take(&Digest::of(random.sent().reveal())));
    }
}
