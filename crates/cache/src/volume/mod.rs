//! Values in the files of one folder, bounded in bytes, that may be lost at any time.
//!
//! What holds, whatever happens to the folder: a value that is read is the value that
//! was written under this key, or there is none. No error of the folder keeps anyone
//! from an answer; it only makes the answer dearer.

pub(crate) mod entry;
mod epochs;
mod folder;
mod index;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::SystemTime;
use std::{io, thread};

use bytes::Bytes;

use epochs::Epochs;
use folder::{Folder, Found};
use index::Index;

use crate::{Budget, Entry, Epoch, Group, Key, Share, Shelved};

/// Why the volume could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum VolumeError {
    /// Another process, or another `Volume` of this one, has the folder.
    #[error("the cache folder {} is in use by another process", dir.display())]
    InUse {
        /// The folder.
        dir: PathBuf,
    },
    /// The file system said no.
    #[error("{doing} {}", path.display())]
    Io {
        /// What was being done to the path.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
}

/// Numbers for metrics, taken at one moment; counters count since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct VolumeStats {
    /// What the files and their folders take, in bytes, in whole blocks of 4 KiB.
    pub bytes: u64,
    /// Values held.
    pub entries: usize,
    /// Whether what an earlier process left has been counted; until then `bytes` and
    /// `entries` grow, and the bound holds only for what is new.
    pub indexed: bool,
    /// Reads that found a value.
    pub hits: u64,
    /// Reads that found none.
    pub misses: u64,
    /// Values removed for want of room.
    pub evictions: u64,
    /// Files that were torn, changed or not ours, and were removed.
    pub corrupt: u64,
}

/// There is no room at the moment for a value that is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoRoom {
    /// What it takes.
    pub bytes: u64,
}

/// Values in the files of one folder, bounded in bytes; the least recently used leave
/// first. Every method blocks on the file system: call it off the async threads.
pub struct Volume {
    inner: Arc<Inner>,
    indexer: Option<JoinHandle<()>>,
}

struct Inner {
    folder: Folder,
    capacity_bytes: u64,
    /// Of what is read, until its last reader has let go of it.
    budget: Budget,
    index: Mutex<Index>,
    epochs: Epochs,
    /// Held by the one who evicts.
    evicting: Mutex<()>,
    indexed: AtomicBool,
    stopping: AtomicBool,
    hits: AtomicU64,
    misses: AtomicU64,
    evictions: AtomicU64,
    corrupt: AtomicU64,
}

impl Volume {
    /// Takes the folder, which is created if need be, for this process alone. What is read
    /// counts in `budget` until its last handle is gone.
    ///
    /// What an earlier process left there can be read at once. It is counted by a
    /// thread of its own, because a million files take a while.
    ///
    /// # Errors
    /// [`VolumeError::InUse`] if the folder is taken, [`VolumeError::Io`] if it cannot
    /// be created, locked or written.
    pub fn open(dir: &Path, capacity_bytes: u64, budget: Budget) -> Result<Self, VolumeError> {
        let inner = Arc::new(Inner {
            folder: Folder::open(dir)?,
            capacity_bytes,
            budget,
            index: Mutex::new(Index::default()),
            epochs: Epochs::new(),
            evicting: Mutex::new(()),
            indexed: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            evictions: AtomicU64::new(0),
            corrupt: AtomicU64::new(0),
        });
        let counting = Arc::clone(&inner);
        let indexer = thread::Builder::new()
            .name("cache-index".to_owned())
            .spawn(move || counting.index_folder())
            .map_err(|source| VolumeError::Io { doing: "start to index", path: dir.to_owned(), source })?;
        Ok(Self { inner, indexer: Some(indexer) })
    }

    /// The value, if it is here and whole. A file that is not is removed and logged.
    ///
    /// It is read into `share` if one is given, else into what is free of the budget. An
    /// error of the file system is logged and is a miss.
    ///
    /// # Errors
    /// [`NoRoom`] if no share is given and the budget has none.
    pub fn get(&self, key: &Key, share: Option<Share>) -> Result<Shelved, NoRoom> {
        // Looked at first: a removal from here on makes it an older one.
        let epoch = self.inner.epochs.of(&key.group);
        let entry = self.inner.get(key, epoch, share)?;
        let counter = if entry.is_some() { &self.inner.hits } else { &self.inner.misses };
        counter.fetch_add(1, Ordering::Relaxed);
        Ok(Shelved { epoch, entry })
    }

    /// The budget of what is read.
    pub(crate) fn budget(&self) -> &Budget {
        &self.inner.budget
    }

    /// Writes a value that was begun in this epoch, in place of an older one whole or not at
    /// all.
    ///
    /// Says whether it did. It does not if the group was removed since, if the label has more
    /// than 65,535 bytes, if the value would take more than a quarter of the capacity,
    /// because it would push out too many others, or if so much is being written that there
    /// is no room even then.
    ///
    /// # Errors
    /// [`VolumeError::Io`] if the file system says no; nothing is left behind.
    pub fn put(&self, key: &Key, epoch: Epoch, label: &[u8], body: &Bytes) -> Result<bool, VolumeError> {
        self.inner.put(key, epoch, label, body)
    }

    /// Removes every value of the group, and refuses those that were begun before.
    ///
    /// # Errors
    /// [`VolumeError::Io`] if the file system says no; files may be left, which are not
    /// served.
    pub fn remove_group(&self, group: &Group) -> Result<(), VolumeError> {
        self.inner.epochs.advance(group);
        self.inner.index().remove_group(group);
        self.inner.folder.remove_group(group)
    }

    /// Numbers for metrics.
    pub fn stats(&self) -> VolumeStats {
        let inner = &self.inner;
        let (bytes, entries) = {
            let index = inner.index();
            (index.bytes(), index.entries())
        };
        VolumeStats {
            bytes,
            entries,
            indexed: inner.indexed.load(Ordering::Acquire),
            hits: inner.hits.load(Ordering::Relaxed),
            misses: inner.misses.load(Ordering::Relaxed),
            evictions: inner.evictions.load(Ordering::Relaxed),
            corrupt: inner.corrupt.load(Ordering::Relaxed),
        }
    }
}

impl Volume {
    /// Lets go of the folder, so that another may open it while handles of this one are
    /// still around. Nothing may be done with them any more.
    pub fn release(&self) {
        self.inner.stopping.store(true, Ordering::Relaxed);
        if let Err(error) = self.inner.folder.unlock() {
            log::warn!(error:?; "the cache folder could not be unlocked");
        }
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        // The thread holds the folder's lock, so whoever opens the folder next must not
        // find it still there.
        self.inner.stopping.store(true, Ordering::Relaxed);
        if let Some(indexer) = self.indexer.take()
            && indexer.join().is_err()
        {
            log::error!("the thread that indexes the cache folder panicked");
        }
    }
}

// In all of these the index forgets a file before the file goes, and learns of a file
// after it came. When two threads meet at one key, the worst is an index that counts a
// file which is gone; eviction finds that out. A file that no one counts cannot arise.
impl Inner {
    fn get(&self, key: &Key, current: Epoch, share: Option<Share>) -> Result<Option<Entry>, NoRoom> {
        let mut share = share;
        let room = |bytes| share.take().or_else(|| self.budget.try_take(bytes));
        let found = match self.folder.read(key, self.max_file_bytes(), room) {
            Ok(found) => found,
            Err(error) => {
                log::warn!(error:?; "a cached value could not be read");
                return Ok(None);
            }
        };
        let decoded = match found {
            Found::Nothing => return Ok(None),
            Found::Foreign => None,
            Found::NoRoom { bytes } => return Err(NoRoom { bytes }),
            Found::File { bytes, used } => {
                let len = bytes.len() as u64;
                entry::decode(key, bytes).inspect(|_| {
                    // Before the folder has been indexed, this may be news.
                    let news = !self.indexed.load(Ordering::Acquire);
                    self.index().touch(key, len, used, news);
                })
            }
        };
        Ok(match decoded {
            Some((epoch, entry)) if epoch >= current.number() => Some(entry),
            // Its group was removed, and this file could not be.
            Some(_) => {
                self.remove(key);
                None
            }
            None => {
                self.corrupt.fetch_add(1, Ordering::Relaxed);
                log::warn!(
                    "a torn or foreign file was removed from the cache: {}",
                    self.folder.describe(key)
                );
                self.remove(key);
                None
            }
        })
    }

    fn put(&self, key: &Key, epoch: Epoch, label: &[u8], body: &Bytes) -> Result<bool, VolumeError> {
        let Some(header) = entry::encode(key, epoch.number(), label, body) else { return Ok(false) };
        if epoch < self.epochs.of(&key.group) {
            return Ok(false);
        }
        let len = (header.len() + body.len()) as u64;
        if len > self.max_file_bytes() || !self.reserve(len) {
            return Ok(false);
        }
        let used = SystemTime::now();
        let written = self.folder.write(key, &header, body, used);
        let crowded = {
            let mut index = self.index();
            index.release(len);
            if written.is_ok() {
                index.insert(*key, len, used);
            }
            index.bytes() > self.capacity_bytes / 10 * 9
        };
        // Room is made before it is needed, and by one at a time, so that the others
        // need not wait for it.
        if crowded && let Ok(_evicting) = self.evicting.try_lock() {
            self.evict();
        }
        written?;
        // A removal may have passed by while the file was written. It began another epoch
        // before it removed files, so one of the two sees the other.
        let removed = epoch < self.epochs.of(&key.group);
        if removed {
            self.remove(key);
        }
        Ok(!removed)
    }

    fn remove(&self, key: &Key) {
        self.index().remove(key);
        if let Err(error) = self.folder.remove(key) {
            log::warn!(error:?; "a file of the cache could not be removed: {}", self.folder.describe(key));
        }
    }

    /// Sets room aside for a file of this length, if there is any.
    fn reserve(&self, len: u64) -> bool {
        if self.index().reserve(len, self.capacity_bytes) {
            return true;
        }
        let _evicting = self.evicting.lock().unwrap_or_else(PoisonError::into_inner);
        // Someone else may have made room while we waited.
        if self.index().reserve(len, self.capacity_bytes) {
            return true;
        }
        self.evict();
        self.index().reserve(len, self.capacity_bytes)
    }

    /// Removes the least recently used files until a fifth of the capacity is free.
    fn evict(&self) {
        let target = self.capacity_bytes / 5 * 4;
        let by_age = self.index().by_age();
        for (used, key) in by_age {
            {
                let mut index = self.index();
                if index.bytes() <= target {
                    return;
                }
                // One that was read meanwhile is not among the oldest any more.
                if !index.remove_unused_since(&key, used) {
                    continue;
                }
            }
            self.evictions.fetch_add(1, Ordering::Relaxed);
            if let Err(error) = self.folder.remove(&key) {
                log::warn!(error:?; "a file of the cache could not be removed: {}", self.folder.describe(&key));
            }
        }
    }

    fn index_folder(&self) {
        let walked = self.folder.walk(|key, len, used| {
            self.index().insert_if_absent(key, len, used);
            !self.stopping.load(Ordering::Relaxed)
        });
        if let Err(error) = walked {
            log::warn!(error:?; "the cache folder could not be indexed; its bound holds only for what is new");
        }
        self.indexed.store(true, Ordering::Release);
        // The capacity may have been larger when the files were written.
        if self.index().bytes() > self.capacity_bytes {
            let _evicting = self.evicting.lock().unwrap_or_else(PoisonError::into_inner);
            self.evict();
        }
    }

    /// The longest file that is written or read. A longer one in the place of ours must
    /// not be read into memory to find out that it is not ours.
    fn max_file_bytes(&self) -> u64 {
        self.capacity_bytes / 4
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
