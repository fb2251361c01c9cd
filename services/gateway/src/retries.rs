//! The retry budget: when everything fails, retries would only double the load.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const WINDOW: Duration = Duration::from_secs(10);
/// This many are always allowed in a window.
const AT_LEAST: u64 = 20;
/// One retry for this many requests.
const REQUESTS_A_RETRY: u64 = 10;

/// Counts requests and retries in windows of ten seconds.
pub(crate) struct Retries {
    requests: AtomicU64,
    spent: AtomicU64,
    refused: AtomicU64,
    window: Mutex<Window>,
}

struct Window {
    began: Instant,
    retries: u64,
    /// Of the window before, so that a new window does not begin with nothing.
    before: u64,
}

impl Retries {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            requests: AtomicU64::new(0),
            spent: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            window: Mutex::new(Window { began: now, retries: 0, before: 0 }),
        }
    }

    /// Counts a request that is asked for the first time.
    pub(crate) fn request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes a retry out of the budget, if there is one left.
    pub(crate) fn take(&self, now: Instant) -> bool {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if now.duration_since(window.began) >= WINDOW {
            let requests = self.requests.swap(0, Ordering::Relaxed);
            *window = Window { began: now, retries: 0, before: requests };
        }
        let requests = self.requests.load(Ordering::Relaxed).max(window.before);
        let allowed = window.retries < AT_LEAST.max(requests / REQUESTS_A_RETRY);
        if allowed {
            window.retries += 1;
        }
        let counter = if allowed { &self.spent } else { &self.refused };
        counter.fetch_add(1, Ordering::Relaxed);
        allowed
    }

    /// Retries so far.
    pub(crate) fn spent(&self) -> u64 {
        self.spent.load(Ordering::Relaxed)
    }

    /// Retries that the budget refused so far.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_of_the_requests_and_never_less_than_twenty_may_be_retried() {
        let now = Instant::now();
        let few = Retries::new(now);
        assert_eq!((0..50).filter(|_| few.take(now)).count(), 20);
        assert!(few.take(now + WINDOW), "a new window begins anew");
        let many = Retries::new(now);
        (0..1000).for_each(|_| many.request());
        assert_eq!((0..500).filter(|_| many.take(now)).count(), 100);
        assert_eq!((many.spent(), many.refused()), (100, 400));
    }
}
