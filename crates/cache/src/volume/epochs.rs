//! The epochs of groups that were removed lately.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use crate::{Epoch, Group};

/// A removal has to be remembered for as long as a value that was begun before it may
/// still be on its way here, which is a request's timeout and the time of a write.
const REMEMBERED_FOR: Duration = Duration::from_secs(3600);
/// At most so many, at about 200 bytes each. If one is forgotten too early, a value of a
/// removed group takes room until it is evicted.
const REMEMBERED: u64 = 50_000;

/// The epochs of groups that were removed lately. All other groups are in their first.
pub(super) struct Epochs {
    removed: Cache<Group, Epoch>,
    latest: AtomicU64,
}

impl Epochs {
    pub(super) fn new() -> Self {
        let removed = Cache::builder()
            .max_capacity(REMEMBERED)
            .time_to_live(REMEMBERED_FOR)
            // The newest removal matters most; by default a full cache would refuse it.
            .eviction_policy(EvictionPolicy::lru())
            .build();
        Self { removed, latest: AtomicU64::new(0) }
    }

    pub(super) fn of(&self, group: &Group) -> Epoch {
        self.removed.get(group).unwrap_or_default()
    }

    /// Begins another epoch of the group. Its number is larger than that of any before, also
    /// of those that an earlier process gave, unless the clock was set back.
    pub(super) fn advance(&self, group: &Group) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        let next = |latest: u64| now.max(latest.saturating_add(1));
        let latest =
            self.latest.fetch_update(Ordering::AcqRel, Ordering::Acquire, |latest| Some(next(latest)));
        self.removed.insert(*group, Epoch::new(next(latest.unwrap_or_else(|latest| latest))));
    }
}
