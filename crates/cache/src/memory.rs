//! Values in memory, bounded in bytes.

use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What moka and the allocator need beside key and value, in bytes: an estimate of
/// two reference-counted nodes, two links of its queues and a slot of its table.
const OVERHEAD_BYTES: usize = 256;

/// Values in memory, bounded in bytes; the least useful leave first.
///
/// Which ones those are is decided by TinyLFU: a value that was asked for once does
/// not push out one that is asked for often. A value may therefore be gone right
/// after it was inserted.
pub struct Memory<K, V> {
    values: moka::sync::Cache<K, V>,
    weigh: fn(&V) -> usize,
    capacity_bytes: u64,
    evictions: Arc<AtomicU64>,
}

impl<K, V> Memory<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Room for `capacity_bytes`; 0 switches it off.
    ///
    /// `weigh` gives the bytes that a value holds. The key and a fixed overhead are
    /// added to it. `Bytes` must own their buffer whole: a slice of a larger buffer
    /// holds all of it, and the bound would be a lie.
    pub fn new(capacity_bytes: u64, weigh: fn(&V) -> usize) -> Self {
        let evictions = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&evictions);
        let values = moka::sync::Cache::builder()
            .max_capacity(capacity_bytes)
            .weigher(move |_, value| u32::try_from(weight::<K, V>(weigh, value)).unwrap_or(u32::MAX))
            .eviction_listener(move |_, _, cause| {
                if cause.was_evicted() {
                    counter.fetch_add(1, Ordering::Relaxed);
                }
            })
            .build();
        Self { values, weigh, capacity_bytes, evictions }
    }

    /// The value, if it is here. Waits for nothing but a short lock.
    pub fn get(&self, key: &K) -> Option<V> {
        self.values.get(key)
    }

    /// Keeps the value, unless it weighs more than [`Self::max_value_bytes`]: one large
    /// value is not worth the many small ones it would push out.
    pub fn insert(&self, key: K, value: V) {
        if (self.weigh)(&value) > self.max_value_bytes() {
            // What the key stood for until now is out of date.
            self.remove(&key);
            return;
        }
        self.values.insert(key, value);
        // moka admits and evicts up to 64 inserts late. With values of up to an eighth
        // of the capacity the bound could be broken eightfold, so we do not let it wait.
        self.values.run_pending_tasks();
    }

    /// Drops the value, if it is here.
    pub fn remove(&self, key: &K) {
        self.values.invalidate(key);
        self.values.run_pending_tasks();
    }

    /// The heaviest value that is kept, in bytes: an eighth of the capacity, less what
    /// is charged for key and overhead.
    pub fn max_value_bytes(&self) -> usize {
        // Weights are 32 bits wide in moka; beyond that they could not be counted.
        let share = u32::try_from(self.capacity_bytes / 8).unwrap_or(u32::MAX);
        let share = usize::try_from(share).unwrap_or(usize::MAX);
        share.saturating_sub(weight_of_nothing::<K>())
    }

    /// Bytes in use, with keys and overhead; at most the capacity.
    pub fn bytes(&self) -> u64 {
        self.values.weighted_size()
    }

    /// Values held.
    pub fn entries(&self) -> u64 {
        self.values.entry_count()
    }

    /// Values that left, or were refused, for want of room since the start.
    pub fn evictions(&self) -> u64 {
        self.evictions.load(Ordering::Relaxed)
    }

    /// Whether the value is here, without counting as a use of it.
    pub(crate) fn contains(&self, key: &K) -> bool {
        self.values.contains_key(key)
    }
}

fn weight<K, V>(weigh: fn(&V) -> usize, value: &V) -> usize {
    weigh(value).saturating_add(weight_of_nothing::<K>())
}

fn weight_of_nothing<K>() -> usize {
    size_of::<K>() + OVERHEAD_BYTES
}
