//! The volume: its bound, its order, and what survives a restart.

use std::fs;

use bytes::Bytes;
use cache::{Budget, Epoch, Volume, VolumeError};

use crate::support::{file_of, files_under, key, variant, volume, wait_until};

#[test]
fn ten_thousand_puts_never_take_more_than_the_capacity() {
    let dir = tempfile::tempdir().unwrap();
    let capacity = 4 << 20;
    let volume = volume(dir.path(), capacity);
    for number in 0..10_000u32 {
        let body = Bytes::from(vec![b'x'; number.wrapping_mul(7919) as usize % 9000]);
        assert!(
            volume
                .put(&variant(number / 10, number.to_le_bytes()[0]), Epoch::default(), b"label", &body)
                .unwrap()
        );
        let stats = volume.stats();
        assert!(stats.bytes <= capacity, "{} bytes after put {number}", stats.bytes);
        if number % 500 == 0 {
            let on_disk: u64 =
                files_under(dir.path()).iter().map(|file| file.metadata().unwrap().len()).sum();
            assert!(on_disk <= capacity, "{on_disk} bytes on disk after put {number}");
        }
    }
    let stats = volume.stats();
    assert!(stats.evictions > 0 && stats.bytes > capacity / 2);
    // All that is there is counted, and nothing else is; the lock is no value.
    assert_eq!(files_under(dir.path()).len() - 1, stats.entries);
    assert_eq!(stats.entries as u64 + stats.evictions, 10_000);
}

#[test]
fn many_writers_at_once_keep_the_bound() {
    let dir = tempfile::tempdir().unwrap();
    let capacity = 1 << 20;
    let volume = volume(dir.path(), capacity);
    std::thread::scope(|scope| {
        for thread in 0..8u32 {
            let volume = &volume;
            scope.spawn(move || {
                for number in 0..250 {
                    volume
                        .put(
                            &key(thread * 1000 + number),
                            Epoch::default(),
                            b"",
                            &Bytes::from(vec![0; 10_000]),
                        )
                        .unwrap();
                    assert!(volume.stats().bytes <= capacity);
                }
            });
        }
    });
    assert_eq!(files_under(dir.path()).len() - 1, volume.stats().entries);
}

#[test]
fn values_and_their_number_survive_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let first = volume(dir.path(), 1 << 20);
    for number in 0..20 {
        first.put(&key(number), Epoch::default(), b"label", &Bytes::from(format!("body {number}"))).unwrap();
    }
    let before = first.stats();
    drop(first);

    // Not waiting for the index: a read must not need it.
    let second = Volume::open(dir.path(), 1 << 20, Budget::new(64 << 20)).unwrap();
    for number in 0..20 {
        let entry = second.get(&key(number), None).unwrap().entry.unwrap();
        assert_eq!((entry.label, entry.body), ("label".into(), format!("body {number}").into()));
    }
    wait_until(|| second.stats().indexed);
    let after = second.stats();
    assert_eq!((after.entries, after.bytes, after.hits), (20, before.bytes, 20));
}

#[test]
fn the_least_recently_used_leave_first_with_and_without_a_restart() {
    for restart in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        // Each takes a block for itself and one for its folder: room for 32.
        let capacity = 32 * 8192;
        let mut cache = volume(dir.path(), capacity);
        for number in 0..24 {
            cache.put(&key(number), Epoch::default(), b"", &Bytes::from_static(b"old")).unwrap();
        }
        // The oldest are used again; 8 is now the one that was not used for longest.
        for number in 0..8 {
            assert!(cache.get(&key(number), None).unwrap().entry.is_some());
        }
        if restart {
            drop(cache);
            cache = volume(dir.path(), capacity);
        }
        for number in 100..110 {
            cache.put(&key(number), Epoch::default(), b"", &Bytes::from_static(b"new")).unwrap();
        }
        assert!(cache.stats().evictions > 0);
        let left: Vec<_> = (0..24).filter(|number| file_of(dir.path(), &key(*number)).exists()).collect();
        let gone = 24 - left.len();
        let expected: Vec<_> = (0..8).chain((8..24).skip(gone)).collect();
        assert_eq!(left, expected, "restart: {restart}");
        assert!((100..110).all(|number| cache.get(&key(number), None).unwrap().entry.is_some()));
    }
}

#[test]
fn a_smaller_capacity_is_kept_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let first = volume(dir.path(), 4 << 20);
    for number in 0..200 {
        first.put(&key(number), Epoch::default(), b"", &Bytes::from(vec![0; 5000])).unwrap();
    }
    drop(first);
    let second = Volume::open(dir.path(), 1 << 20, Budget::new(64 << 20)).unwrap();
    wait_until(|| second.stats().indexed && second.stats().bytes <= 1 << 20);
    wait_until(|| files_under(dir.path()).len() == second.stats().entries + 1);
}

#[test]
fn a_value_of_more_than_a_quarter_is_refused_and_pushes_nothing_out() {
    let dir = tempfile::tempdir().unwrap();
    let volume = volume(dir.path(), 1 << 20);
    volume.put(&key(1), Epoch::default(), b"", &Bytes::from_static(b"small")).unwrap();
    assert!(!volume.put(&key(2), Epoch::default(), b"", &Bytes::from(vec![0; 1 << 18])).unwrap());
    assert!(!volume.put(&key(2), Epoch::default(), &vec![0; 1 << 16], &Bytes::new()).unwrap());
    assert_eq!(volume.get(&key(2), None).unwrap().entry, None);
    assert_eq!(volume.get(&key(1), None).unwrap().entry.unwrap().body, "small");
    assert!(volume.put(&key(2), Epoch::default(), b"", &Bytes::from(vec![0; (1 << 18) - 100])).unwrap());
}

#[test]
fn a_second_user_of_the_folder_is_told_so_until_the_first_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let first = volume(dir.path(), 1 << 20);
    let refused = Volume::open(dir.path(), 1 << 20, Budget::new(64 << 20)).err().unwrap();
    assert!(matches!(refused, VolumeError::InUse { .. }), "{refused:?}");
    assert!(refused.to_string().contains(&dir.path().display().to_string()), "{refused}");
    drop(first);
    assert!(Volume::open(dir.path(), 1 << 20, Budget::new(64 << 20)).is_ok());
}

#[test]
fn what_a_crash_left_half_written_is_cleared_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("tmp/7")).unwrap();
    fs::write(dir.path().join("tmp/0"), b"half a file").unwrap();
    let volume = volume(dir.path(), 1 << 20);
    assert_eq!(files_under(dir.path()), [dir.path().join("lock")]);
    assert!(volume.put(&key(1), Epoch::default(), b"", &Bytes::from_static(b"whole")).unwrap());
    assert_eq!(files_under(&dir.path().join("tmp")).len(), 0);
}

#[test]
fn removing_a_group_gives_its_room_back() {
    let dir = tempfile::tempdir().unwrap();
    let volume = volume(dir.path(), 1 << 20);
    for number in 0..10u8 {
        volume.put(&variant(1, number), Epoch::default(), b"", &Bytes::from_static(b"of one")).unwrap();
    }
    volume.put(&variant(2, 0), Epoch::default(), b"", &Bytes::from_static(b"of two")).unwrap();
    volume.remove_group(&key(1).group).unwrap();
    // The bytes are gone, not only their names.
    assert_eq!(files_under(dir.path()).len(), 2);
    assert_eq!((volume.stats().entries, volume.stats().bytes), (1, 2 * 4096));
}
