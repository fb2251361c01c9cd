//! What every shelf promises: functions that take any shelf, and the shelves they are run on.

use std::path::Path;

use bytes::Bytes;
use cache::{Entry, Shelf};

use crate::support::{in_time, key, variant, volume};

/// Runs every function on a shelf of its own, with room for values of 100 KiB.
pub(crate) async fn conforms<F: Future<Output = Shelf>>(mut open: impl FnMut() -> F) {
    what_is_put_is_got_under_its_own_key_only(open().await).await;
    a_second_value_takes_the_place_of_the_first(open().await).await;
    a_label_or_a_value_that_is_too_large_is_refused(open().await).await;
    a_removed_group_is_gone_and_no_other(open().await).await;
    a_value_that_was_begun_before_a_removal_is_refused_after_it(open().await).await;
    a_group_lives_on_after_its_removals(open().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_volume_conforms() {
    let dirs: Vec<_> = (0..6).map(|_| tempfile::tempdir().unwrap()).collect();
    let mut paths = dirs.iter().map(tempfile::TempDir::path);
    let open = |dir: &Path| Shelf::from(volume(dir, 4 << 20));
    in_time(conforms(|| std::future::ready(open(paths.next().unwrap())))).await;
    let last = tempfile::tempdir().unwrap();
    in_time(of_values_and_removals_at_once_nothing_old_is_left(open(last.path()))).await;
}

fn entry(label: &str, body: &str) -> Option<Entry> {
    Some(Entry { label: Bytes::from(label.to_owned()), body: Bytes::from(body.to_owned()) })
}

/// Looks, finds nothing, and puts, as someone does who makes a value.
async fn make(shelf: &Shelf, number: u32, of: u8, body: &str) {
    let look = shelf.get(variant(number, of)).await;
    assert_eq!(look.entry, None);
    let put = shelf.put(variant(number, of), look.epoch, b"label".to_vec(), Bytes::from(body.to_owned()));
    assert!(put.await.unwrap());
}

async fn what_is_put_is_got_under_its_own_key_only(shelf: Shelf) {
    make(&shelf, 1, 0, "one").await;
    make(&shelf, 1, 1, "another variant").await;
    make(&shelf, 2, 0, "").await;
    assert_eq!(shelf.get(variant(1, 0)).await.entry, entry("label", "one"));
    assert_eq!(shelf.get(variant(1, 1)).await.entry, entry("label", "another variant"));
    assert_eq!(shelf.get(variant(2, 0)).await.entry, entry("label", ""));
    assert_eq!(shelf.get(variant(2, 1)).await.entry, None);
}

async fn a_second_value_takes_the_place_of_the_first(shelf: Shelf) {
    make(&shelf, 1, 0, "the first, which is longer").await;
    let epoch = shelf.get(key(1)).await.epoch;
    assert!(shelf.put(key(1), epoch, b"other".to_vec(), Bytes::from_static(b"second")).await.unwrap());
    assert_eq!(shelf.get(key(1)).await.entry, entry("other", "second"));
}

async fn a_label_or_a_value_that_is_too_large_is_refused(shelf: Shelf) {
    make(&shelf, 1, 0, "small").await;
    let epoch = shelf.get(key(2)).await.epoch;
    assert!(!shelf.put(key(2), epoch, vec![0; 1 << 16], Bytes::new()).await.unwrap());
    assert!(!shelf.put(key(2), epoch, Vec::new(), Bytes::from(vec![0; 4 << 20])).await.unwrap());
    assert_eq!(shelf.get(key(2)).await.entry, None);
    assert_eq!(shelf.get(key(1)).await.entry, entry("label", "small"), "nothing was pushed out");
    let body = Bytes::from(vec![7; 100 << 10]);
    assert!(shelf.put(key(2), epoch, vec![1; 1000], body.clone()).await.unwrap());
    assert_eq!(shelf.get(key(2)).await.entry, Some(Entry { label: vec![1; 1000].into(), body }));
}

async fn a_removed_group_is_gone_and_no_other(shelf: Shelf) {
    for of in 0..10 {
        make(&shelf, 1, of, "of one").await;
    }
    make(&shelf, 2, 0, "of two").await;
    shelf.remove_group(key(1).group).await.unwrap();
    shelf.remove_group(key(3).group).await.unwrap();
    for of in 0..10 {
        assert_eq!(shelf.get(variant(1, of)).await.entry, None);
    }
    assert_eq!(shelf.get(variant(2, 0)).await.entry, entry("label", "of two"));
}

/// As on another replica, which does not know of the removal.
async fn a_value_that_was_begun_before_a_removal_is_refused_after_it(shelf: Shelf) {
    let begun = shelf.get(key(1)).await.epoch;
    let unrelated = shelf.get(key(2)).await.epoch;
    shelf.remove_group(key(1).group).await.unwrap();
    assert!(!shelf.put(key(1), begun, Vec::new(), Bytes::from_static(b"too late")).await.unwrap());
    assert_eq!(shelf.get(key(1)).await.entry, None);
    assert!(shelf.put(key(2), unrelated, Vec::new(), Bytes::from_static(b"fine")).await.unwrap());
    assert_eq!(shelf.get(key(2)).await.entry, entry("", "fine"));
}

async fn a_group_lives_on_after_its_removals(shelf: Shelf) {
    let mut epochs = vec![shelf.get(key(1)).await.epoch];
    for round in 0..5 {
        make(&shelf, 1, 0, &format!("round {round}")).await;
        assert_eq!(shelf.get(key(1)).await.entry, entry("label", &format!("round {round}")));
        shelf.remove_group(key(1).group).await.unwrap();
        let now = shelf.get(key(1)).await;
        assert_eq!(now.entry, None, "round {round}");
        epochs.push(now.epoch);
    }
    assert!(epochs.is_sorted_by(|before, after| before < after), "{epochs:?}");
}

pub(crate) async fn of_values_and_removals_at_once_nothing_old_is_left(shelf: Shelf) {
    for round in 0..100 {
        let writers: Vec<_> = (0..4)
            .map(|of| {
                let shelf = shelf.clone();
                tokio::spawn(async move {
                    let epoch = shelf.get(variant(1, of)).await.epoch;
                    let body = Bytes::from(format!("{epoch:?}"));
                    let _ = shelf.put(variant(1, of), epoch, Vec::new(), body).await.unwrap();
                })
            })
            .collect();
        for _ in 0..round % 5 {
            tokio::task::yield_now().await;
        }
        shelf.remove_group(key(1).group).await.unwrap();
        let epoch = shelf.get(key(1)).await.epoch;
        for writer in writers {
            writer.await.unwrap();
        }
        for of in 0..4 {
            // What is there was begun after the removal.
            if let Some(entry) = shelf.get(variant(1, of)).await.entry {
                assert_eq!(entry.body, format!("{epoch:?}"), "round {round}");
            }
        }
    }
}
