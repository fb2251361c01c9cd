//! The folder: paths, and every call to the file system.
//!
//! ```text
//! lock                      held while a process has the folder
//! tmp/<number>              files being written, groups being removed
//! <aa>/<group>/<variant>    the values; <aa> is the start of the group
//! ```
#![expect(clippy::disallowed_methods, reason = "this crate is one of the two homes of the file system")]

use std::fs::{self, File, FileType, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use bytes::Bytes;

use super::VolumeError;
use crate::{Group, Key, Share};

/// The folder, held for this process alone.
pub(super) struct Folder {
    dir: PathBuf,
    next_temp: AtomicU64,
    /// The system gives the lock back when the file is closed, however the process ends.
    lock: File,
}

/// What is in the place of a file.
pub(super) enum Found {
    /// Nothing.
    Nothing,
    /// Something that cannot be one of our files.
    Foreign,
    /// A file for which there is no room.
    NoRoom {
        /// How long it is.
        bytes: u64,
    },
    /// A file.
    File {
        /// All of it.
        bytes: Bytes,
        /// The time of this use, which has become its modification time.
        used: SystemTime,
    },
}

impl Folder {
    pub(super) fn open(dir: &Path) -> Result<Self, VolumeError> {
        fs::create_dir_all(dir).map_err(io_error("create", dir))?;

        let lock_path = dir.join("lock");
        let lock = File::create(&lock_path).map_err(io_error("create", &lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(VolumeError::InUse { dir: dir.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(io_error("lock", &lock_path)(source)),
        }

        // The lock is ours, so nobody is writing what lies here.
        let temp = dir.join("tmp");
        match fs::remove_dir_all(&temp) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(io_error("clear", &temp)(error)),
            Ok(()) | Err(_) => {}
        }
        fs::create_dir_all(&temp).map_err(io_error("create", &temp))?;
        Ok(Self { dir: dir.to_owned(), next_temp: AtomicU64::new(0), lock })
    }

    /// Gives the lock back before the folder is dropped.
    pub(super) fn unlock(&self) -> io::Result<()> {
        self.lock.unlock()
    }

    /// Reads the file in one piece, once `room` gives a share for its length, and marks it as
    /// used.
    pub(super) fn read(
        &self,
        key: &Key,
        max_bytes: u64,
        room: impl FnOnce(u64) -> Option<Share>,
    ) -> io::Result<Found> {
        let path = self.path(key);
        // Asked before opening: a link would be followed, and a named pipe would block.
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_file() => {}
            Ok(_) => return Ok(Found::Foreign),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
            Err(error) => return Err(error),
        }
        let mut file = match File::open(&path) {
            Ok(file) => file,
            // It was evicted between the two calls.
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
            Err(error) => return Err(error),
        };
        let len = file.metadata()?.len();
        if len > max_bytes {
            return Ok(Found::Foreign);
        }
        let Some(mut share) = room(len) else { return Ok(Found::NoRoom { bytes: len }) };
        // Exactly as long as the file: the value in memory will own this buffer.
        let mut bytes = vec![0; usize::try_from(len).map_err(io::Error::other)?];
        file.read_exact(&mut bytes)?;
        share.shrink_to(len);
        let bytes = share.hold(bytes);
        let used = SystemTime::now();
        // The order of use survives a restart as modification times. On a volume that
        // cannot be written it does not, and nothing else is lost.
        let _ = file.set_modified(used);
        Ok(Found::File { bytes, used })
    }

    /// Writes a file beside and moves it into place, so that a reader finds the old one
    /// or the new one and never a part.
    ///
    /// Nothing is synced. After a power cut the name may be there without the bytes;
    /// the checksum finds that, and the value is made again. Syncing would cost every
    /// value milliseconds to save a few after an accident.
    pub(super) fn write(
        &self,
        key: &Key,
        header: &[u8],
        body: &[u8],
        used: SystemTime,
    ) -> Result<(), VolumeError> {
        let temp = self.temp();
        let path = self.path(key);
        let written = write_new(&temp, header, body, used)
            .map_err(io_error("write", &temp))
            .and_then(|()| place(&temp, &path).map_err(io_error("replace", &path)));
        if written.is_err() {
            // A full disk must get its bytes back. Where even that fails, the next
            // start clears the folder.
            let _ = fs::remove_file(&temp);
        }
        written
    }

    /// Removes whatever is in the place of the file.
    pub(super) fn remove(&self, key: &Key) -> io::Result<()> {
        let path = self.path(key);
        let removed = match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(&path),
            Ok(_) => fs::remove_file(&path),
            Err(error) => Err(error),
        };
        match removed {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        }
        // Works only if this was the last of its group, which is just what is wanted.
        if let Some(parent) = path.parent() {
            let _ = fs::remove_dir(parent);
        }
        Ok(())
    }

    /// Removes the folder of the group. It is moved away first, so that all of it is
    /// gone at once and whoever writes to the group next makes a new folder.
    pub(super) fn remove_group(&self, group: &Group) -> Result<(), VolumeError> {
        let path = self.group_path(group);
        let temp = self.temp();
        match fs::rename(&path, &temp) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(io_error("remove", &path)(error)),
        }
        remove_tree(&temp).map_err(io_error("remove", &temp))
    }

    /// Calls `visit` with the key, length and last use of every file until it says
    /// `false`. What is not ours is passed over: it is neither counted nor removed.
    pub(super) fn walk(&self, mut visit: impl FnMut(Key, u64, SystemTime) -> bool) -> io::Result<()> {
        for shard in children(&self.dir, FileType::is_dir)? {
            for group_path in children(&shard, FileType::is_dir)? {
                let Some(group) = digest::<32>(&group_path) else { continue };
                for path in children(&group_path, FileType::is_file)? {
                    let Some(variant) = digest::<16>(&path) else { continue };
                    // A file that has just been evicted is not worth a word.
                    let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
                    if !visit(Key { group, variant }, metadata.len(), metadata.modified()?) {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    /// The path of the file, for a log line.
    pub(super) fn describe(&self, key: &Key) -> String {
        self.path(key).display().to_string()
    }

    fn temp(&self) -> PathBuf {
        // The lock makes the folder ours alone, so a counter is unique.
        self.dir.join("tmp").join(self.next_temp.fetch_add(1, Ordering::Relaxed).to_string())
    }

    fn path(&self, key: &Key) -> PathBuf {
        self.group_path(&key.group).join(hex(&key.variant))
    }

    fn group_path(&self, group: &Group) -> PathBuf {
        let [first, ..] = group;
        self.dir.join(hex(&[*first])).join(hex(group))
    }
}

fn io_error(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> VolumeError {
    let path = path.to_owned();
    move |source| VolumeError::Io { doing, path, source }
}

fn write_new(path: &Path, header: &[u8], body: &[u8], used: SystemTime) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(header)?;
    file.write_all(body)?;
    // The system's own time of writing is some milliseconds coarse; the order is not.
    file.set_modified(used)
}

fn place(temp: &Path, path: &Path) -> io::Result<()> {
    let parent = path.parent().unwrap_or(path);
    match fs::rename(temp, path) {
        // The folder is missing far less often than it is there, so it is made only
        // now; and once more, should an eviction remove it, still empty, in between.
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        renamed => return renamed,
    }
    fs::create_dir_all(parent)?;
    match fs::rename(temp, path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        renamed => return renamed,
    }
    fs::create_dir_all(parent)?;
    fs::rename(temp, path)
}

fn remove_tree(path: &Path) -> io::Result<()> {
    if !fs::symlink_metadata(path)?.is_dir() {
        return fs::remove_file(path);
    }
    // A writer that had found the folder before it was moved still drops its file here,
    // perhaps just before the folder itself would go. There are only so many of those.
    for _ in 0..100 {
        match fs::remove_dir_all(path) {
            Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => {}
            removed => return removed,
        }
    }
    fs::remove_dir_all(path)
}

/// The children of one kind, or none if the folder has just been removed.
fn children(dir: &Path, kind: impl Fn(&FileType) -> bool) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type().is_ok_and(|file_type| kind(&file_type)) {
            paths.push(entry.path());
        }
    }
    Ok(paths)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The digest that a file or folder is named after.
fn digest<const N: usize>(path: &Path) -> Option<[u8; N]> {
    let name = path.file_name()?.to_str()?;
    let mut bytes = [0; N];
    if name.len() != 2 * N || !name.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(name.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}
