//! The shelf that processes share, on a real Redis server.

use std::time::{Duration, Instant};

use bytes::Bytes;
use cache::{Remote, Shelf};
use testkit::redis::Redis;

use crate::shelf::{conforms, of_values_and_removals_at_once_nothing_old_is_left};
use crate::support::{in_time, key, volume};

const SECRET: &[u8] = b"the secret of this test";

fn remote(server: &Redis) -> Remote {
    Remote::new(&server.url(), SECRET, 1 << 20).unwrap()
}

async fn put(shelf: &Shelf, text: &'static str) {
    let epoch = shelf.get(key(1)).await.epoch;
    assert!(shelf.put(key(1), epoch, b"l".to_vec(), Bytes::from_static(text.as_bytes())).await.unwrap());
}

async fn got(shelf: &Shelf) -> Option<Bytes> {
    shelf.get(key(1)).await.entry.map(|entry| entry.body)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_conforms_alone_and_behind_a_volume() {
    let server = Redis::start();
    in_time(conforms(async || {
        server.command(&["FLUSHALL"]);
        Shelf::from(remote(&server))
    }))
    .await;
    server.command(&["FLUSHALL"]);
    in_time(of_values_and_removals_at_once_nothing_old_is_left(remote(&server).into())).await;
    let folders = std::cell::RefCell::new(Vec::new());
    in_time(conforms(async || {
        server.command(&["FLUSHALL"]);
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::from(volume(folder.path(), 4 << 20)).over(remote(&server));
        folders.borrow_mut().push(folder);
        shelf
    }))
    .await;
}

#[tokio::test]
async fn what_one_process_made_another_finds_and_a_removal_is_for_all() {
    let server = Redis::start();
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [one, other] =
        folders.each_ref().map(|folder| Shelf::from(volume(folder.path(), 4 << 20)).over(remote(&server)));
    let begun = other.get(key(1)).await.epoch;
    put(&one, "made once").await;
    assert_eq!(got(&other).await.unwrap(), "made once");
    one.remove_group(key(1).group).await.unwrap();
    let late = other.put(key(1), begun, Vec::new(), Bytes::from_static(b"too late")).await;
    assert_eq!(got(&one).await, None, "{late:?}");
}

#[tokio::test]
async fn what_others_wrote_there_is_not_served() {
    let server = Redis::start();
    let shelf = Shelf::from(remote(&server));
    put(&shelf, "ours").await;
    let stranger = Shelf::from(Remote::new(&server.url(), b"another secret", 1 << 20).unwrap());
    assert_eq!(got(&stranger).await, None);
    let name = server.command(&["KEYS", "sl1:*"]).trim().to_owned();
    let script = "for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do \
                  local value = redis.call('HGET', KEYS[1], field) \
                  redis.call('HSET', KEYS[1], field, value .. 'x') end return 1";
    assert_eq!(server.command(&["EVAL", script, "1", &name]).trim(), "1");
    assert_eq!(got(&shelf).await, None);
    server.command(&["SET", &name, "no hash"]);
    assert_eq!(got(&shelf).await, None, "not even of the wrong kind");
}

#[tokio::test]
async fn a_server_that_is_frozen_or_gone_costs_little_and_no_answer() {
    let server = Redis::start();
    let folder = tempfile::tempdir().unwrap();
    let shelf = Shelf::from(volume(folder.path(), 4 << 20)).over(remote(&server));
    put(&shelf, "near and far").await;
    server.signal("STOP");
    let start = Instant::now();
    for _ in 0..50 {
        assert_eq!(shelf.get(key(2)).await.entry, None);
    }
    // Three looks of 50 ms, and for a second nothing more.
    assert!(start.elapsed() < Duration::from_millis(900), "{:?}", start.elapsed());
    assert_eq!(got(&shelf).await.unwrap(), "near and far");
    server.signal("CONT");
    drop(server);
    let epoch = shelf.get(key(3)).await.epoch;
    assert!(shelf.put(key(3), epoch, Vec::new(), Bytes::from_static(b"near")).await.unwrap());
    assert_eq!(shelf.get(key(3)).await.entry.unwrap().body, "near");
    // A server that was never there: it is looked for when it is needed.
    let absent = Shelf::from(Remote::new("redis://127.0.0.1:9", SECRET, 1 << 20).unwrap());
    assert_eq!(got(&absent).await, None);
    assert!(Remote::new("http://127.0.0.1", SECRET, 1 << 20).is_err());
}
