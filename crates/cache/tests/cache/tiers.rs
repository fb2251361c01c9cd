//! Memory over the volume: what is found where.

use std::sync::{Condvar, Mutex};

use bytes::Bytes;
use cache::{Codec, Outcome, Settings, Tiered};
use tokio::runtime::Handle;

use crate::support::{Maker, Picture, Pictures, codec, eventually, in_time, key, picture, pictures, volume};

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
    for outcome in [Outcome::Volume, Outcome::Memory] {
        let answer = in_time(second.get_or_make(key(1), maker.make("one"))).await.unwrap();
        assert_eq!(answer, (picture("one"), outcome));
    }
    assert_eq!(maker.count(), 1);
}

#[tokio::test]
async fn a_file_whose_label_is_not_known_any_more_is_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let before = volume(dir.path(), 64 << 20);
    before.put(&key(1), b"a label of an older release", &Bytes::from_static(b"old")).unwrap();
    drop(before);
    let maker = Maker::default();
    let now = pictures(dir.path());
    let answer = in_time(now.get_or_make(key(1), maker.make("new"))).await.unwrap();
    assert_eq!(answer, (picture("new"), Outcome::Made));
    in_time(now.drain()).await;
    drop(now);
    let answer = in_time(pictures(dir.path()).get_or_make(key(1), maker.make("newer"))).await.unwrap();
    assert_eq!(answer, (picture("new"), Outcome::Volume));
}

#[tokio::test]
async fn without_memory_the_volume_answers_and_without_both_each_value_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings { memory_bytes: 0, max_pending_writes: 16 };
    let maker = Maker::default();
    let cold: Pictures = Tiered::new(settings, codec(), Some(volume(dir.path(), 1 << 20)), Handle::current());
    in_time(cold.get_or_make(key(1), maker.make("one"))).await.unwrap();
    in_time(cold.drain()).await;
    let answer = in_time(cold.get_or_make(key(1), maker.make("one"))).await.unwrap();
    assert_eq!(answer, (picture("one"), Outcome::Volume));

    let none: Pictures = Tiered::new(settings, codec(), None, Handle::current());
    for _ in 0..2 {
        let answer = in_time(none.get_or_make(key(1), maker.make("one"))).await.unwrap();
        assert_eq!(answer, (picture("one"), Outcome::Made));
        in_time(none.drain()).await;
    }
    assert_eq!(maker.count(), 3);
}

/// While this is closed, the writes of [`slow_codec`] wait, as on a volume that hangs.
static CLOSED: (Mutex<bool>, Condvar) = (Mutex::new(true), Condvar::new());

fn slow_codec() -> Codec<Picture> {
    let encode = |picture: &Picture| {
        let _open = CLOSED.1.wait_while(CLOSED.0.lock().unwrap(), |closed| *closed).unwrap();
        (b"j".to_vec(), picture.bytes.clone())
    };
    Codec { encode, ..codec() }
}

#[tokio::test]
async fn a_volume_that_hangs_delays_no_answer_and_holds_a_bounded_number_of_values() {
    let dir = tempfile::tempdir().unwrap();
    let maker = Maker::default();
    let settings = Settings { memory_bytes: 0, max_pending_writes: 3 };
    let slow: Pictures =
        Tiered::new(settings, slow_codec(), Some(volume(dir.path(), 1 << 20)), Handle::current());
    for number in 0..5 {
        let answer = in_time(slow.get_or_make(key(number), maker.make("a picture"))).await.unwrap();
        assert_eq!(answer, (picture("a picture"), Outcome::Made));
    }
    eventually(|| slow.stats().under_way == 3).await;
    assert_eq!(slow.stats().skipped_writes, 2);
    // What waits to be written is served from there, not made twice.
    let answer = in_time(slow.get_or_make(key(0), maker.make("another"))).await.unwrap();
    assert_eq!(answer, (picture("a picture"), Outcome::Memory));

    *CLOSED.0.lock().unwrap() = false;
    CLOSED.1.notify_all();
    in_time(slow.drain()).await;
    for (number, outcome) in [(0, Outcome::Volume), (2, Outcome::Volume), (3, Outcome::Made)] {
        assert_eq!(in_time(slow.get_or_make(key(number), maker.make("a picture"))).await.unwrap().1, outcome);
    }
}
