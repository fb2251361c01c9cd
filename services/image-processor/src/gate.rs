//! The gate before all pixel work: so many jobs at once, so much memory, so many waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cache::{Budget, Share};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// Counts jobs and their memory. One for the whole process.
pub(crate) struct Gate {
    jobs: Arc<Semaphore>,
    memory: Budget,
    max_job_bytes: u64,
    waiting: AtomicUsize,
    max_waiting: usize,
}

/// The right to do one job. Dropped, it lets the next one in.
pub(crate) struct Permit {
    _job: OwnedSemaphorePermit,
    memory: Share,
}

impl Permit {
    /// Gives back memory that is more than so many bytes.
    pub(crate) fn shrink_to(&mut self, bytes: u64) {
        self.memory.shrink_to(bytes);
    }

    /// Ends the job and keeps its memory, of which the result takes a part.
    pub(crate) fn into_memory(self) -> Share {
        self.memory
    }
}

/// Why a job is not let in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GateError {
    #[error("all workers are busy and {waiting} images wait to be made; try again")]
    Full { waiting: usize },
    #[error("the image waited its whole time to be made, behind others; try again")]
    TimedOut,
    #[error("the image needs {bytes} bytes of memory to be made; all images together have {max_job_bytes}")]
    OverBudget { bytes: u64, max_job_bytes: u64 },
}

impl Gate {
    /// Lets in so many jobs at once, each within `max_job_bytes`, as long as `memory` has room
    /// for all of them. At most `max_waiting` wait.
    pub(crate) fn new(jobs: usize, memory: Budget, max_job_bytes: u64, max_waiting: usize) -> Self {
        let jobs = Arc::new(Semaphore::new(jobs.min(Semaphore::MAX_PERMITS)));
        Self { jobs, memory, max_job_bytes, waiting: AtomicUsize::new(0), max_waiting }
    }

    /// The most bytes that one job may take.
    pub(crate) fn max_job_bytes(&self) -> u64 {
        self.max_job_bytes
    }

    /// How many jobs wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Memory that jobs, and results that are kept or on their way, take together.
    pub(crate) fn taken_bytes(&self) -> u64 {
        self.memory.taken_bytes()
    }

    /// Waits, until `deadline`, for a place among the jobs and for `bytes` of memory.
    /// Jobs are let in in the order in which they came.
    pub(crate) async fn enter(&self, bytes: u64, deadline: Instant) -> Result<Permit, GateError> {
        if bytes > self.max_job_bytes {
            return Err(GateError::OverBudget { bytes, max_job_bytes: self.max_job_bytes });
        }
        if let Some(permit) = self.enter_at_once(bytes) {
            return Ok(permit);
        }
        let _place = self.wait_in_line()?;
        let both = async {
            // The semaphore is never closed.
            let job = Arc::clone(&self.jobs).acquire_owned().await.ok()?;
            Some(Permit { _job: job, memory: self.memory.take(bytes).await })
        };
        timeout_at(deadline, both).await.ok().flatten().ok_or(GateError::TimedOut)
    }

    fn enter_at_once(&self, bytes: u64) -> Option<Permit> {
        let job = Arc::clone(&self.jobs).try_acquire_owned().ok()?;
        Some(Permit { _job: job, memory: self.memory.try_take(bytes)? })
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const MIB: u64 = 1 << 20;

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(20)
    }

    fn gate(jobs: usize, memory_bytes: u64, max_waiting: usize) -> Gate {
        Gate::new(jobs, Budget::new(memory_bytes), memory_bytes, max_waiting)
    }

    #[tokio::test]
    async fn jobs_beyond_the_workers_wait_and_beyond_the_line_are_refused() {
        let gate = Arc::new(gate(1, 1 << 30, 1));
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
    async fn who_goes_away_leaves_the_line_at_once() {
        let gate = Arc::new(gate(1, 1 << 30, 1));
        let _first = gate.enter(1, soon()).await.unwrap();
        let line = Arc::clone(&gate);
        let second =
            tokio::spawn(async move { line.enter(1, Instant::now() + Duration::from_secs(60)).await });
        while gate.waiting() == 0 {
            tokio::task::yield_now().await;
        }
        second.abort();
        assert!(second.await.is_err());
        assert_eq!(gate.waiting(), 0);
    }

    #[tokio::test]
    async fn memory_is_counted_apart_from_jobs() {
        let gate = gate(8, 10 * MIB, 8);
        let held = gate.enter(6 * MIB, soon()).await.unwrap();
        assert!(matches!(gate.enter(6 * MIB, soon()).await, Err(GateError::TimedOut)));
        assert!(gate.enter(4 * MIB, soon()).await.is_ok());
        drop(held);
        assert!(gate.enter(10 * MIB, soon()).await.is_ok());
        assert!(matches!(gate.enter(10 * MIB + 1, soon()).await, Err(GateError::OverBudget { .. })));
    }

    #[tokio::test]
    async fn a_result_holds_its_memory_and_not_its_place() {
        let gate = gate(1, 10 * MIB, 8);
        let mut memory = gate.enter(10 * MIB, soon()).await.unwrap().into_memory();
        memory.shrink_to(6 * MIB);
        let result = memory.hold(vec![0; 6 << 20]);
        assert!(matches!(gate.enter(5 * MIB, soon()).await, Err(GateError::TimedOut)));
        assert!(gate.enter(4 * MIB, soon()).await.is_ok());
        drop(result);
        assert!(gate.enter(5 * MIB, soon()).await.is_ok());
    }
}
