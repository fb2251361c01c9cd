//! The memory tier of [`Tiered`](crate::Tiered): memory that can drop a whole group.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{Group, Key, Memory};

/// Values in memory, and a sorted list of their keys.
///
/// moka's own `invalidate_entries_if` is not used: until its scan is through, every
/// hit pays for every removal under way, and it skips values that are just being
/// replaced, which would then outlive their removal.
pub(crate) struct Grouped<V> {
    memory: Memory<Key, V>,
    /// A superset of the keys in memory: it learns of evictions only when it is pruned.
    keys: Mutex<BTreeSet<Key>>,
}

impl<V: Clone + Send + Sync + 'static> Grouped<V> {
    pub(crate) fn new(memory: Memory<Key, V>) -> Self {
        Self { memory, keys: Mutex::default() }
    }

    pub(crate) fn memory(&self) -> &Memory<Key, V> {
        &self.memory
    }

    pub(crate) fn get(&self, key: &Key) -> Option<V> {
        self.memory.get(key)
    }

    pub(crate) fn insert(&self, key: Key, value: V) {
        let mut keys = self.keys();
        self.memory.insert(key, value);
        keys.insert(key);
        // Twice the keys are needed before a pass over all of them, so that a pass
        // costs each insert only a constant share.
        let held = usize::try_from(self.memory.entries()).unwrap_or(usize::MAX);
        if keys.len() > held.saturating_mul(2).saturating_add(1024) {
            keys.retain(|key| self.memory.contains(key));
        }
    }

    pub(crate) fn remove_group(&self, group: &Group) {
        let mut keys = self.keys();
        for key in keys.extract_if(Key::all_of(group), |_| true) {
            self.memory.remove(&key);
        }
    }

    fn keys(&self) -> MutexGuard<'_, BTreeSet<Key>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
