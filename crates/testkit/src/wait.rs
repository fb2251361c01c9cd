//! Waiting for a condition, with a deadline: the one place where a test may sleep.

use std::time::{Duration, Instant};

const DEADLINE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(5);

/// Waits until the condition gives a value.
///
/// # Panics
///
/// After 20 seconds, saying what was waited for.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut condition: impl FnMut() -> F) -> T {
    let end = Instant::now() + DEADLINE;
    loop {
        if let Some(value) = condition().await {
            return value;
        }
        assert!(Instant::now() < end, "waited {DEADLINE:?} in vain until {what}");
        tokio::time::sleep(PAUSE).await;
    }
}

/// The same without async.
///
/// # Panics
///
/// After 20 seconds, saying what was waited for.
pub fn until_blocking<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + DEADLINE;
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(Instant::now() < end, "waited {DEADLINE:?} in vain until {what}");
        std::thread::sleep(PAUSE);
    }
}

/// Lets time pass where the passing of time itself is what a test is about.
pub async fn time_passes(time: Duration) {
    tokio::time::sleep(time).await;
}
