//! What is on the volume, how much it takes, and when it was last used.

use std::collections::BTreeMap;
use std::time::SystemTime;

use crate::{Group, Key};

/// File systems give out space in blocks. Counting bytes alone would let a cache of
/// small files take many times what it was given.
const BLOCK_BYTES: u64 = 4096;

/// What is on the volume. Sorted by key, so that a group is a range.
#[derive(Default)]
pub(super) struct Index {
    files: BTreeMap<Key, File>,
    bytes: u64,
    /// Set aside for files that are being written.
    reserved_bytes: u64,
}

struct File {
    bytes: u64,
    used: SystemTime,
}

impl Index {
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn entries(&self) -> usize {
        self.files.len()
    }

    /// Sets room aside for a file of this length, if that keeps all within the capacity.
    pub(super) fn reserve(&mut self, len: u64, capacity_bytes: u64) -> bool {
        let fits = self.bytes + self.reserved_bytes + Self::reservation(len) <= capacity_bytes;
        if fits {
            self.reserved_bytes += Self::reservation(len);
        }
        fits
    }

    /// Gives back what was set aside.
    pub(super) fn release(&mut self, len: u64) {
        self.reserved_bytes = self.reserved_bytes.saturating_sub(Self::reservation(len));
    }

    /// The file may be the first of its group, and then it needs a folder too.
    fn reservation(len: u64) -> u64 {
        len.next_multiple_of(BLOCK_BYTES) + BLOCK_BYTES
    }

    pub(super) fn insert(&mut self, key: Key, len: u64, used: SystemTime) {
        self.remove(&key);
        if !self.has_group(&key.group) {
            self.bytes += BLOCK_BYTES;
        }
        let bytes = len.next_multiple_of(BLOCK_BYTES);
        self.bytes += bytes;
        self.files.insert(key, File { bytes, used });
    }

    pub(super) fn insert_if_absent(&mut self, key: Key, len: u64, used: SystemTime) {
        if !self.files.contains_key(&key) {
            self.insert(key, len, used);
        }
    }

    /// The file was read. An unknown one is added only if it may be `news`; otherwise
    /// it was removed since, and adding it would count what is gone.
    pub(super) fn touch(&mut self, key: &Key, len: u64, used: SystemTime, news: bool) {
        match self.files.get_mut(key) {
            Some(file) => file.used = used,
            None if news => self.insert(*key, len, used),
            None => {}
        }
    }

    pub(super) fn remove(&mut self, key: &Key) {
        if let Some(file) = self.files.remove(key) {
            self.bytes -= file.bytes;
            if !self.has_group(&key.group) {
                self.bytes -= BLOCK_BYTES;
            }
        }
    }

    /// Removes the file unless it was used after `used`; says whether it did.
    pub(super) fn remove_unused_since(&mut self, key: &Key, used: SystemTime) -> bool {
        let unused = self.files.get(key).is_some_and(|file| file.used == used);
        if unused {
            self.remove(key);
        }
        unused
    }

    pub(super) fn remove_group(&mut self, group: &Group) {
        let keys: Vec<_> = self.files.range(Key::all_of(group)).map(|(key, _)| *key).collect();
        for key in keys {
            self.remove(&key);
        }
    }

    /// Every file with its last use, the oldest first.
    pub(super) fn by_age(&self) -> Vec<(SystemTime, Key)> {
        let mut files: Vec<_> = self.files.iter().map(|(key, file)| (file.used, *key)).collect();
        files.sort_unstable();
        files
    }

    fn has_group(&self, group: &Group) -> bool {
        self.files.range(Key::all_of(group)).next().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(group: u8, variant: u8) -> Key {
        Key { group: [group; 32], variant: [variant; 16] }
    }

    #[test]
    fn an_index_that_is_emptied_again_counts_nothing() {
        let mut index = Index::default();
        let now = SystemTime::now();
        for (group, variant, len) in [(1, 1, 1), (1, 2, 4096), (2, 1, 4097), (1, 1, 9000)] {
            index.insert(key(group, variant), len, now);
        }
        // Three files of 3, 1 and 2 blocks in two folders.
        assert_eq!((index.bytes(), index.entries()), (8 * 4096, 3));
        index.remove(&key(1, 2));
        index.remove(&key(1, 2));
        assert_eq!((index.bytes(), index.entries()), (7 * 4096, 2));
        index.remove_group(&[1; 32]);
        assert_eq!((index.bytes(), index.entries()), (3 * 4096, 1));
        index.remove_group(&[2; 32]);
        assert_eq!((index.bytes(), index.entries()), (0, 0));
    }

    #[test]
    fn room_that_is_set_aside_is_not_given_twice() {
        let mut index = Index::default();
        assert!(index.reserve(4096, 8192 + 8191));
        assert!(!index.reserve(4096, 8192 + 8191));
        index.release(4096);
        assert!(index.reserve(4096, 8192 + 8191));
    }

    #[test]
    fn a_file_that_was_used_meanwhile_is_not_removed_for_its_age() {
        let mut index = Index::default();
        let (then, now) = (SystemTime::UNIX_EPOCH, SystemTime::now());
        index.insert(key(1, 1), 1, then);
        index.touch(&key(1, 1), 1, now, false);
        assert!(!index.remove_unused_since(&key(1, 1), then));
        assert_eq!(index.entries(), 1);
        assert!(index.remove_unused_since(&key(1, 1), now));
    }
}
