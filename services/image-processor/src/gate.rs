//! The gate before all pixel work: so many jobs at once, so much memory, so many waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// Memory is counted in units of this size, since a semaphore has at most 2³² permits.
const UNIT_BYTES: u64 = 64 * 1024;
/// The most permits that a semaphore has on any machine; 32 TiB.
const MAX_UNITS: u32 = u32::MAX >> 3;

/// Counts jobs and their memory. One for the whole process.
pub(crate) struct Gate {
    jobs: Arc<Semaphore>,
    memory: Arc<Semaphore>,
    budget_bytes: u64,
    waiting: AtomicUsize,
    max_waiting: usize,
}

/// The right to do one job. Dropped, it lets the next one in.
pub(crate) struct Permit {
    _job: OwnedSemaphorePermit,
    _memory: OwnedSemaphorePermit,
}

/// Why a job is not let in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GateError {
    #[error("all workers are busy and {waiting} images wait to be made; try again")]
    Full { waiting: usize },
    #[error("the image was not let in before its deadline")]
    TimedOut,
    #[error("the image needs {bytes} bytes of memory to be made; all images together have {budget_bytes}")]
    OverBudget { bytes: u64, budget_bytes: u64 },
}

impl Gate {
    pub(crate) fn new(workers: usize, budget_bytes: u64, max_waiting: usize) -> Self {
        Self {
            jobs: Arc::new(Semaphore::new(workers)),
            memory: Arc::new(Semaphore::new(units(budget_bytes) as usize)),
            budget_bytes,
            waiting: AtomicUsize::new(0),
            max_waiting,
        }
    }

    /// How many jobs wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Waits, until `deadline`, for a place among the jobs and for `bytes` of memory.
    /// Jobs are let in in the order in which they came.
    pub(crate) async fn enter(&self, bytes: u64, deadline: Instant) -> Result<Permit, GateError> {
        if bytes > self.budget_bytes {
            return Err(GateError::OverBudget { bytes, budget_bytes: self.budget_bytes });
        }
        let needed = units(bytes);
        if let Some(permit) = self.enter_at_once(needed) {
            return Ok(permit);
        }
        let _place = self.wait_in_line()?;
        let both = async {
            let job = Arc::clone(&self.jobs).acquire_owned().await;
            let memory = Arc::clone(&self.memory).acquire_many_owned(needed).await;
            // The semaphores are never closed.
            Some(Permit { _job: job.ok()?, _memory: memory.ok()? })
        };
        timeout_at(deadline, both).await.ok().flatten().ok_or(GateError::TimedOut)
    }

    fn enter_at_once(&self, needed: u32) -> Option<Permit> {
        let job = Arc::clone(&self.jobs).try_acquire_owned().ok()?;
        let memory = Arc::clone(&self.memory).try_acquire_many_owned(needed).ok()?;
        Some(Permit { _job: job, _memory: memory })
    }

    fn wait_in_line(&self) -> Result<Place<'_>, GateError> {
        let place = Place(&self.waiting);
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        if before >= self.max_waiting { Err(GateError::Full { waiting: before }) } else { Ok(place) }
    }
}

/// A place in the line, given up when dropped.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn units(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT_BYTES)).unwrap_or(MAX_UNITS).min(MAX_UNITS)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(20)
    }

    #[tokio::test]
    async fn jobs_beyond_the_workers_wait_and_beyond_the_line_are_refused() {
        let gate = Arc::new(Gate::new(1, 1 << 30, 1));
        let first = gate.enter(1, soon()).await.unwrap();
        let line = Arc::clone(&gate);
        let second =
            tokio::spawn(async move { line.enter(1, Instant::now() + Duration::from_secs(60)).await });
        while gate.waiting() == 0 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(gate.enter(1, soon()).await, Err(GateError::Full { waiting: 1 })));
        assert_eq!(gate.waiting(), 1, "who was refused has left the line");
        drop(first);
        assert!(second.await.unwrap().is_ok());
    }

    #[tokio::test]
    async fn memory_is_counted_apart_from_jobs() {
        let gate = Gate::new(8, 10 * UNIT_BYTES, 8);
        let held = gate.enter(6 * UNIT_BYTES, soon()).await.unwrap();
        assert!(matches!(gate.enter(6 * UNIT_BYTES, soon()).await, Err(GateError::TimedOut)));
        assert!(gate.enter(4 * UNIT_BYTES, soon()).await.is_ok());
        drop(held);
        assert!(gate.enter(10 * UNIT_BYTES, soon()).await.is_ok());
        assert!(matches!(gate.enter(10 * UNIT_BYTES + 1, soon()).await, Err(GateError::OverBudget { .. })));
    }
}
