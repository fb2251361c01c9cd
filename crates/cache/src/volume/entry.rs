//! The form of a file: a header that proves the file whole, a label and a body.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | magic, with the version of this form |
//! | 32 | SHA-256 of everything after it, and of the key |
//! | 8 | the epoch of the group when the value was begun, little endian; not in version 1 |
//! | 2 | length of the label, little endian |
//! | 8 | length of the body, little endian |
//! | | the label |
//! | | the body |

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::{Entry, Key};

/// Changes whenever the form does; files of a version that is not read are made again.
const MAGIC: [u8; 8] = *b"slcache2";
/// Version 1, without an epoch. Still read, since a full cache is worth hours of work.
const MAGIC_1: [u8; 8] = *b"slcache1";
const CHECKSUM_BYTES: usize = 32;
const NUMBERS_BYTES: usize = 8 + 2 + 8;

/// What goes before the body; nothing if the label is too long.
pub(crate) fn encode(key: &Key, epoch: u64, label: &[u8], body: &[u8]) -> Option<Vec<u8>> {
    let mut described = Vec::with_capacity(NUMBERS_BYTES + label.len());
    described.extend_from_slice(&epoch.to_le_bytes());
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
pub(crate) fn decode(key: &Key, file: Bytes) -> Option<(u64, Entry)> {
    let mut rest = file;
    let magic = take(&mut rest, MAGIC.len())?;
    if magic != MAGIC.as_slice() && magic != MAGIC_1.as_slice() {
        return None;
    }
    let expected = take(&mut rest, CHECKSUM_BYTES)?;
    if expected != checksum(key, &rest, &[]).as_slice() {
        return None;
    }
    let epoch = if magic == MAGIC.as_slice() {
        u64::from_le_bytes(take(&mut rest, 8)?.as_ref().try_into().ok()?)
    } else {
        0
    };
    let label_len = u16::from_le_bytes(take(&mut rest, 2)?.as_ref().try_into().ok()?);
    let body_len = u64::from_le_bytes(take(&mut rest, 8)?.as_ref().try_into().ok()?);
    let label = take(&mut rest, usize::from(label_len))?;
    (rest.len() as u64 == body_len).then_some((epoch, Entry { label, body: rest }))
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

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: Key = Key { group: [1; 32], variant: [2; 16] };

    #[test]
    fn a_file_of_version_1_is_read_as_of_the_first_epoch() {
        // As that version wrote it: no epoch between checksum and lengths.
        let described = [&3u16.to_le_bytes()[..], &4u64.to_le_bytes(), b"tag"].concat();
        let file = [&MAGIC_1[..], &checksum(&KEY, &described, b"body"), &described, b"body"].concat();
        let entry = Entry { label: "tag".into(), body: "body".into() };
        assert_eq!(decode(&KEY, file.clone().into()), Some((0, entry)));
        let other = Key { group: [3; 32], ..KEY };
        assert_eq!(decode(&other, file.into()), None);
    }

    #[test]
    fn the_epoch_is_part_of_what_is_checked() {
        let header = encode(&KEY, 7, b"tag", b"body").unwrap();
        let mut file = [header, b"body".to_vec()].concat();
        assert_eq!(decode(&KEY, file.clone().into()).unwrap().0, 7);
        file[8 + CHECKSUM_BYTES] ^= 1;
        assert_eq!(decode(&KEY, file.into()), None);
    }
}
