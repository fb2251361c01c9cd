//! The pace of a client: a minimum mean rate, with some patience.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

/// How far a client may fall behind the minimum rate. Short pauses, on the road or of a
/// disk, are no fault of a client that is quick otherwise.
const PATIENCE: Duration = Duration::from_secs(10);

/// Follows how fast a client sends or takes bytes. Only the time counts in which the
/// service waits for the client: a leaky bucket that fills with that time, and is emptied
/// by the bytes, each worth the time that it may take.
pub(crate) struct Pace {
    bytes_per_second: u64,
    behind: Duration,
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl Pace {
    /// A client that is not behind.
    pub(crate) fn new(bytes_per_second: u64) -> Self {
        Self { bytes_per_second: bytes_per_second.max(1), behind: Duration::ZERO, waiting: None }
    }

    /// The service waits for the client. Ready if it has waited too long; else the task is
    /// woken when it has.
    pub(crate) fn poll_wait(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let left = PATIENCE.saturating_sub(self.behind);
        let (_, timer) = self.waiting.get_or_insert_with(|| (Instant::now(), Box::pin(sleep(left))));
        timer.as_mut().poll(context)
    }

    /// The client sent or took so many bytes.
    pub(crate) fn moved(&mut self, bytes: usize) {
        if let Some((since, _)) = self.waiting.take() {
            self.behind += since.elapsed();
        }
        let nanos = u128::try_from(bytes).unwrap_or(u128::MAX).saturating_mul(1_000_000_000)
            / u128::from(self.bytes_per_second);
        let earned = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        self.behind = self.behind.saturating_sub(earned);
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::time::{advance, timeout};

    use super::*;

    /// How long a client is waited for that moves `bytes` each `every`.
    async fn lasts(bytes: usize, every: Duration) -> Option<Duration> {
        let (start, mut pace) = (Instant::now(), Pace::new(8192));
        while start.elapsed() < Duration::from_secs(600) {
            if timeout(every, poll_fn(|context| pace.poll_wait(context))).await.is_ok() {
                return Some(start.elapsed());
            }
            pace.moved(bytes);
        }
        None
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_under_the_rate_is_given_up_and_one_over_it_is_not() {
        let second = Duration::from_secs(1);
        assert_eq!(lasts(1, 20 * second).await, Some(PATIENCE));
        let trickle = lasts(1, second).await.unwrap();
        assert!(trickle < 2 * PATIENCE, "{trickle:?}");
        assert_eq!(lasts(9000, second).await, None);
        assert_eq!(lasts(60_000, 7 * second).await, None, "pauses are made up for");
        let slow = lasts(4096, second).await.unwrap();
        assert!(slow > PATIENCE && slow < 4 * PATIENCE, "{slow:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn time_in_which_nobody_waits_does_not_count() {
        let mut pace = Pace::new(8192);
        advance(10 * PATIENCE).await;
        let waited = timeout(PATIENCE / 2, poll_fn(|context| pace.poll_wait(context))).await;
        assert!(waited.is_err(), "the service was busy, not the client slow");
    }
}
