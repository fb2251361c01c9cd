//! The volume when its files are not what they were.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use bytes::Bytes;
use cache::{Epoch, Outcome, Volume};

use crate::support::{Maker, file_of, in_time, key, picture, pictures, variant, volume};

const BODY: &[u8] = b"the body of the value, which is long enough to be torn";

/// The file that lies in a place may be anything; the volume must say that there is
/// nothing, clear the place, and take a new value there.
fn assert_removed_and_replaced(volume: &Volume, path: &Path, what: &str) {
    let corrupt = volume.stats().corrupt;
    assert_eq!(volume.get(&key(1), None).unwrap().entry, None, "{what}");
    assert!(fs::symlink_metadata(path).is_err(), "{what} is still there");
    assert_eq!(volume.stats().corrupt, corrupt + 1, "{what}");
    assert!(volume.put(&key(1), Epoch::default(), b"label", &Bytes::from_static(BODY)).unwrap(), "{what}");
    assert_eq!(volume.get(&key(1), None).unwrap().entry.unwrap().body, BODY, "{what}");
}

#[test]
fn a_file_that_was_cut_anywhere_is_a_miss() {
    let dir = tempfile::tempdir().unwrap();
    let volume = volume(dir.path(), 1 << 20);
    let path = file_of(dir.path(), &key(1));
    volume.put(&key(1), Epoch::default(), b"label", &Bytes::from_static(BODY)).unwrap();
    let whole = fs::read(&path).unwrap();
    for len in 0..whole.len() {
        fs::write(&path, &whole[..len]).unwrap();
        assert_removed_and_replaced(&volume, &path, &format!("a file cut to {len} bytes"));
    }
    // As after a power cut: the length is there and the bytes are not.
    fs::write(&path, vec![0; whole.len()]).unwrap();
    assert_removed_and_replaced(&volume, &path, "a file of zeros");
    fs::write(&path, [whole.as_slice(), b"x"].concat()).unwrap();
    assert_removed_and_replaced(&volume, &path, "a file that grew");
}

#[test]
fn a_flipped_bit_anywhere_is_a_miss() {
    let dir = tempfile::tempdir().unwrap();
    let volume = volume(dir.path(), 1 << 20);
    let path = file_of(dir.path(), &key(1));
    volume.put(&key(1), Epoch::default(), b"label", &Bytes::from_static(BODY)).unwrap();
    let whole = fs::read(&path).unwrap();
    for position in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[position] ^= 1;
        fs::write(&path, flipped).unwrap();
        assert_removed_and_replaced(&volume, &path, &format!("a file with byte {position} flipped"));
    }
}

#[test]
fn a_file_under_another_name_is_a_miss() {
    let dir = tempfile::tempdir().unwrap();
    let volume = volume(dir.path(), 1 << 20);
    volume.put(&key(1), Epoch::default(), b"label", &Bytes::from_static(BODY)).unwrap();
    volume.put(&variant(1, 9), Epoch::default(), b"label", &Bytes::from_static(b"another variant")).unwrap();
    let path = file_of(dir.path(), &key(1));
    fs::copy(file_of(dir.path(), &variant(1, 9)), &path).unwrap();
    assert_removed_and_replaced(&volume, &path, "the file of another variant");
}

#[test]
fn what_is_no_file_is_a_miss_and_nothing_behind_a_link_is_touched() {
    let dir = tempfile::tempdir().unwrap();
    let volume = volume(dir.path(), 1 << 20);
    let path = file_of(dir.path(), &key(1));
    fs::create_dir_all(path.parent().unwrap()).unwrap();

    fs::create_dir(&path).unwrap();
    fs::write(path.join("inside"), b"x").unwrap();
    assert_removed_and_replaced(&volume, &path, "a folder");

    let elsewhere = tempfile::tempdir().unwrap();
    let target = elsewhere.path().join("target");
    fs::copy(&path, &target).unwrap();
    for points_to in [target.as_path(), elsewhere.path(), Path::new("/dev/zero"), Path::new("nowhere")] {
        fs::remove_file(&path).unwrap();
        symlink(points_to, &path).unwrap();
        assert_removed_and_replaced(&volume, &path, "a link");
    }
    assert!(target.exists());

    fs::remove_file(&path).unwrap();
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    assert_removed_and_replaced(&volume, &path, "a named pipe");

    // A terabyte, of which nothing is on the disk, must not be read to be refused.
    fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
    assert_removed_and_replaced(&volume, &path, "a huge file");
}

#[test]
fn a_folder_that_was_emptied_while_in_use_fills_again() {
    let dir = tempfile::tempdir().unwrap();
    let volume = volume(dir.path(), 32 * 8192);
    for round in 0..5 {
        for number in 0..20 {
            assert_eq!(volume.get(&key(number), None).unwrap().entry, None, "round {round}");
            assert!(volume.put(&key(number), Epoch::default(), b"", &Bytes::from_static(BODY)).unwrap());
            assert!(volume.get(&key(number), None).unwrap().entry.is_some());
        }
        for shard in fs::read_dir(dir.path()).unwrap() {
            let path = shard.unwrap().path();
            if path.is_dir() && !path.ends_with("tmp") {
                fs::remove_dir_all(path).unwrap();
            }
        }
    }
}

#[test]
fn a_write_that_fails_says_so_and_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let volume = volume(dir.path(), 1 << 20);
    let path = file_of(dir.path(), &key(1));
    // Where the folder of the group should be, there is a file.
    fs::create_dir_all(path.parent().unwrap().parent().unwrap()).unwrap();
    fs::write(path.parent().unwrap(), b"in the way").unwrap();
    let before = volume.stats();
    volume.put(&key(1), Epoch::default(), b"", &Bytes::from_static(BODY)).unwrap_err();
    assert_eq!(volume.get(&key(1), None).unwrap().entry, None);
    assert_eq!((volume.stats().bytes, volume.stats().entries), (before.bytes, before.entries));
    assert_eq!(fs::read_dir(dir.path().join("tmp")).unwrap().count(), 0);
}

#[test]
fn files_of_a_removed_group_that_came_back_are_not_served() {
    let dir = tempfile::tempdir().unwrap();
    let volume = volume(dir.path(), 1 << 20);
    let path = file_of(dir.path(), &key(1));
    volume.put(&key(1), Epoch::default(), b"label", &Bytes::from_static(BODY)).unwrap();
    let file = fs::read(&path).unwrap();
    volume.remove_group(&key(1).group).unwrap();
    // As if the file system had refused to remove it.
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, file).unwrap();
    assert_eq!(volume.get(&key(1), None).unwrap().entry, None);
    assert!(!path.exists());
    assert_eq!(volume.stats().corrupt, 0, "it is whole, only of another epoch");
}

#[tokio::test]
async fn a_torn_file_is_made_again_and_a_failing_volume_costs_no_answer() {
    let dir = tempfile::tempdir().unwrap();
    let maker = Maker::default();
    let first = pictures(dir.path());
    in_time(first.get_or_make(key(1), maker.make("one"))).await.unwrap();
    in_time(first.drain()).await;
    drop(first);
    let path = file_of(dir.path(), &key(1));
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 1]).unwrap();

    let second = pictures(dir.path());
    let answer = in_time(second.get_or_make(key(1), maker.make("one"))).await.unwrap();
    assert_eq!(answer, (picture("one"), Outcome::Made));
    in_time(second.drain()).await;
    assert_eq!(fs::read(&path).unwrap(), whole);

    // No folder at all any more, and a file in its place.
    fs::remove_dir_all(dir.path()).unwrap();
    fs::write(dir.path(), b"in the way").unwrap();
    for number in 2..20 {
        let text = format!("picture {number}");
        let answer = in_time(second.get_or_make(key(number), maker.make(&text))).await.unwrap();
        assert_eq!(answer, (picture(text), Outcome::Made));
        in_time(second.drain()).await;
        assert!(second.get(&key(number)).is_some(), "memory works on");
    }
    assert_eq!(second.stats().failed_writes, 18);
    fs::remove_file(dir.path()).unwrap();
}
