//! Memory over the volume: what is found where.

use std::sync::Arc;

use bytes::Bytes;
use cache::{Epoch, Outcome, Settings, Tiered};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::support::{Maker, Pictures, codec, eventually, in_time, key, picture, pictures, volume};

#[tokio::test]
async fn a_value_is_made_then_in_memory_and_after_a_restart_on_the_volume() {
    let dir = tempfile::tempdir().unwrap();
    let maker = Maker::default();
    let first = pictures(dir.path());
    assert_eq!(first.get(&key(1)), None);
    for outcome in [Outcome::Made, Outcome::Memory, Outcome::Memory] {
        let answer = in_time(first.get_or_make(key(1), maker.make("one"))).await.unwrap();
        assert_eq!(answer, (picture("one"), outcome));
    }
    assert_eq!(first.get(&key(1)), Some(picture("one")));
    in_time(first.drain()).await;
    drop(first);

    let second = pictures(dir.path());
    assert_eq!(second.get(&key(1)), None);
    for outcome in [Outcome::Shelf, Outcome::Memory] {
        let answer = in_time(second.get_or_make(key(1), maker.make("one"))).await.unwrap();
        assert_eq!(answer, (picture("one"), outcome));
    }
    assert_eq!(maker.count(), 1);
}

#[tokio::test]
async fn a_file_whose_label_is_not_known_any_more_is_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let before = volume(dir.path(), 64 << 20);
    before
        .put(&key(1), Epoch::default(), b"a label of an older release", &Bytes::from_static(b"old"))
        .unwrap();
    drop(before);
    let maker = Maker::default();
    let now = pictures(dir.path());
    let answer = in_time(now.get_or_make(key(1), maker.make("new"))).await.unwrap();
    assert_eq!(answer, (picture("new"), Outcome::Made));
    in_time(now.drain()).await;
    drop(now);
    let answer = in_time(pictures(dir.path()).get_or_make(key(1), maker.make("newer"))).await.unwrap();
    assert_eq!(answer, (picture("new"), Outcome::Shelf));
}

#[tokio::test]
async fn without_memory_the_volume_answers_and_without_both_each_value_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings { memory_bytes: 0, max_pending_bytes: 1 << 20 };
    let maker = Maker::default();
    let cold: Pictures =
        Tiered::new(settings, codec(), Some(volume(dir.path(), 1 << 20).into()), Handle::current());
    in_time(cold.get_or_make(key(1), maker.make("one"))).await.unwrap();
    in_time(cold.drain()).await;
    let answer = in_time(cold.get_or_make(key(1), maker.make("one"))).await.unwrap();
    assert_eq!(answer, (picture("one"), Outcome::Shelf));

    let none: Pictures = Tiered::new(settings, codec(), None, Handle::current());
    for _ in 0..2 {
        let answer = in_time(none.get_or_make(key(1), maker.make("one"))).await.unwrap();
        assert_eq!(answer, (picture("one"), Outcome::Made));
        in_time(none.drain()).await;
    }
    assert_eq!(maker.count(), 3);
}

/// The one thread for blocking work is taken once every value has been looked for, so no
/// write ends until it is given back.
#[test]
fn a_shelf_that_hangs_delays_no_answer_and_holds_a_bounded_number_of_values() {
    let dir = tempfile::tempdir().unwrap();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_time().max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let (maker, gate) = (Maker::default(), Arc::new(Semaphore::new(0)));
        let settings = Settings { memory_bytes: 0, max_pending_bytes: 3 * 4096 };
        let slow: Pictures =
            Tiered::new(settings, codec(), Some(volume(dir.path(), 1 << 20).into()), Handle::current());
        let mut callers = JoinSet::new();
        for number in 0..5 {
            let (slow, make) = (slow.clone(), maker.make_behind(&gate, "a picture"));
            callers.spawn(async move { (number, slow.get_or_make(key(number), make).await) });
        }
        eventually(|| maker.count() == 5).await;
        let (release, wait) = std::sync::mpsc::channel::<()>();
        let blocked = tokio::task::spawn_blocking(move || wait.recv());
        gate.add_permits(1);
        for (_, answer) in in_time(callers.join_all()).await {
            assert_eq!(answer.unwrap(), (picture("a picture"), Outcome::Made));
        }
        eventually(|| slow.stats().skipped_writes == 2 && slow.stats().under_way == 3).await;

        drop(release);
        assert!(blocked.await.unwrap().is_err());
        in_time(slow.drain()).await;
        let mut written = 0;
        for number in 0..5 {
            let answer = in_time(slow.get_or_make(key(number), maker.make("a picture"))).await.unwrap();
            written += u32::from(answer.1 == Outcome::Shelf);
        }
        assert_eq!(written, 3);
    });
}

/// As above, with one value: what waits to be written is served from there.
#[test]
fn a_value_that_waits_to_be_written_is_not_made_twice() {
    let dir = tempfile::tempdir().unwrap();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_time().max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let settings = Settings { memory_bytes: 0, max_pending_bytes: 3 * 4096 };
        let slow: Pictures =
            Tiered::new(settings, codec(), Some(volume(dir.path(), 1 << 20).into()), Handle::current());
        let (release, wait) = std::sync::mpsc::channel::<()>();
        let make = |_| async {
            tokio::task::spawn_blocking(move || wait.recv());
            Ok(picture("a picture"))
        };
        let first = in_time(slow.get_or_make(key(0), make)).await.unwrap();
        assert_eq!(first, (picture("a picture"), Outcome::Made));
        let maker = Maker::default();
        let second = in_time(slow.get_or_make(key(0), maker.make("another"))).await.unwrap();
        assert_eq!((second, maker.count()), ((picture("a picture"), Outcome::Memory), 0));
        drop(release);
        in_time(slow.drain()).await;
    });
}
