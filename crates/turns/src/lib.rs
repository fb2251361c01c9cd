//! Operations on one thing take turns: a lock for each key, striped so that its memory is
//! bounded.

use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher, Hash};

use tokio::sync::{Mutex, MutexGuard};

/// How many keys can be worked on at once, about.
const STRIPES: u64 = 256;

/// A lock for each key. Two keys share one now and then, which costs waiting and nothing
/// else, as long as nobody holds two turns at once.
#[derive(Debug)]
pub struct Turns {
    first: Mutex<()>,
    others: Vec<Mutex<()>>,
}

/// The turn of one key, until it is dropped.
#[derive(Debug)]
#[must_use = "the turn is over when this is dropped"]
pub struct Turn<'a> {
    _held: MutexGuard<'a, ()>,
}

impl Turns {
    /// Every key is free.
    pub fn new() -> Self {
        Self { first: Mutex::default(), others: (1..STRIPES).map(|_| Mutex::default()).collect() }
    }

    /// Waits until nobody else has the key's turn. Who asked first is served first.
    pub async fn take(&self, key: &impl Hash) -> Turn<'_> {
        let stripe = BuildHasherDefault::<DefaultHasher>::default().hash_one(key) % STRIPES;
        let other = usize::try_from(stripe).ok().and_then(|stripe| self.others.get(stripe));
        Turn { _held: other.unwrap_or(&self.first).lock().await }
    }
}

impl Default for Turns {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn one_key_has_one_turn_at_a_time() {
        let turns = Turns::new();
        let turn = turns.take(&"a").now_or_never();
        assert!(turn.is_some());
        assert!(turns.take(&"a").now_or_never().is_none());
        drop(turn);
        assert!(turns.take(&"a").now_or_never().is_some());
    }

    #[test]
    fn most_keys_do_not_wait_for_each_other() {
        let turns = Turns::new();
        let _held = turns.take(&0).now_or_never();
        let free = (1..1000).filter(|key| turns.take(key).now_or_never().is_some()).count();
        assert!(free > 950, "{free}");
    }
}
