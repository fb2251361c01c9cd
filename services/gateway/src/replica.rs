//! One process behind the gateway, and how it has been doing.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::origin::Named;

/// Failures in a row that take a replica out.
const FAILURES: u32 = 3;
/// How long it is out for the first time; each time twice as long, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A replica of a service.
pub(crate) struct Replica {
    pub(crate) named: Named,
    /// What the last probe of `/health/ready` found.
    ready: AtomicBool,
    record: Mutex<Record>,
}

/// What requests have found.
#[derive(Debug, Default)]
struct Record {
    failures: u32,
    /// Not to be asked before.
    out_until: Option<Instant>,
    pause: Duration,
}

impl Replica {
    /// One that nothing bad is known of.
    pub(crate) fn new(named: Named) -> Self {
        Self { named, ready: AtomicBool::new(true), record: Mutex::default() }
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed)
    }

    /// Takes note of a probe; says whether that is news.
    pub(crate) fn probed(&self, ready: bool) -> bool {
        self.ready.swap(ready, Ordering::Relaxed) != ready
    }

    /// Whether requests have found it broken.
    pub(crate) fn is_out(&self, now: Instant) -> bool {
        self.record().out_until.is_some_and(|until| now < until)
    }

    /// Whether a request may go there first. Of one that was out a while, only one request
    /// finds out whether it is well again; the others wait for what that finds.
    pub(crate) fn admits(&self, now: Instant) -> bool {
        let mut record = self.record();
        match record.out_until {
            None => true,
            Some(until) if now < until => false,
            Some(_) => {
                record.out_until = Some(now + record.pause);
                true
            }
        }
    }

    /// It answered.
    pub(crate) fn succeeded(&self) {
        let mut record = self.record();
        if record.failures > 0 {
            *record = Record::default();
        }
    }

    /// It could not be reached, or gave no answer that can be used.
    pub(crate) fn failed(&self, now: Instant) {
        let mut record = self.record();
        record.failures = record.failures.saturating_add(1);
        if record.failures >= FAILURES {
            record.pause = (record.pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
            record.out_until = Some(now + record.pause);
        }
    }

    fn record(&self) -> std::sync::MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_failures_in_a_row_take_it_out_and_one_request_tries_it_again() {
        let replica = Replica::new("a=http://a:1".parse().unwrap());
        let now = Instant::now();
        replica.failed(now);
        replica.failed(now);
        replica.succeeded();
        replica.failed(now);
        replica.failed(now);
        assert!(replica.admits(now) && !replica.is_out(now));
        replica.failed(now);
        assert!(!replica.admits(now) && replica.is_out(now));
        let later = now + FIRST_PAUSE;
        assert!(replica.admits(later), "the one that tries");
        assert!(!replica.admits(later), "the others wait");
        replica.failed(later);
        assert!(replica.is_out(later + FIRST_PAUSE), "the second pause is longer");
        let later = later + 2 * FIRST_PAUSE;
        assert!(replica.admits(later));
        replica.succeeded();
        assert!(replica.admits(later) && replica.admits(later));
    }

    #[test]
    fn a_pause_has_an_end_however_often_it_failed() {
        let replica = Replica::new("a=http://a:1".parse().unwrap());
        let now = Instant::now();
        (0..1000).for_each(|_| replica.failed(now));
        assert!(replica.admits(now + LONGEST_PAUSE));
    }
}
