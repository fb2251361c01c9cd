//! Memory that several parts share, counted in bytes.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Memory is counted in units of this size, since a semaphore gives at most 2³² permits at once.
const UNIT_BYTES: u64 = 4 * 1024;
/// The largest budget, 2 TiB; the semaphore of a 32-bit machine has no more permits.
const MAX_UNITS: u32 = u32::MAX >> 3;

/// A number of bytes of memory, of which whoever needs some takes a [`Share`]. Cloning it
/// gives another handle.
#[derive(Debug, Clone)]
pub struct Budget {
    units: Arc<Semaphore>,
    total: u32,
}

/// Bytes of a [`Budget`] that are taken. Dropped, they are free again.
#[derive(Debug)]
pub struct Share(OwnedSemaphorePermit);

impl Budget {
    /// A budget of so many bytes, rounded up to 4 KiB, from 4 KiB to 2 TiB.
    pub fn new(bytes: u64) -> Self {
        let total = units(bytes).max(1);
        Self { units: Arc::new(Semaphore::new(total as usize)), total }
    }

    /// Takes so many bytes as soon as they are free, in the order of asking. Who asks for
    /// more than the whole budget gets all of it: one such value at a time is better than none.
    pub async fn take(&self, bytes: u64) -> Share {
        let units = units(bytes).min(self.total);
        match Arc::clone(&self.units).acquire_many_owned(units).await {
            Ok(permit) => Share(permit),
            // The semaphore is never closed.
            Err(_) => std::future::pending().await,
        }
    }

    /// Takes so many bytes if they are free and nobody waits for them; as [`Self::take`] has it,
    /// all of them if the budget has no more.
    pub fn try_take(&self, bytes: u64) -> Option<Share> {
        let units = units(bytes).min(self.total);
        Arc::clone(&self.units).try_acquire_many_owned(units).ok().map(Share)
    }

    /// Bytes that are taken.
    pub fn taken_bytes(&self) -> u64 {
        let free = u64::try_from(self.units.available_permits()).unwrap_or(u64::MAX);
        u64::from(self.total).saturating_sub(free) * UNIT_BYTES
    }
}

impl Share {
    /// Gives back what is more than so many bytes.
    pub fn shrink_to(&mut self, bytes: u64) {
        let keep = units(bytes) as usize;
        let more = self.0.num_permits().saturating_sub(keep);
        // Dropped, the part that was split off is free again.
        drop(self.0.split(more));
    }

    /// The bytes, which hold this share until the last handle of theirs is gone.
    pub fn hold(self, bytes: Vec<u8>) -> Bytes {
        Bytes::from_owner(Held { bytes: bytes.into_boxed_slice(), _share: self })
    }
}

/// Bytes and what they are counted in.
struct Held {
    /// Exactly as long as its contents, so that what is counted is what is held.
    bytes: Box<[u8]>,
    _share: Share,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

fn units(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT_BYTES)).unwrap_or(MAX_UNITS).min(MAX_UNITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn bytes_are_taken_until_their_last_handle_is_gone() {
        let budget = Budget::new(100 * UNIT_BYTES);
        let mut share = budget.take(80 * UNIT_BYTES).await;
        assert!(budget.try_take(21 * UNIT_BYTES).is_none());
        share.shrink_to(2 * UNIT_BYTES - 1);
        assert_eq!(budget.taken_bytes(), 2 * UNIT_BYTES);
        let bytes = share.hold(vec![7; 5000]);
        let part = bytes.slice(10..20);
        drop(bytes);
        assert_eq!((budget.taken_bytes(), &part[..]), (2 * UNIT_BYTES, &[7; 10][..]));
        drop(part);
        assert_eq!(budget.taken_bytes(), 0);
    }

    #[tokio::test]
    async fn what_is_larger_than_all_takes_all_and_no_more() {
        let budget = Budget::new(10 * UNIT_BYTES);
        let all = budget.take(u64::MAX).await;
        assert_eq!(budget.taken_bytes(), 10 * UNIT_BYTES);
        assert!(budget.try_take(1).is_none());
        drop(all);
        assert!(budget.try_take(1).is_some());
    }
}
