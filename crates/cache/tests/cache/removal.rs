//! A group that is removed is gone, whatever is under way.

use std::sync::Arc;

use cache::{Outcome, Settings, Tiered};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::support::{
    Maker, Pictures, codec, eventually, file_of, files_under, in_time, key, picture, pictures, variant,
    volume,
};

#[tokio::test]
async fn every_variant_is_gone_from_memory_and_volume_and_no_other_group() {
    let dir = tempfile::tempdir().unwrap();
    let (pictures, maker) = (pictures(dir.path()), Maker::default());
    for number in 0..10 {
        in_time(pictures.get_or_make(variant(1, number), maker.make("of one"))).await.unwrap();
    }
    in_time(pictures.get_or_make(variant(2, 0), maker.make("of two"))).await.unwrap();
    in_time(pictures.drain()).await;
    in_time(pictures.remove_group(key(1).group)).await.unwrap();

    assert!((0..10).all(|number| pictures.get(&variant(1, number)).is_none()));
    assert!(pictures.get(&variant(2, 0)).is_some());
    assert!((0..10).all(|number| !file_of(dir.path(), &variant(1, number)).exists()));
    assert!(file_of(dir.path(), &variant(2, 0)).exists());
    assert_eq!(pictures.stats().memory_entries, 1);
    let again = in_time(pictures.get_or_make(variant(1, 3), maker.make("of one, again"))).await.unwrap();
    assert_eq!(again, (picture("of one, again"), Outcome::Made));
}

#[tokio::test]
async fn a_value_that_was_being_made_answers_and_is_not_kept() {
    let dir = tempfile::tempdir().unwrap();
    let (pictures, maker, gate) = (pictures(dir.path()), Maker::default(), Arc::new(Semaphore::new(0)));
    let caller = tokio::spawn({
        let (pictures, make) = (pictures.clone(), maker.make_behind(&gate, "old"));
        async move { pictures.get_or_make(key(1), make).await }
    });
    eventually(|| maker.count() == 1).await;
    in_time(pictures.remove_group(key(1).group)).await.unwrap();

    // Who comes after the removal does not share the work of before.
    let after = in_time(pictures.get_or_make(variant(1, 0), maker.make("new"))).await.unwrap();
    assert_eq!(after, (picture("new"), Outcome::Made));
    in_time(pictures.remove_group(key(1).group)).await.unwrap();

    gate.add_permits(1);
    assert_eq!(in_time(caller).await.unwrap().unwrap(), (picture("old"), Outcome::Made));
    in_time(pictures.drain()).await;
    assert_eq!(pictures.get(&key(1)), None);
    assert_eq!(files_under(dir.path()), [dir.path().join("lock")]);
    assert_eq!(pictures.stats().shelf.unwrap().entries, 0);
}

/// The one thread for blocking work is taken, so the removal has begun and cannot end.
#[test]
fn a_value_made_during_the_removal_answers_at_once_and_is_not_kept() {
    let dir = tempfile::tempdir().unwrap();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_time().max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let (pictures, maker) = (pictures(dir.path()), Maker::default());
        in_time(pictures.get_or_make(key(1), maker.make("old"))).await.unwrap();
        in_time(pictures.drain()).await;
        let (release, wait) = std::sync::mpsc::channel::<()>();
        let blocked = tokio::task::spawn_blocking(move || wait.recv());
        let removal = tokio::spawn({
            let pictures = pictures.clone();
            async move { pictures.remove_group(key(1).group).await }
        });
        eventually(|| pictures.get(&key(1)).is_none()).await;

        let during = in_time(pictures.get_or_make(key(1), maker.make("new"))).await.unwrap();
        assert_eq!(during, (picture("new"), Outcome::Made));
        assert!(!removal.is_finished());

        drop(release);
        assert!(blocked.await.unwrap().is_err());
        in_time(removal).await.unwrap().unwrap();
        in_time(pictures.drain()).await;
        assert_eq!(pictures.get(&key(1)), None);
        assert_eq!(files_under(dir.path()), [dir.path().join("lock")]);
    });
}

/// Makes and removals of one group from four threads at once: after the last removal
/// nothing may be left, whichever way the steps fell.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_left_behind_however_makes_and_removals_meet() {
    let dir = tempfile::tempdir().unwrap();
    // Without memory every caller goes to the volume, where the races are.
    for memory_bytes in [0, 1 << 20] {
        let settings = Settings { memory_bytes, max_pending_bytes: 1 << 20 };
        let pictures: Pictures =
            Tiered::new(settings, codec(), Some(volume(dir.path(), 1 << 20).into()), Handle::current());
        for round in 0..300 {
            let tasks: Vec<_> = (0..8u8)
                .map(|number| {
                    let pictures = pictures.clone();
                    tokio::spawn(async move {
                        let make = Maker::default().make("one");
                        pictures.get_or_make(variant(1, number % 2), make).await.unwrap();
                    })
                })
                .collect();
            // The removal begins somewhere in the middle of them.
            for _ in 0..round % 7 {
                tokio::task::yield_now().await;
            }
            let begun = tasks.iter().filter(|task| task.is_finished()).count();
            in_time(pictures.remove_group(key(1).group)).await.unwrap();
            for task in tasks {
                in_time(task).await.unwrap();
            }
            // Callers that came after the removal may have made it anew; one more
            // removal while the writes of all of them are still under way ends that.
            in_time(pictures.remove_group(key(1).group)).await.unwrap();
            in_time(pictures.drain()).await;
            let left = files_under(dir.path());
            assert_eq!(left, [dir.path().join("lock")], "round {round}, {begun} were done");
            assert!(pictures.get(&variant(1, 0)).is_none() && pictures.get(&variant(1, 1)).is_none());
        }
        drop(pictures);
    }
}

#[tokio::test]
async fn a_removal_goes_on_when_its_caller_goes_away() {
    let dir = tempfile::tempdir().unwrap();
    let (pictures, maker) = (pictures(dir.path()), Maker::default());
    in_time(pictures.get_or_make(key(1), maker.make("one"))).await.unwrap();
    in_time(pictures.drain()).await;
    {
        let mut removal = std::pin::pin!(pictures.remove_group(key(1).group));
        // Polled once and dropped.
        std::future::poll_fn(|context| {
            let _ = removal.as_mut().poll(context);
            std::task::Poll::Ready(())
        })
        .await;
    }
    in_time(pictures.drain()).await;
    assert!(!file_of(dir.path(), &key(1)).exists());
    // Values of the group are kept again.
    in_time(pictures.get_or_make(key(1), maker.make("two"))).await.unwrap();
    assert_eq!(pictures.get(&key(1)), Some(picture("two")));
}

#[tokio::test]
async fn a_group_is_found_in_memory_after_many_evictions() {
    let settings = Settings { memory_bytes: 1 << 20, max_pending_bytes: 0 };
    let pictures: Pictures = Tiered::new(settings, codec(), None, Handle::current());
    let maker = Maker::default();
    for number in 0..5_000 {
        in_time(pictures.get_or_make(key(number), maker.make(&"x".repeat(1000)))).await.unwrap();
        // The first stays, because it is asked for all the time.
        assert!(pictures.get(&key(0)).is_some());
    }
    let held: Vec<_> = (0..5_000).filter(|number| pictures.get(&key(*number)).is_some()).collect();
    assert!(held.len() > 100 && held.len() < 1_000, "{}", held.len());
    for number in held {
        in_time(pictures.remove_group(key(number).group)).await.unwrap();
    }
    assert_eq!((pictures.stats().memory_entries, pictures.stats().memory_bytes), (0, 0));
}
