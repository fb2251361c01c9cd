//! The form of a file: a header that proves the file whole, a label and a body.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | magic, with the version of this form |
//! | 32 | SHA-256 of everything after it, and of the key |
//! | 2 | length of the label, little endian |
//! | 8 | length of the body, little endian |
//! | | the label |
//! | | the body |

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::Key;

/// Changes whenever the form does; older files are then foreign, and made again.
const MAGIC: [u8; 8] = *b"slcache1";
const CHECKSUM_BYTES: usize = 32;
const LENGTHS_BYTES: usize = 2 + 8;

/// A value as it lies on the volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What was given as label.
    pub label: Bytes,
    /// What was given as body.
    pub body: Bytes,
}

/// What goes before the body; nothing if the label is too long.
pub(super) fn encode(key: &Key, label: &[u8], body: &[u8]) -> Option<Vec<u8>> {
    let mut described = Vec::with_capacity(LENGTHS_BYTES + label.len());
    described.extend_from_slice(&u16::try_from(label.len()).ok()?.to_le_bytes());
    described.extend_from_slice(&(body.len() as u64).to_le_bytes());
    described.extend_from_slice(label);

    let mut header = Vec::with_capacity(MAGIC.len() + CHECKSUM_BYTES + described.len());
    header.extend_from_slice(&MAGIC);
    header.extend_from_slice(&checksum(key, &described, body));
    header.extend_from_slice(&described);
    Some(header)
}

/// The entry, if the file is whole and was written under this key.
pub(super) fn decode(key: &Key, file: Vec<u8>) -> Option<Entry> {
    let mut rest = Bytes::from(file);
    if take(&mut rest, MAGIC.len())? != MAGIC.as_slice() {
        return None;
    }
    let expected = take(&mut rest, CHECKSUM_BYTES)?;
    if expected != checksum(key, &rest, &[]).as_slice() {
        return None;
    }
    let label_len = u16::from_le_bytes(take(&mut rest, 2)?.as_ref().try_into().ok()?);
    let body_len = u64::from_le_bytes(take(&mut rest, 8)?.as_ref().try_into().ok()?);
    let label = take(&mut rest, usize::from(label_len))?;
    (rest.len() as u64 == body_len).then_some(Entry { label, body: rest })
}

/// The key is part of it, so that a file that came under another name is not served.
fn checksum(key: &Key, described: &[u8], body: &[u8]) -> [u8; CHECKSUM_BYTES] {
    Sha256::new()
        .chain_update(key.group)
        .chain_update(key.variant)
        .chain_update(described)
        .chain_update(body)
        .finalize()
        .into()
}

fn take(bytes: &mut Bytes, len: usize) -> Option<Bytes> {
    (len <= bytes.len()).then(|| bytes.split_to(len))
}
