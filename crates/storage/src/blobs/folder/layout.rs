//! Where the files of blobs are, and how one gets there durably. Every function here blocks.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use domain::ContentHash;
use sha2::{Digest, Sha256};

use crate::blobs::staging::Staging;

/// How much of a blob is read at a time when all of it is hashed.
const HASH_BUFFER_BYTES: usize = 256 * 1024;

/// The folders of blobs and of staged uploads.
#[derive(Debug)]
pub(super) struct Layout {
    blobs: PathBuf,
    staging: Staging,
    orphans: PathBuf,
}

/// What a file was like when it was looked at. A file that was written to since has
/// another stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    inode: u64,
    pub(super) bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    fn of(file: &File) -> io::Result<Self> {
        let meta = file.metadata()?;
        if !meta.is_file() {
            return Err(not_a_file());
        }
        Ok(Self {
            inode: meta.ino(),
            bytes: meta.size(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
        })
    }
}

impl Layout {
    /// Makes the folders, and removes what uploads left behind that never completed.
    pub(super) fn open(data: &Path) -> io::Result<Self> {
        let this = Self { staging: Staging::open(data)?, ..Self::existing(data) };
        fs::create_dir_all(&this.orphans)?;
        // All 256 folders are made at once, so that publishing a blob is one rename and
        // one fsync of a folder that is known to be on disk.
        for first in 0..=255u8 {
            fs::create_dir_all(this.blobs.join(format!("{first:02x}")))?;
        }
        sync_folder(&this.blobs)?;
        sync_folder(data)?;
        // The data folder itself may be new.
        if let Some(parent) = data.canonicalize()?.parent() {
            sync_folder(parent)?;
        }
        Ok(this)
    }

    /// Whether there is any blob.
    pub(super) fn any(&self) -> io::Result<bool> {
        for first in 0..=255 {
            if !self.beginning_with(first)?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The folders as they are, for reading only.
    pub(super) fn existing(data: &Path) -> Self {
        Self { blobs: data.join("blobs"), staging: Staging::existing(data), orphans: data.join("orphans") }
    }

    pub(super) fn blobs(&self) -> &Path {
        &self.blobs
    }

    pub(super) fn staging(&self) -> &Staging {
        &self.staging
    }

    pub(super) fn orphans(&self) -> &Path {
        &self.orphans
    }

    pub(super) fn path_of(&self, hash: &ContentHash) -> PathBuf {
        let name = hash.to_string();
        let shard = name.get(..2).unwrap_or_default();
        self.blobs.join(shard).join(&name)
    }

    /// Moves a file, whose bytes are on disk already, to the place of its hash, for good.
    ///
    /// A blob that is there already is replaced by these equal bytes; whoever reads it
    /// goes on reading the old file. That heals a damaged one.
    pub(super) fn publish(&self, staged: &Path, hash: &ContentHash) -> io::Result<()> {
        let path = self.path_of(hash);
        fs::rename(staged, &path)?;
        sync_folder(path.parent().unwrap_or(&self.blobs))
    }

    /// Removes a blob; one that is not there is no error.
    pub(super) fn remove(&self, hash: &ContentHash) -> io::Result<()> {
        match fs::remove_file(self.path_of(hash)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Puts a blob that no row names aside, where it can be found for a while.
    pub(super) fn put_aside(&self, hash: &ContentHash) -> io::Result<()> {
        let path = self.path_of(hash);
        // From now on its age counts.
        File::options().append(true).open(&path)?.set_modified(SystemTime::now())?;
        fs::rename(&path, self.orphans.join(hash.to_string()))
    }

    /// The blobs that are put aside.
    pub(super) fn orphaned(&self) -> io::Result<u64> {
        let mut count = 0;
        for entry in fs::read_dir(&self.orphans)? {
            let name = entry?.file_name();
            count += u64::from(name.to_str().is_some_and(|name| name.parse::<ContentHash>().is_ok()));
        }
        Ok(count)
    }

    /// Removes what was put aside longer than `keep` ago. Returns how many there were.
    pub(super) fn purge_orphans(&self, keep: Duration) -> io::Result<u32> {
        let mut count = 0;
        for entry in fs::read_dir(&self.orphans)? {
            let entry = entry?;
            let age = entry.metadata()?.modified()?.elapsed().unwrap_or_default();
            if age > keep {
                fs::remove_file(entry.path())?;
                count += 1;
            }
        }
        Ok(count)
    }

    /// Opens a blob.
    pub(super) fn open_blob(&self, hash: &ContentHash) -> io::Result<(File, Stamp)> {
        let path = self.path_of(hash);
        // Looked at before it is opened: opening a pipe would wait for whoever writes to it.
        if !fs::symlink_metadata(&path)?.is_file() {
            return Err(not_a_file());
        }
        let file = File::open(path)?;
        let stamp = Stamp::of(&file)?;
        Ok((file, stamp))
    }

    /// The blobs in the shard folder of this byte. A file that is no blob is not ours, and
    /// left out.
    pub(super) fn beginning_with(&self, first: u8) -> io::Result<Vec<ContentHash>> {
        let mut hashes = Vec::new();
        for entry in fs::read_dir(self.blobs.join(format!("{first:02x}")))? {
            hashes.extend(entry?.file_name().to_str().and_then(|name| name.parse::<ContentHash>().ok()));
        }
        Ok(hashes)
    }
}

fn not_a_file() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "not a regular file")
}

/// The SHA-256 of all that the reader gives.
pub(super) fn hash_all(mut reader: impl Read) -> io::Result<ContentHash> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; HASH_BUFFER_BYTES];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(ContentHash::from_bytes(hasher.finalize().into())),
            Ok(count) => hasher.update(buffer.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}
