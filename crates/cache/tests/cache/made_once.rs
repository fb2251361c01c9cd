//! One make per key, whoever waits and whoever goes away.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cache::{MakeError, Outcome, Wanted};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::support::{Maker, Picture, Pictures, eventually, in_time, key, picture, pictures, wait_until};

type Answers = JoinSet<Result<(Picture, Outcome), MakeError<String>>>;

/// A hundred callers of one key, of which the first is known to have begun the work.
async fn a_hundred_callers(pictures: &Pictures, maker: &Maker, gate: &Arc<Semaphore>) -> Answers {
    let mut callers = JoinSet::new();
    let call = || {
        let (pictures, make) = (pictures.clone(), maker.make_behind(gate, "one"));
        async move { pictures.get_or_make(key(1), make).await }
    };
    callers.spawn(call());
    eventually(|| maker.count() == 1).await;
    for _ in 1..100 {
        callers.spawn(call());
    }
    callers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_callers_share_one_make() {
    let dir = tempfile::tempdir().unwrap();
    let (pictures, maker, gate) = (pictures(dir.path()), Maker::default(), Arc::new(Semaphore::new(0)));
    let callers = a_hundred_callers(&pictures, &maker, &gate).await;
    gate.add_permits(1);
    let answers = in_time(callers.join_all()).await;
    let outcomes: Vec<_> = answers
        .into_iter()
        .map(|answer| {
            let (value, outcome) = answer.unwrap();
            assert_eq!(value, picture("one"));
            outcome
        })
        .collect();
    assert_eq!(maker.count(), 1);
    assert_eq!(outcomes.len(), 100);
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Made).count(), 1);
    // Those that came after the work was done were served from memory.
    assert!(outcomes.contains(&Outcome::Coalesced));
    assert!(!outcomes.contains(&Outcome::Shelf));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn callers_that_race_without_a_gate_share_one_make_too() {
    let dir = tempfile::tempdir().unwrap();
    let pictures = pictures(dir.path());
    for number in 0..200 {
        let maker = Maker::default();
        let mut callers = JoinSet::new();
        for _ in 0..20 {
            let (pictures, make) = (pictures.clone(), maker.make("one"));
            callers.spawn(async move { pictures.get_or_make(key(number), make).await });
        }
        assert!(in_time(callers.join_all()).await.iter().all(Result::is_ok));
        assert_eq!(maker.count(), 1, "key {number}");
    }
}

#[tokio::test]
async fn the_work_goes_on_when_the_caller_who_began_it_goes_away() {
    let dir = tempfile::tempdir().unwrap();
    let (pictures, maker, gate) = (pictures(dir.path()), Maker::default(), Arc::new(Semaphore::new(0)));
    let first = tokio::spawn({
        let (pictures, make) = (pictures.clone(), maker.make_behind(&gate, "one"));
        async move { pictures.get_or_make(key(1), make).await }
    });
    eventually(|| maker.count() == 1).await;
    let mut others = JoinSet::new();
    for _ in 0..99 {
        let (pictures, make) = (pictures.clone(), maker.make_behind(&gate, "another"));
        others.spawn(async move { pictures.get_or_make(key(1), make).await });
    }
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    // Every other one is waiting before the work may end.
    for _ in 0..99 {
        tokio::task::yield_now().await;
    }
    gate.add_permits(1);
    for answer in in_time(others.join_all()).await {
        assert_eq!(answer.unwrap(), (picture("one"), Outcome::Coalesced));
    }
    assert_eq!(maker.count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_work_ends_when_every_caller_has_gone_away_and_is_begun_anew_for_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let (pictures, maker, gate) = (pictures(dir.path()), Maker::default(), Arc::new(Semaphore::new(0)));
    let mut callers = a_hundred_callers(&pictures, &maker, &gate).await;
    callers.shutdown().await;
    in_time(pictures.drain()).await;
    assert_eq!((pictures.stats().under_way, pictures.get(&key(1))), (0, None));
    let answer = in_time(pictures.get_or_make(key(1), maker.make("another"))).await.unwrap();
    assert_eq!((answer, maker.count()), ((picture("another"), Outcome::Made), 2));
}

/// As pixel work does, which no dropped future ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn work_on_another_thread_sees_that_nobody_waits_for_it_any_more() {
    let dir = tempfile::tempdir().unwrap();
    let pictures = pictures(dir.path());
    let (begun, begins) = tokio::sync::oneshot::channel();
    let (ended, ends) = tokio::sync::oneshot::channel();
    let make = |wanted: Wanted| async move {
        begun.send(()).unwrap();
        tokio::task::spawn_blocking(move || {
            wait_until(|| !wanted.is_wanted());
            ended.send(()).unwrap();
        })
        .await
        .unwrap();
        Ok(picture("too late"))
    };
    let caller = tokio::spawn({
        let pictures = pictures.clone();
        async move { pictures.get_or_make(key(1), make).await }
    });
    in_time(begins).await.unwrap();
    caller.abort();
    in_time(ends).await.unwrap();
    assert_eq!(pictures.get(&key(1)), None);
}

#[tokio::test]
async fn a_panic_reaches_every_caller_and_the_next_one_tries_again() {
    let dir = tempfile::tempdir().unwrap();
    let (pictures, gate) = (pictures(dir.path()), Arc::new(Semaphore::new(0)));
    let mut callers = JoinSet::new();
    for _ in 0..10 {
        let (pictures, gate) = (pictures.clone(), Arc::clone(&gate));
        callers.spawn(async move {
            let make = move |_| async move {
                let _permit = gate.acquire().await.unwrap();
                panic!("this decoder did not expect that");
            };
            pictures.get_or_make(key(1), make).await
        });
    }
    eventually(|| pictures.stats().under_way == 1).await;
    gate.add_permits(1);
    for answer in in_time(callers.join_all()).await {
        assert!(matches!(answer.unwrap_err(), MakeError::Lost));
    }
    // A closure that panics before it has a future is no different.
    let at_once = |_| -> std::future::Ready<Result<Picture, String>> { panic!("at once") };
    assert!(matches!(in_time(pictures.get_or_make(key(1), at_once)).await, Err(MakeError::Lost)));

    let answer = in_time(pictures.get_or_make(key(1), Maker::default().make("one"))).await.unwrap();
    assert_eq!(answer, (picture("one"), Outcome::Made));
}

#[tokio::test]
async fn an_error_reaches_every_caller_and_is_not_remembered() {
    let dir = tempfile::tempdir().unwrap();
    let (pictures, gate) = (pictures(dir.path()), Arc::new(Semaphore::new(0)));
    let count = Arc::new(AtomicUsize::new(0));
    let mut callers = JoinSet::new();
    for _ in 0..10 {
        let (pictures, gate, count) = (pictures.clone(), Arc::clone(&gate), Arc::clone(&count));
        callers.spawn(async move {
            let make = move |_| async move {
                let attempt = count.fetch_add(1, Ordering::SeqCst);
                let _permit = gate.acquire().await.unwrap();
                Err(format!("image-cache did not answer attempt {attempt}"))
            };
            let answer = pictures.get_or_make(key(1), make).await;
            // Who tries again at once must not meet the old error: the key is free.
            let retry = pictures.get_or_make(key(1), Maker::default().make("one")).await;
            (answer, retry)
        });
    }
    eventually(|| count.load(Ordering::SeqCst) == 1).await;
    gate.add_permits(1);
    for (answer, retry) in in_time(callers.join_all()).await {
        let Err(MakeError::Failed(error)) = answer else { panic!("{answer:?}") };
        assert_eq!(*error, "image-cache did not answer attempt 0");
        assert_eq!(retry.unwrap().0, picture("one"));
    }
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[test]
fn the_end_of_the_runtime_is_an_error_and_not_a_hang() {
    let dir = tempfile::tempdir().unwrap();
    let (work, callers) = (tokio::runtime::Runtime::new().unwrap(), tokio::runtime::Runtime::new().unwrap());
    let maker = Maker::default();
    let never = Arc::new(Semaphore::new(0));
    let pictures = work.block_on(async { pictures(dir.path()) });
    let caller = callers.spawn({
        let (pictures, make) = (pictures.clone(), maker.make_behind(&never, "one"));
        async move { pictures.get_or_make(key(1), make).await }
    });
    callers.block_on(eventually(|| maker.count() == 1));
    work.shutdown_background();
    assert!(matches!(callers.block_on(in_time(caller)).unwrap(), Err(MakeError::Lost)));
    let later = callers.block_on(in_time(pictures.get_or_make(key(2), maker.make("two"))));
    assert!(matches!(later, Err(MakeError::Lost)));
}
