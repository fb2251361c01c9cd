//! Which image-processor gets which image: rendezvous hashing (Thaler and Ravishankar, 1998)
//! by the image and its canonical options. Every gateway chooses alike without talking to
//! another, and a replica that leaves moves only its own share.

use std::cmp::Reverse;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use sha2::{Digest, Sha256};

use crate::origin::Named;
use crate::replica::Replica;

/// The image-processors.
pub(crate) struct Replicas(RwLock<Arc<[Arc<Replica>]>>);

impl Replicas {
    pub(crate) fn new(named: Vec<Named>) -> Self {
        let replicas = Self(RwLock::new(Arc::from([])));
        replicas.replace(named);
        replicas
    }

    /// All of them now.
    pub(crate) fn all(&self) -> Arc<[Arc<Replica>]> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on these; what is known of one that stays is kept.
    pub(crate) fn replace(&self, named: Vec<Named>) {
        let known = self.all();
        let stays = |named: &Named| known.iter().find(|replica| replica.named == *named).cloned();
        let replicas =
            named.into_iter().map(|named| stays(&named).unwrap_or_else(|| Arc::new(Replica::new(named))));
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = replicas.collect();
    }

    /// How many are ready, and how many there are.
    pub(crate) fn count(&self) -> (usize, usize) {
        let all = self.all();
        (all.iter().filter(|replica| replica.is_ready()).count(), all.len())
    }

    /// The replica to ask for a key, and the one to ask if that cannot answer. A single
    /// replica is its own second. Those that are not well come last, but they come: it may
    /// be image-cache that is away, and then each still has its own images.
    pub(crate) fn choose(&self, key: &[u8], now: Instant) -> Option<(Arc<Replica>, Arc<Replica>)> {
        let all = self.all();
        if let [only] = &*all {
            return Some((Arc::clone(only), Arc::clone(only)));
        }
        let mut ranked: Vec<_> = all.iter().collect();
        ranked.sort_by_cached_key(|replica| Reverse(score(key, &replica.named.name)));
        // When more than half seem to be broken, it is more likely something else that is.
        let out = ranked.iter().filter(|replica| replica.is_out(now)).count();
        let panic = out * 2 > ranked.len();
        let first = ranked.iter().find(|replica| replica.is_ready() && (panic || replica.admits(now)));
        let first = first.or(ranked.first())?;
        let others = || ranked.iter().filter(|replica| !Arc::ptr_eq(replica, first));
        let second = others().find(|replica| replica.is_ready() && (panic || !replica.is_out(now)));
        let second = second.or(others().next())?;
        Some((Arc::clone(first), Arc::clone(second)))
    }
}

/// How much a replica wants a key; the highest gets it.
fn score(key: &[u8], name: &str) -> [u8; 32] {
    Sha256::new().chain_update(key).chain_update([0]).chain_update(name).finalize().into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn named(names: &[&str]) -> Vec<Named> {
        names.iter().map(|name| format!("{name}=http://{name}:1").parse().unwrap()).collect()
    }

    fn home(replicas: &Replicas, key: &[u8]) -> String {
        replicas.choose(key, Instant::now()).unwrap().0.named.name.clone()
    }

    #[test]
    fn shares_are_even_and_one_that_leaves_moves_only_its_own() {
        let (three, two) = (Replicas::new(named(&["a", "b", "c"])), Replicas::new(named(&["c", "a"])));
        let mut shares = BTreeMap::<_, u32>::new();
        for key in 0..6000_u32 {
            let key = key.to_be_bytes();
            let before = home(&three, &key);
            if before != "b" {
                assert_eq!(home(&two, &key), before);
            }
            *shares.entry(before).or_default() += 1;
        }
        assert!(shares.values().all(|share| (1800..2200).contains(share)), "{shares:?}");
    }

    proptest! {
        #[test]
        fn the_order_of_the_list_means_nothing(key in any::<Vec<u8>>()) {
            let one = Replicas::new(named(&["a", "b", "c", "d"]));
            let other = Replicas::new(named(&["d", "b", "a", "c"]));
            let names = |replicas: &Replicas| {
                let (first, second) = replicas.choose(&key, Instant::now()).unwrap();
                (first.named.name.clone(), second.named.name.clone())
            };
            prop_assert_eq!(names(&one), names(&other));
            prop_assert_ne!(names(&one).0, names(&one).1);
        }
    }

    #[test]
    fn one_that_is_not_well_is_passed_over_and_comes_back() {
        let replicas = Replicas::new(named(&["a", "b", "c"]));
        let now = Instant::now();
        let (first, second) = replicas.choose(b"key", now).unwrap();
        first.probed(false);
        let (instead, _) = replicas.choose(b"key", now).unwrap();
        assert!(Arc::ptr_eq(&instead, &second));
        first.probed(true);
        (0..3).for_each(|_| first.failed(now));
        assert!(Arc::ptr_eq(&replicas.choose(b"key", now).unwrap().0, &second));
        first.succeeded();
        assert!(Arc::ptr_eq(&replicas.choose(b"key", now).unwrap().0, &first));
    }

    #[test]
    fn when_all_seem_broken_all_are_asked_as_if_none_were() {
        let replicas = Replicas::new(named(&["a", "b", "c"]));
        let now = Instant::now();
        let before = home(&replicas, b"key");
        for replica in replicas.all().iter() {
            (0..3).for_each(|_| replica.failed(now));
        }
        assert_eq!(home(&replicas, b"key"), before);
        replicas.all().iter().for_each(|replica| {
            replica.probed(false);
        });
        assert_eq!(home(&replicas, b"key"), before);
    }

    #[test]
    fn what_is_known_of_a_replica_stays_when_others_come_and_go() {
        let replicas = Replicas::new(named(&["a", "b"]));
        let b = Arc::clone(&replicas.all()[1]);
        replicas.replace(named(&["b", "c"]));
        assert!(Arc::ptr_eq(&replicas.all()[0], &b));
        replicas.replace(Vec::new());
        assert!(replicas.choose(b"key", Instant::now()).is_none());
    }
}
