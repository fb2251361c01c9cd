//! How long to wait before a broker is tried again.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(30);

/// Pauses that double from 0.5 s to 30 s, each shortened at random by up to a half, so
/// that clients of a broker that comes back do not all come at once.
#[derive(Debug)]
pub struct Backoff {
    next: Duration,
}

impl Backoff {
    /// Before the first pause.
    pub fn new() -> Self {
        Self { next: FIRST }
    }

    /// The pause after one more failure: 50 to 100 % of 0.5 s, 1 s, 2 s and so on to 30 s.
    pub fn next_pause(&mut self) -> Duration {
        let longest = self.next;
        self.next = (longest * 2).min(LONGEST);
        longest.mul_f64(0.5 + 0.5 * random_fraction())
    }

    /// After a success the next pause is short again.
    pub fn reset(&mut self) {
        self.next = FIRST;
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new()
    }
}

/// From 0 to below 1. The standard library seeds its hashers at random, which is random
/// enough here.
fn random_fraction() -> f64 {
    let bits = RandomState::new().hash_one(()) >> 32;
    f64::from(u32::try_from(bits).unwrap_or(u32::MAX)) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_from_half_a_second_to_thirty_and_are_shortened_at_random() {
        let mut backoff = Backoff::new();
        for longest in [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000] {
            let longest = Duration::from_millis(longest);
            let pause = backoff.next_pause();
            assert!(longest / 2 <= pause && pause <= longest, "{pause:?} of {longest:?}");
        }
        backoff.reset();
        assert!(backoff.next_pause() <= FIRST);
    }

    #[test]
    fn pauses_differ() {
        let first: Vec<_> = (0..8).map(|_| Backoff::new().next_pause()).collect();
        assert!(first.windows(2).any(|pair| pair[0] != pair[1]), "{first:?}");
    }
}
